"""Pixels: pure functions on numpy arrays. Knows no Django, no model, no file system."""

VERSION = "11"  # a part of every result's record; raise it when the same inputs give other pixels

# A result of which `confidence` says less is shown with the words: please check the edges.
LOW_CONFIDENCE = 0.5
