"""Pixels: pure functions on numpy arrays. Knows no Django, no model, no file system."""
