"""Bulk: the list of batches with the form of a new one, a batch's page, and what is done to it as a whole."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import guests
from accounts.models import User
from editor import bulk, bulk_items, folders, gallery, panel, responses, upload
from editor.bulk import Window, batch_or_404, own_batches
from editor.gallery_views import offered_models
from editor.presets import own_presets
from editor.views import private
from processing import batch_results, batches
from processing.batches import Asked
from processing.errors import Refused, refusing
from processing.models import Batch
from processing.pipeline.errors import PipelineError
from processing.pipeline.layouts import LAYOUTS
from processing.pipeline.recipe import Recipe

FORMATS = {
    "auto": "PNG, or JPG if opaque",
    "png": "PNG",
    "webp": "WebP",
    "jpg": "JPG",
    "avif": "AVIF",
}
VERBS: dict[str, Callable[[Batch], object]] = {
    "close": batches.close,
    "pause": batches.pause,
    "resume": batches.resume,
    "cancel": batches.cancel,
    "retry": batches.retry,
}


@require_http_methods(["GET", "HEAD", "POST"])
@private
def index(request: HttpRequest) -> HttpResponseBase:
    """The list, and the form of a new one; a POST opens it, with files or with the names of those that will come."""
    if request.method != "POST":
        return render(request, "editor/bulk.html", _index_context(request))
    try:
        owner, is_new = upload.owner_of(request)
    except Refused as refusal:
        return _refused(request, refusal)
    try:
        batch = _opened(request, owner)
    except Refused as refusal:
        if is_new:
            guests.dismiss(request, owner)
        return _refused(request, refusal)
    if responses.wants_json(request):
        return JsonResponse({"id": str(batch.pk), "url": batch.get_absolute_url()}, status=201)
    return redirect(batch)


@require_safe
@private
def show(request: HttpRequest, batch_id: uuid.UUID) -> HttpResponse:
    batch = batch_or_404(request, batch_id)
    return render(request, "editor/batch.html", bulk.context(batch, Window.parse(request.GET)))


@require_safe
@private
def changes(request: HttpRequest, batch_id: uuid.UUID) -> HttpResponse:
    """The rows and totals that are not as the page has them; 204 while all are."""
    batch = batch_or_404(request, batch_id)
    found = bulk.changes(batch, Window.parse(request.GET), request.GET)
    if found is None:
        return HttpResponse(status=204)
    return render(request, "editor/_batch_changes.html", found)


@require_POST
def act(request: HttpRequest, batch_id: uuid.UUID, verb: str) -> HttpResponse:
    """Close, pause, resume, cancel, retry; the page then says how it stands, or why not."""
    batch = batch_or_404(request, batch_id)
    if verb not in VERBS:
        raise Http404
    try:
        VERBS[verb](batch)
    except Refused as refusal:
        if responses.wants_json(request):
            return responses.refusal_json(refusal)
        return batch_page(request, batch, refusal)
    if responses.wants_json(request):
        return JsonResponse({"status": batch_or_404(request, batch_id).status})
    return batch_page(request, batch)


@require_POST
def delete(request: HttpRequest, batch_id: uuid.UUID) -> HttpResponse:
    batch = batch_or_404(request, batch_id)
    batches.delete(batch)
    messages.success(request, f"“{batch.name}” is deleted, with its photos and results.")
    return redirect("editor:bulk")


@require_safe
@private
def archive(request: HttpRequest, batch_id: uuid.UUID) -> HttpResponseBase:
    batch = batch_or_404(request, batch_id)
    try:
        return responses.streamed(batch_results.archive(batch), "application/zip", f"{batch.name}.zip")
    except Refused as refusal:
        return responses.refused(request, refusal)


@require_safe
@private
def report(request: HttpRequest, batch_id: uuid.UUID) -> HttpResponseBase:
    """The table as spreadsheets open it: in UTF-8, and saying so."""
    batch = batch_or_404(request, batch_id)
    lines = (line.encode() for line in ("\ufeff", *batch_results.report(batch)))
    return responses.streamed(lines, "text/csv; charset=utf-8", f"{batch.name}.csv")


def batch_page(request: HttpRequest, batch: Batch, refusal: Refused | None = None) -> HttpResponse:
    """The batch anew in the page that asked, so that what is on its way from there goes on; else by its address."""
    if request.headers.get("HX-Request"):
        fresh = batch_or_404(request, batch.pk)
        context = bulk.context(fresh, Window.parse(request.GET)) | {"refusal": refusal}
        return render(request, "editor/_batch.html", context)
    if refusal:
        messages.error(request, str(refusal))
    return redirect(batch.get_absolute_url() + Window.parse(request.GET).address())


def _index_context(request: HttpRequest, refusal: Refused | None = None) -> dict[str, Any]:
    owner = guests.owner(request)
    listing = Paginator(own_batches(request), bulk.LISTED).get_page(request.GET.get("page", "1"))
    return {
        "refusal": refusal,
        "typed": request.POST,
        "listing": listing,
        "batches": [(batch, batch_results.progress(batch)) for batch in listing.object_list],
        "offers": offered_models(owner),
        "usual_model": settings.DEFAULT_MODEL,
        "own_presets": own_presets(owner),
        "layouts": [(name, layout.title) for name, layout in LAYOUTS.items()],
        "formats": FORMATS.items(),
        "folders": gallery.folders_of(owner),
        "most": batches.limit(owner) if isinstance(owner, User) else batches.OF_A_GUEST,
        "zip_megabytes": settings.BATCH_ZIP_BYTES // 1_000_000,
    }


def _refused(request: HttpRequest, refusal: Refused) -> HttpResponse:
    if responses.wants_json(request):
        return responses.refusal_json(refusal)
    return render(request, "editor/bulk.html", _index_context(request, refusal), status=refusal.status)


def _opened(request: HttpRequest, owner: User) -> Batch:
    """The batch of a form. Refused as a whole: what is wrong with its settings, what is too much, nothing in it."""
    pieces = bulk_items.announced(request)
    stays_open = bool(request.POST.get("open"))  # the script sends the files afterwards
    if not (pieces or stays_open or bulk_items.brings_something(request)):
        raise Refused("missing_source")
    folder = folders.chosen(owner, request.POST) if owner.pk else None
    asked = Asked(
        _recipe(request, owner),
        request.POST.get("model", "")[:60],
        expected=len(pieces),
        folder_id=folder.pk if folder else None,
    )
    batch = batches.open_batch(owner, request.POST.get("name", "").strip(), asked)
    try:
        batches.announce(batch, pieces)
        bulk_items.take(request, batch)
    except Refused:
        batches.drop_if_empty(batch)
        raise
    if not stays_open:
        batches.close(batch)
    return batch


def _recipe(request: HttpRequest, owner: User) -> Recipe:
    """Refused: unknown_preset, invalid_recipe."""
    chosen, form = request.POST.get("preset", ""), request.POST.get("format", "")
    recipe = Recipe()
    if chosen.startswith("own:"):
        pk = chosen.removeprefix("own:")
        preset = own_presets(owner).filter(pk=int(pk)).first() if pk.isdecimal() and len(pk) < 18 else None
        if preset is None:
            raise Refused("unknown_preset")
        recipe = panel.canonical(preset.recipe)
    elif chosen:
        recipe = panel.with_layout(recipe, chosen)
    if not form or form == "auto":
        return recipe
    with refusing(PipelineError):
        return Recipe.parse({**panel.written(recipe), "format": form[:10]})
