"""Full-size files in the recipe that was tried: a worker makes them, and the page waits for them in its place."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts import limits
from accounts.plans import Rate
from editor import files, panel, responses, trials
from editor.owned import job_or_404
from editor.views import private
from processing import jobs, rendition_requests, renditions
from processing.errors import Refused, refusing
from processing.models import Job, Rendition

ORDERS = Rate(40, 60)  # in seconds


@require_POST
def order(request: HttpRequest, job_id: uuid.UUID) -> HttpResponseBase:
    """The file of a recipe: the kept one, or one that is made now. Never charged."""
    job = job_or_404(request, job_id)
    try:
        with refusing(limits.TooManyRequests, limits.LimiterAway):
            limits.hit_all(limits.rough(), f"order:{job.owner_id}", (ORDERS,))
        rendition = _ordered(request, job)
    except Refused as refusal:
        return responses.refused(request, refusal)
    if responses.wants_json(request):
        return JsonResponse(_state(rendition), status=200 if rendition.is_final else 202)
    return redirect("editor:rendition", job.pk, rendition.pk)


@require_safe
@private
def rendition(request: HttpRequest, job_id: uuid.UUID, pk: int) -> HttpResponse:
    """How far it is. Without script the page loads itself again until the file is there."""
    found = _own(request, job_id, pk)
    if responses.wants_json(request):
        return JsonResponse(_state(found))
    refusal = Refused(found.error_code) if found.error_code else None
    context = {"job": found.job, "rendition": found, "refusal": refusal, "alive": jobs.workers_alive()}
    return render(request, "editor/rendition.html", context, status=refusal.status if refusal else 200)


@require_safe
def file(request: HttpRequest, job_id: uuid.UUID, pk: int) -> HttpResponseBase:
    """The file to keep; with `?show=1` the picture for the page itself."""
    found = _own(request, job_id, pk)
    shown = "show" in request.GET and found.media_type in files.SHOWN
    try:
        return files.of_rendition(found, "" if shown else files.file_name(found.job, found.media_type))
    except Refused as refusal:
        return responses.refused(request, refusal)


def _ordered(request: HttpRequest, job: Job) -> Rendition:
    sent = {"recipe", "feather"} & set(request.POST)
    recipe = panel.parse(request.POST.dict()) if sent else trials.current(job)
    if request.POST.get("as"):  # the clipboard takes nothing else
        with_format = {**panel.written(recipe), "format": request.POST["as"][:10]}
        recipe = panel.canonical("&".join(f"{name}={text}" for name, text in with_format.items()))
    return renditions.find(job, recipe) or rendition_requests.order(job, recipe)


def _state(found: Rendition) -> dict[str, object]:
    failed = Refused(found.error_code) if found.error_code else None
    where = [found.job_id, found.pk]
    return {
        "status": found.status,
        "url": reverse("editor:rendition", args=where),
        "file": reverse("editor:rendition_file", args=where) if found.status == found.Status.MADE else None,
        "shown": found.media_type in files.SHOWN,
        "size": found.size,
        "error": {"code": failed.code, "detail": str(failed)} if failed else None,
        "workers_alive": found.is_final or jobs.workers_alive(),
    }


def _own(request: HttpRequest, job_id: uuid.UUID, pk: int) -> Rendition:
    job = job_or_404(request, job_id)
    return get_object_or_404(Rendition.objects.select_related("job"), job=job, pk=pk)
