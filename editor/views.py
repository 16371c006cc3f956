"""Pages: the first one, a photo and what became of it. Guards, one way through, render last."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from editor import landing as first_page
from editor import progress
from editor.owned import job_or_404
from processing import jobs
from processing.errors import Refused

private = cache_control(private=True, no_store=True)


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    return render(request, "editor/landing.html", first_page.context())


@require_safe
@private
def job(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    return render(request, "editor/job.html", progress.context(job_or_404(request, job_id)))


@require_safe
@private
def card(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """The part of the job's page that changes; it asks for itself until the job is final."""
    return render(request, "editor/_job_card.html", progress.context(job_or_404(request, job_id)))


@require_POST
def cancel(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    found = job_or_404(request, job_id)
    try:
        jobs.cancel(found)
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect(found)


@require_POST
def retry(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    found = job_or_404(request, job_id)
    try:
        return redirect(jobs.retry(found))
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect(found)


@require_POST
def delete(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    found = job_or_404(request, job_id)
    jobs.delete(found)
    messages.success(request, f"{found.name} is deleted.")
    return redirect("editor:gallery")
