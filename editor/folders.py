"""Folders of the gallery: made, renamed, deleted, and photos put into them. A photo stays when its folder goes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts import guests
from accounts.models import User
from editor import responses
from processing.errors import Refused
from processing.models import Folder, JobQuerySet

MOST = 200  # of one person
NAME = 60  # characters


@require_POST
def make(request: HttpRequest) -> HttpResponse:
    owner = guests.owner(request)
    try:
        if not isinstance(owner, User):
            raise Refused("missing_source")  # a visitor without a photo has nothing to put anywhere
        folder = create(owner, request.POST.get("name", ""))
    except Refused as refusal:
        return responses.refused_in_gallery(request, refusal)
    return redirect(address(folder))


@require_POST
def rename(request: HttpRequest, pk: int) -> HttpResponse:
    folder = _own(request, pk)
    try:
        folder.name = _name(request.POST.get("name", ""))
        with _taken(folder.name):
            folder.save(update_fields=["name"])
    except Refused as refusal:
        return responses.refused_in_gallery(request, refusal)
    return redirect(address(folder))


@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """The folder alone: what is in it is in no folder then."""
    folder = _own(request, pk)
    folder.delete()
    messages.success(request, f"The folder “{folder.name}” is deleted. Its photos are still here.")
    return redirect("editor:gallery")


def create(owner: User, name: str) -> Folder:
    """Refused: invalid_name, folder_exists, too_many_folders."""
    name = _name(name)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=owner.pk)  # two at once are counted one after the other
        if owner.folders.count() >= MOST:
            raise Refused("too_many_folders", limit=MOST)
        with _taken(name):
            return Folder.objects.create(owner=owner, name=name)


def chosen(owner: User, data: Any) -> Folder | None:
    """The folder that a form names: a new one by its name, one of the owner's by its id, or none.

    Refused: as `create`; unknown_folder.
    """
    name, pk = data.get("new_folder", "").strip(), data.get("folder", "")
    if name:
        known = owner.folders.filter(name__iexact=_name(name)).first()
        return known or create(owner, name)
    if pk in {"", "none"}:
        return None
    found = owner.folders.filter(pk=int(pk)).first() if pk.isdecimal() and len(pk) < 18 else None
    if found is None:
        raise Refused("unknown_folder")
    return found


def move(jobs: JobQuerySet, folder: Folder | None) -> int:
    """How many were moved."""
    return jobs.update(folder=folder)


def address(folder: Folder) -> str:
    return f"{reverse('editor:gallery')}?folder={folder.pk}"


@contextmanager
def _taken(name: str) -> Iterator[None]:
    """Turns the database's refusal of a second folder by this name into words."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        raise Refused("folder_exists", name=name) from None


def _name(text: str) -> str:
    """Refused: invalid_name."""
    name = " ".join(text.split())
    if not name or len(name) > NAME or not name.isprintable():
        raise Refused("invalid_name", most=NAME)
    return name


def _own(request: HttpRequest, pk: int) -> Folder:
    if pk > 2**62:  # no column holds it
        pk = 0
    return get_object_or_404(Folder.objects.for_owner(guests.owner(request)), pk=pk)
