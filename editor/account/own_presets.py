"""Presets of recipes: the list of one's own, renamed and deleted. They are made on a result."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from editor.account.responses import answer, person
from editor.account.sudo import sent_from, signed_in
from editor.models import Preset
from processing.errors import Refused

NAME = 60  # characters


@never_cache
@signed_in
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    return _answer(request)


@sent_from("account:presets")
@signed_in
def rename(request: HttpRequest, pk: int) -> HttpResponse:
    preset = get_object_or_404(Preset, owner=person(request), pk=pk)
    try:
        preset.name = _name(request)
        with transaction.atomic():
            preset.save(update_fields=["name"])
    except IntegrityError:
        refusal = Refused("preset_exists", name=preset.name)
        return _answer(request, wrong=str(refusal), wrong_at=pk, status=refusal.status)
    except Refused as refusal:
        return _answer(request, wrong=str(refusal), wrong_at=pk, status=refusal.status)
    return _answer(request, done=f"It is named “{preset.name}” now.")


@sent_from("account:presets")
@signed_in
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    preset = get_object_or_404(Preset, owner=person(request), pk=pk)
    preset.delete()
    return _answer(request, done=f"“{preset.name}” is deleted. Results made with it stay.")


def _name(request: HttpRequest) -> str:
    """Refused: invalid_name."""
    name = " ".join(request.POST.get("name", "").split())
    if not name or len(name) > NAME or not name.isprintable():
        raise Refused("invalid_name", most=NAME)
    return name


def _answer(request: HttpRequest, status: int = 200, **facts: Any) -> HttpResponse:
    presets = Preset.objects.for_owner(person(request))
    return answer(request, "presets", "_presets", {"presets": presets, **facts}, status)
