"""The operators' first page, and the pages on which they switch things (templates/admin)."""
