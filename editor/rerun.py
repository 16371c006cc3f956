"""A photo cut out once more, by another model or with closer looks. The settings of the panel go along."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from accounts.models import User
from editor import progress, trials
from editor.model_choices import others
from editor.owned import job_or_404
from processing import admission, jobs
from processing.errors import Refused
from processing.models import Job

ENDED_BADLY = (Job.Status.FAILED, Job.Status.CANCELLED)


@require_POST
def rerun(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """On to the new job's page; what refuses it is said on this one's."""
    job = job_or_404(request, job_id)
    try:
        return redirect(_again(job, request.POST.get("way", "")))
    except Refused as refusal:
        context = progress.context(job) | {"rerun_refusal": refusal}
        return render(request, "editor/job.html", context, status=refusal.status)


def _again(job: Job, key: str) -> Job:
    """The job of this way: one that is there already, or a new one.

    Refused: not_ready, not_compared, insufficient_credits and what refuses a photo.
    """
    if job.status != Job.Status.SUCCEEDED:
        raise jobs.not_ready_error(job)
    with transaction.atomic():
        # Sent twice at once, the second finds what the first one made.
        User.objects.select_for_update().get(pk=job.owner_id)
        way = next((way for way in others(job) if way.key == key), None)
        if way is None:
            raise Refused("not_compared", name=key[:60])
        recipe = trials.current(job).replace(preset=way.preset)
        same = Job.objects.filter(
            owner=job.owner, source=job.source, model=way.spec.name, recipe=recipe.canonical()
        )
        found = same.exclude(status__in=ENDED_BADLY).order_by("-created").first()
        if found:
            return found
        admission.admit(job.owner, 1)
        return jobs.again(job.source, job.name, way.spec.name, recipe)
