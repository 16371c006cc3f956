"""Wiring: settings, URLs, the Celery application. No logic of the product lives here."""

import os

if not os.environ.get("DJANGO_SETTINGS_MODULE", "").endswith(".offline"):  # a command on files has no queue
    from bgsite.celery import app as celery_app

    __all__ = ["celery_app"]
