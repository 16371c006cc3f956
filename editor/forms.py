"""What pages take besides photos."""

from __future__ import annotations

import uuid

from django.http import HttpRequest

from editor.gallery import MOST_SELECTED
from editor.owned import own_jobs
from processing.errors import Refused
from processing.models import JobQuerySet


def selected(request: HttpRequest) -> JobQuerySet:
    """The photos that were ticked in the gallery, as far as they are the owner's and still there.

    Refused: nothing_selected, too_many_selected.
    """
    ids = {found for text in request.POST.getlist("jobs") if (found := _uuid(text))}
    if len(ids) > MOST_SELECTED:
        raise Refused("too_many_selected", limit=MOST_SELECTED)
    jobs = own_jobs(request).filter(pk__in=ids)
    if not ids or not jobs.exists():
        raise Refused("nothing_selected")
    return jobs


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
