"""What pages take besides photos."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, QueryDict
from django.utils.dateparse import parse_datetime

from editor.gallery import MOST_SELECTED, Query
from editor.owned import own_jobs
from processing.errors import Refused
from processing.models import JobQuerySet


def selected(request: HttpRequest) -> JobQuerySet:
    """The photos that were ticked in the gallery, as far as they are the owner's and still there.

    With `everything` it is all that the filters in `back` find, however many, up to that moment: what came later was
    not seen by whoever chose. Refused: nothing_selected, too_many_selected.
    """
    if request.POST.get("everything"):
        return _found(request)
    ids = {found for text in request.POST.getlist("jobs") if (found := _uuid(text))}
    if len(ids) > MOST_SELECTED:
        raise Refused("too_many_selected", limit=MOST_SELECTED)
    jobs = own_jobs(request).filter(pk__in=ids)
    if not ids or not jobs.exists():
        raise Refused("nothing_selected")
    return jobs


def _found(request: HttpRequest) -> JobQuerySet:
    try:
        until = parse_datetime(request.POST["everything"])
    except ValueError:  # well formed, and no moment of any day
        until = None
    if until is None or until.tzinfo is None:
        raise Refused("nothing_selected")
    query = Query.parse(QueryDict(request.POST.get("back", "").lstrip("?")))
    jobs = query.apply(own_jobs(request)).filter(created__lte=until)
    if not jobs.exists():
        raise Refused("nothing_selected")
    return jobs


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
