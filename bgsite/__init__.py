"""Wiring: settings, URLs, the Celery application. No logic of the product lives here."""

from bgsite.celery import app as celery_app

__all__ = ["celery_app"]
