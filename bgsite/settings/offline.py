"""For commands that work on files alone: no pages, no API, no rooms of operators, so a quarter less to start."""

from bgsite.settings import *  # noqa: F403

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "accounts.apps.OfflineConfig",
    "processing.apps.OfflineConfig",
]
