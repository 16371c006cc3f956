"""The only way by which pages reach a job: through its owner."""

from __future__ import annotations

import uuid

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from accounts import guests
from processing.models import Job, JobQuerySet


def own_jobs(request: HttpRequest) -> JobQuerySet:
    return Job.objects.for_owner(guests.owner(request))


def job_or_404(request: HttpRequest, job_id: uuid.UUID) -> Job:
    return get_object_or_404(own_jobs(request).select_related("source", "owner", "alpha"), pk=job_id)
