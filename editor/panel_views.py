"""The panel beside a result: previews while something is tried, and what is tried kept with the job."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts import guests, limits
from accounts.models import User
from accounts.plans import Rate
from editor import panel, progress, responses, result, trials
from editor.decorators import own
from editor.owned import job_or_404
from processing import backgrounds, previews
from processing.errors import Refused, refusing
from processing.models import Job, Source
from processing.pipeline.recipe import Recipe
from processing.uploads import refusals

PREVIEWS = Rate(200, 10)  # in seconds; a slider that is dragged asks some ten times a second
PICTURES = Rate(30, 60)


@require_safe
@own(PREVIEWS)
def preview(request: HttpRequest, job: Job) -> HttpResponseBase:
    """The picture of the recipe in the query, small; its facts are in headers."""
    try:
        recipe = panel.parse(request.GET.dict())
        made = previews.make(job, recipe)
    except Refused as refusal:
        return responses.refusal_json(refusal, result.shown_at(refusal))
    response = HttpResponse(made.data, content_type=made.media_type)
    response["Cache-Control"] = "private, max-age=600"
    response["Vary"] = "Cookie"
    response["X-Content-Type-Options"] = "nosniff"
    response["X-Size"] = f"{made.width}x{made.height}"
    response["X-Recipe"] = recipe.canonical()
    response["X-Format"] = result.format_name(recipe).upper()
    response["X-Comparable"] = "yes" if previews.comparable(recipe) else ""
    return response


@require_POST
def keep(request: HttpRequest, job_id: uuid.UUID) -> HttpResponseBase:
    """Keeps what is tried: JSON for the script, the panel for one of its buttons, the page without script."""
    job = job_or_404(request, job_id)
    data = request.POST.dict()
    try:
        with refusing(limits.TooManyRequests, limits.LimiterAway):
            limits.hit_all(limits.rough(), f"keep:{job.owner_id}", (PREVIEWS,))
        recipe = trials.asked(job, data)
        trials.keep(job, recipe)
    except Refused as refusal:
        return _refused(request, job, refusal, data)
    return _kept(request, job, recipe)


@require_POST
def add_background(request: HttpRequest, job_id: uuid.UUID) -> HttpResponseBase:
    """Takes a picture with the checks of a photo, and puts it behind the result at once."""
    job = job_or_404(request, job_id)
    data = {name: text for name, text in request.POST.dict().items() if name not in panel.BESIDE}
    try:
        with refusing(limits.TooManyRequests, limits.LimiterAway):
            limits.hit_all(limits.rough(), f"background:{job.owner_id}", (PICTURES,))
        source = backgrounds.keep(job.owner, _file(request))
        recipe = panel.parse(data) if data else trials.current(job)
        recipe = recipe.replace(background=f"image:{source.sha256}")
        trials.keep(job, recipe)
    except Refused as refusal:
        return _refused(request, job, refusal, data)
    return _kept(request, job, recipe)


@require_safe
def background(request: HttpRequest, sha256: str) -> HttpResponse:
    """A thumbnail of one of one's own background pictures."""
    owner = guests.owner(request)
    listing = backgrounds.listing(owner) if isinstance(owner, User) else Source.objects.none()
    source = listing.filter(sha256=sha256).first()
    if source is None:
        raise Http404
    try:
        response = HttpResponse(previews.thumbnail(source), content_type="image/jpeg")
    except Refused as refusal:
        return responses.refused(request, refusal)
    response["Cache-Control"] = "private, max-age=86400"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _file(request: HttpRequest) -> bytes:
    """Refused: file_too_large (noted by the upload handler), missing_source."""
    for refusal in refusals(request):
        raise refusal
    file = request.FILES.get("picture")
    if not isinstance(file, UploadedFile):
        raise Refused("missing_source")
    return bytes(file.read())


def _kept(request: HttpRequest, job: Job, recipe: Recipe) -> HttpResponseBase:
    if request.headers.get("HX-Request"):
        return render(request, "editor/_recipe_swap.html", _panel(job, recipe))
    if responses.wants_json(request):
        return JsonResponse({"recipe": recipe.canonical(), "changed": recipe != trials.own(job)})
    return redirect(job)


def _panel(job: Job, recipe: Recipe, typed: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"job": job, **result.picture(job, recipe), **result.panel_context(job, recipe, typed)}


def _refused(request: HttpRequest, job: Job, refusal: Refused, data: dict[str, str]) -> HttpResponse:
    """What was typed is shown again, with the reason at its field."""
    if responses.wants_json(request) and not request.headers.get("HX-Request"):
        return responses.refusal_json(refusal)
    typed: dict[str, Any] = {
        name: text for name, text in data.items() if name in panel.FIELDS - set(panel.SWITCHES)
    }
    said = result.refused_context(refusal)
    if request.headers.get("HX-Request"):
        context = _panel(job, trials.current(job), typed) | said
        return render(request, "editor/_recipe_swap.html", context, status=refusal.status)
    context = progress.context(job) | {"values": panel.values(trials.current(job)) | typed} | said
    return render(request, "editor/job.html", context, status=refusal.status)
