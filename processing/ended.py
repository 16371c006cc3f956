"""Tells requests which wait on this machine that something they may wait for has ended (processing.api.watch)."""

from __future__ import annotations

from celery.signals import task_postrun
from django.conf import settings

from bgsite import bells


@task_postrun.connect
def tell(**kwargs: object) -> None:
    if settings.ENDED_BELLS:
        bells.ring(settings.ENDED_BELLS)
