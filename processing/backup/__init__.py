"""Backup and restore: the database, every file, and a manifest with checksums that says when both are whole."""
