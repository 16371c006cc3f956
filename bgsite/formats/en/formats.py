"""Read by Django (FORMAT_MODULE_PATH)."""

DATETIME_FORMAT = "j M Y, H:i"
TIME_FORMAT = "H:i"
