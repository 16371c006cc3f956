"""The gallery's pages: a page of the grid, the next one while it is scrolled, and what changed of what is in work."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import guests, retention
from accounts.models import User
from editor import gallery
from editor.gallery import Query
from editor.owned import own_jobs
from editor.presets import own_presets
from editor.views import private
from processing import selection
from processing.models import Job, JobQuerySet
from processing.registry.specs import ModelSpec

SOON_DAYS = 3  # before the end a photo says when it goes


@require_safe
@private
def show(request: HttpRequest) -> HttpResponse:
    query, owner, owned = Query.parse(request.GET), guests.owner(request), own_jobs(request)
    page = gallery.page(owned, query)
    found = list(page.object_list)
    context: dict[str, Any] = {
        "page": page,
        "query": query,
        "previous_address": page.has_previous() and query.address(page=page.number - 1),
        "next_address": page.has_next() and query.address(page=page.number + 1),
        "is_empty": not found and not query.is_filtered,
        **_cells(found, query, page.has_next()),
        **_choices(owner, owned, query),
        **_kept(owner),
    }
    return render(request, "editor/gallery.html", context)


@require_safe
@private
def more(request: HttpRequest) -> HttpResponse:
    """The photos after the last one that is shown."""
    query = Query.parse(request.GET)
    found, has_more = gallery.following(own_jobs(request), query)
    return render(request, "editor/_cells.html", _cells(found, query, has_more))


@require_safe
@private
def changed(request: HttpRequest) -> HttpResponse:
    """Of photos that were in work, those that are not as they were shown; 204 while nothing has changed."""
    shown = dict(_shown(request))
    rows = own_jobs(request).filter(pk__in=shown).select_related("source", "batch_item")
    jobs = list(rows.defer("made_by", "recipe"))
    different = [job for job in jobs if state_of(job) != shown[job.pk]]
    gone = set(shown) - {job.pk for job in jobs}
    if not different and not gone:
        return HttpResponse(status=204)
    context = {"jobs": different, "gone": gone, "watched": _watched(jobs), "soon_days": SOON_DAYS}
    return render(request, "editor/_cells_changed.html", context)


def state_of(job: Job) -> str:
    return f"{job.status}.{job.stage}"


def _watched(jobs: list[Job]) -> str:
    """What the page asks for until it is done: ids with the state that is shown."""
    return "&".join(f"job={job.pk.hex}.{state_of(job)}" for job in jobs if not job.is_final)


def _shown(request: HttpRequest) -> list[tuple[uuid.UUID, str]]:
    found = []
    for text in request.GET.getlist("job")[: gallery.PAGE]:
        pk, _, state = text.partition(".")
        try:
            found.append((uuid.UUID(pk), state))
        except ValueError:
            continue
    return found


def _cells(found: list[Job], query: Query, has_more: bool) -> dict[str, Any]:
    return {
        "jobs": found,
        "watched": _watched(found),
        "more_address": query.address(after=gallery.mark(found[-1])) if found and has_more else "",
        "soon_days": SOON_DAYS,
    }


def _choices(owner: Any, owned: JobQuerySet, query: Query) -> dict[str, Any]:
    """What the filters and the bar of the selection offer."""
    folders = gallery.folders_of(owner)
    return {
        "folders": folders,
        "folder": next((each for each in folders if str(each.pk) == query.folder), None),
        "models": gallery.models_of(owned),
        "batch": gallery.batch_of(owner, query),
        "states": [(key, words) for key, (words, _) in gallery.STATES.items()],
        "dates": [(key, words) for key, (words, _) in gallery.DATES.items()],
        "sure": list(gallery.SURE.items()),
        "offers": offered_models(owner),
        "usual_model": settings.DEFAULT_MODEL,
        "own_presets": own_presets(owner),
    }


def offered_models(owner: User | AnonymousUser) -> list[ModelSpec]:
    """Every model that this owner may choose; remote ones need an account."""
    person = owner if isinstance(owner, User) else None
    known = person is not None and not person.is_guest
    return [
        offer.spec
        for offer in selection.offers(person)
        if not offer.why_not and (known or not offer.spec.is_remote)
    ]


def _kept(owner: Any) -> dict[str, Any]:
    if not isinstance(owner, User):
        return {}
    return {
        "stored": gallery.stored(owner),
        "kept_days": retention.kept(owner).days,
        "is_guest": owner.is_guest,
    }
