"""Pages: the first one, a photo and what became of it, the gallery. Guards, one way through, render last."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from editor import gallery as galleries
from editor import progress, samples
from editor.forms import Selection
from editor.owned import job_or_404, own_jobs
from processing import jobs
from processing.errors import Refused
from processing.models import Job

private = cache_control(private=True, no_store=True)


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    return render(request, "editor/landing.html", {"sample": samples.available()})


@require_safe
@private
def job(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    return render(request, "editor/job.html", progress.context(job_or_404(request, job_id)))


@require_safe
@private
def card(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """The part of the job's page that changes; it asks for itself until the job is final."""
    return render(request, "editor/_job_card.html", progress.context(job_or_404(request, job_id)))


@require_safe
@private
def cell(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """One photo of the gallery; it asks for itself as the card does."""
    return render(request, "editor/_photo.html", {"job": job_or_404(request, job_id)})


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


@require_safe
@private
def gallery(request: HttpRequest) -> HttpResponse:
    query = galleries.Query.parse(request.GET)
    owned = own_jobs(request)
    page = galleries.page(owned, query)
    context: dict[str, Any] = {
        "page": page,
        "query": query,
        "states": [(key, words, query.address(state=key)) for key, (words, _) in galleries.STATES.items()],
        "previous_address": page.has_previous() and query.address(page=page.number - 1),
        "next_address": page.has_next() and query.address(page=page.number + 1),
        "is_empty": not page.object_list and not query.is_filtered,
    }
    return render(request, "editor/gallery.html", context)


@require_POST
def delete_selected(request: HttpRequest) -> HttpResponse:
    selection = Selection(request.POST)
    chosen: list[Job] = list(own_jobs(request).filter(pk__in=selection.ids()))
    for found in chosen:
        jobs.delete(found)
    words = "1 photo is" if len(chosen) == 1 else f"{len(chosen)} photos are"
    messages.success(request, f"{words} deleted." if chosen else "Nothing was selected.")
    return redirect("editor:gallery")
