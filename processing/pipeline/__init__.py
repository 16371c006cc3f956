"""Pixels: pure functions on numpy arrays. Knows no Django, no model, no file system."""

VERSION = "2"  # a part of every result's record; raise it when the same inputs give other pixels
