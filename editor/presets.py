"""Recipes that people keep by a name: saved from a result, offered there and at the next upload."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from accounts.models import User
from editor import panel, result, trials
from editor.models import Preset, PresetQuerySet
from editor.owned import job_or_404
from processing.errors import Refused
from processing.models import Job
from processing.pipeline.recipe import Recipe

MOST = 50  # of one person
NAME = 60  # characters


@require_POST
def save(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """What is tried on this photo, under a name."""
    job = job_or_404(request, job_id)
    try:
        sent = request.POST.get("recipe")
        recipe = trials.current(job) if sent is None else panel.canonical(sent)
        keep(job.owner, _name(request), recipe)
    except Refused as refusal:
        return _answer(request, job, refusal)
    return _answer(request, job)


@require_POST
def rename(request: HttpRequest, job_id: uuid.UUID, pk: int) -> HttpResponse:
    job, preset = _own(request, job_id, pk)
    try:
        preset.name = _name(request)
        with _taken(preset.name):
            preset.save(update_fields=["name"])
    except Refused as refusal:
        return _answer(request, job, refusal)
    return _answer(request, job)


@require_POST
def delete(request: HttpRequest, job_id: uuid.UUID, pk: int) -> HttpResponse:
    job, preset = _own(request, job_id, pk)
    preset.delete()
    return _answer(request, job)


def own_presets(owner: User | AnonymousUser) -> PresetQuerySet:
    return Preset.objects.for_owner(owner)


def keep(owner: User, name: str, recipe: Recipe) -> Preset:
    """Refused: too_many_presets, preset_exists."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=owner.pk)  # two at once are counted one after the other
        if Preset.objects.filter(owner=owner).count() >= MOST:
            raise Refused("too_many_presets", limit=MOST)
        with _taken(name):
            return Preset.objects.create(
                owner=owner, name=name, recipe=panel.of_any_photo(recipe).canonical()
            )


@contextmanager
def _taken(name: str) -> Iterator[None]:
    """Turns the database's refusal of a second preset by this name into words."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        raise Refused("preset_exists", name=name) from None


def _name(request: HttpRequest) -> str:
    """Refused: invalid_name."""
    name = " ".join(request.POST.get("name", "").split())
    if not name or len(name) > NAME or not name.isprintable():
        raise Refused("invalid_name", most=NAME)
    return name


def _own(request: HttpRequest, job_id: uuid.UUID, pk: int) -> tuple[Job, Preset]:
    job = job_or_404(request, job_id)
    return job, get_object_or_404(Preset, owner=job.owner, pk=pk)


def _answer(request: HttpRequest, job: Job, refusal: Refused | None = None) -> HttpResponse:
    if request.headers.get("HX-Request"):
        recipe = trials.current(job)
        facts = {
            "job": job,
            "preset_refusal": refusal,
            "typed_name": request.POST.get("name", "")[:NAME] if refusal else "",
        }
        facts |= result.panel_context(job, recipe) | {"recipe": recipe.canonical()}
        return render(request, "editor/_presets.html", facts, status=refusal.status if refusal else 200)
    if refusal:
        messages.error(request, str(refusal))
    return redirect(f"{job.get_absolute_url()}#presets")
