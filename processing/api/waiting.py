"""Waits for a job on behalf of a request: for a bounded time, and for a bounded number of requests at once."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from rest_framework.request import Request

from processing.api import watch
from processing.api.negotiation import wants_picture
from processing.api.reading import invalid
from processing.errors import Refused
from processing.models import Job, Mask, Rendition

Awaited = TypeVar("Awaited", Job, Rendition, Mask)
SEAT_SECONDS = 2  # after so long a seat may be free
_PREFER = re.compile(r"(?:^|[,;\s])wait=(\d{1,6})(?:$|[,;\s])", re.ASCII)
_seats = threading.BoundedSemaphore(max(1, settings.API_WAITERS))


def asked_seconds(request: Request) -> float:
    """`?wait=`, else `Prefer: wait=`, else all the time there is for a picture and none for JSON."""
    most = float(settings.API_WAIT_SECONDS)
    text = request.query_params.get("wait")
    if text is not None:
        if not re.fullmatch(r"\d{1,6}(\.\d{1,3})?", text, re.ASCII):
            raise invalid("wait", text, "a number of seconds")
        return min(float(text), most)
    preferred = _PREFER.search(request.headers.get("Prefer", ""))
    if preferred:
        return min(float(preferred[1]), most)
    return most if wants_picture(request) else 0.0


def wait_for(row: Awaited, seconds: float) -> Awaited:
    """The job or rendition as it is when it is over or the time is; at once when every seat is taken."""
    if seconds <= 0 or row.is_final or not settings.API_WAITERS or not _seats.acquire(blocking=False):
        return row
    try:
        _sleep_until_final(row, time.monotonic() + seconds)
    finally:
        _seats.release()
    return row


@contextmanager
def seat() -> Iterator[None]:
    """For a request that has no answer without its result: a seat before there is anything to wait for, so that
    nothing is begun in vain. Refused: queue_full."""
    if not _seats.acquire(blocking=False):
        raise Refused("queue_full", seconds=SEAT_SECONDS)
    try:
        yield
    finally:
        _seats.release()


def sit_out(row: Awaited, seconds: float) -> Awaited:
    """As `wait_for`, in a seat that is held."""
    if not row.is_final:
        _sleep_until_final(row, time.monotonic() + seconds)
    return row


def _sleep_until_final(row: Job | Rendition | Mask, deadline: float) -> None:
    """Raises Refused when the row is deleted meanwhile."""
    watch.until_final(type(row), row.pk, deadline - time.monotonic())
    try:
        row.refresh_from_db()
    except ObjectDoesNotExist:
        raise Refused("not_found") from None
