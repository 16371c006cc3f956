"""Doubtful results, and that somebody looked at them."""

from __future__ import annotations

import uuid

from django.db.models import QuerySet
from django.db.models.functions import Now

from processing.models import Job

AT_ONCE = 500


def tick_off(jobs: QuerySet[Job]) -> list[uuid.UUID]:
    """They wait for nobody any more; returns their ids."""
    ids = list(jobs.values_list("pk", flat=True)[:AT_ONCE])
    Job.objects.filter(pk__in=ids).update(reviewed=Now())
    return ids
