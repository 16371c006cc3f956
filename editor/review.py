"""The review of a batch: one result after the other, the least sure first, by keys or by buttons."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from editor import bulk, panel
from editor.bulk import batch_or_404, item_or_404
from editor.gallery_views import offered_models
from editor.model_choices import WORDS
from editor.views import private
from processing import batches, previews, renditions
from processing.errors import Refused, refusing
from processing.models import Batch, BatchItem, Job
from processing.models.batches import BatchItemQuerySet
from processing.pipeline.errors import PipelineError
from processing.pipeline.recipe import Recipe


@require_safe
@private
def show(request: HttpRequest, batch_id: uuid.UUID) -> HttpResponse:
    """One item by its position, else the first that waits to be looked at."""
    batch = batch_or_404(request, batch_id)
    order, asked = bulk.by_doubt(batch), request.GET.get("item", "")
    position = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 0
    at = order.index(position) if position in order else _first(batch, order)
    if at is None:
        over = {"batch": batch, "summary": bulk.summary(batch), "first": order[0] if order else None}
        return render(request, "editor/review_over.html", over)
    return render(request, "editor/review.html", _context(batch, order, at))


@require_POST
def accept(request: HttpRequest, batch_id: uuid.UUID, position: int) -> HttpResponse:
    """Found good, or with `undo` not so after all; then the next one."""
    batch = batch_or_404(request, batch_id)
    item, undo = item_or_404(batch, position), bool(request.POST.get("undo"))
    was_unsure = _unsure(batch).filter(pk=item.pk).exists()
    BatchItem.objects.filter(pk=item.pk).update(reviewed=not undo)
    if undo:
        return _to(batch, position)
    return _to(batch, _next_unsure(batch, position) if was_unsure else _after(batch, position))


@require_POST
def again(request: HttpRequest, batch_id: uuid.UUID, position: int) -> HttpResponse:
    """Once more by the model and with as many looks as chosen; then the next one."""
    batch = batch_or_404(request, batch_id)
    item = item_or_404(batch, position)
    following = _after(batch, position)
    try:
        recipe = _asked(request, item.job.recipe if item.job else batch.recipe)
        batches.redo(batch, item, recipe, request.POST.get("model", "")[:60])
    except Refused as refusal:
        messages.error(request, str(refusal))
        return _to(batch, position)
    messages.success(request, f"{item.name} is made again. It comes back into the review when it is done.")
    return _to(batch, following)


def _asked(request: HttpRequest, canonical: str) -> Recipe:
    """The recipe with as many looks as asked for. Refused: invalid_recipe."""
    recipe, looks = Recipe.from_canonical(canonical), request.POST.get("preset", "")[:20]
    with refusing(PipelineError):
        return Recipe.parse({**panel.written(recipe), "preset": looks}) if looks else recipe


def _context(batch: Batch, order: list[int], at: int) -> dict[str, Any]:
    item = item_or_404(batch, order[at])
    job = item.job
    assert job is not None  # it is in the order, as it has a result
    result = renditions.find(job, Recipe.from_canonical(job.recipe))
    return {
        "batch": batch,
        "item": item,
        "job": job,
        "row": bulk.Row(item, batch.takes_items),
        "number": at + 1,
        "total": len(order),
        "previous": order[at - 1] if at else None,
        "next": order[at + 1] if at + 1 < len(order) else None,
        "to_check": _unsure(batch).count(),
        "percent": None if job.confidence is None else round(100 * job.confidence),
        "width": result.width if result else job.source.width,
        "height": result.height if result else job.source.height,
        "comparable": previews.comparable(Recipe.from_canonical(job.recipe)),
        "upcoming": _job_at(batch, order[at + 1]) if at + 1 < len(order) else None,
        "offers": offered_models(batch.owner),
        "model": job.model,
        "looks": [(name, words.capitalize()) for name, words in WORDS.items()],
    }


def _job_at(batch: Batch, position: int) -> Job | None:
    return item_or_404(batch, position).job


def _first(batch: Batch, order: list[int]) -> int | None:
    """The least sure one that nobody looked at; None when all that are unsure were."""
    waiting = set(_unsure(batch).values_list("position", flat=True))
    return next((at for at, position in enumerate(order) if position in waiting), None)


def _after(batch: Batch, position: int) -> int | None:
    order = bulk.by_doubt(batch)
    at = order.index(position) if position in order else -1
    return order[at + 1] if at + 1 < len(order) else None


def _next_unsure(batch: Batch, position: int) -> int | None:
    """None: none behind it; what was passed over before is shown again, or the end."""
    waiting = set(_unsure(batch).values_list("position", flat=True))
    order = bulk.by_doubt(batch)
    behind = order[order.index(position) + 1 :] if position in order else []
    return next((other for other in behind if other in waiting), None)


def _unsure(batch: Batch) -> BatchItemQuerySet:
    return batch.items.filter(bulk.UNSURE)


def _to(batch: Batch, position: int | None) -> HttpResponse:
    address = reverse("editor:review", args=[batch.pk])
    return redirect(f"{address}?item={position}" if position else address)
