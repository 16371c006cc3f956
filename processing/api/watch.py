"""One look for all who wait: a thread of this process asks which of the awaited rows are final, and wakes their
requests. So forty requests that wait cost one small query at a time, and not one each.

The thread begins with the first who waits and ends, with its connection, when nobody does.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from typing import Any

from django.db import connection
from django.db.models import Model

log = logging.getLogger(__name__)

PAUSE = 0.03  # seconds between two looks
PAUSE_AFTER_ERROR = 1.0  # the database is away: each request's own time limit ends its wait

Key = tuple[type[Model], Any]

_changed = threading.Condition()
_awaited: Counter[Key] = Counter()
_final: set[Key] = set()
_watching = False


def until_final(model: type[Model], pk: Any, seconds: float) -> None:
    """Returns when the row is final or gone, or after so many seconds."""
    key = (model, pk)
    with _changed:
        _awaited[key] += 1
        _begin()
        try:
            _changed.wait_for(lambda: key in _final, timeout=max(0.0, seconds))
        finally:
            _awaited[key] -= 1
            if not _awaited[key]:
                del _awaited[key]
                _final.discard(key)


def _begin() -> None:
    global _watching
    if not _watching:
        _watching = True
        threading.Thread(target=_watch, name="watch", daemon=True).start()


def _watch() -> None:
    global _watching
    over = threading.Event()  # nobody sets it: a sleep
    try:
        while keys := _keys():
            over.wait(_look(keys))
    finally:
        connection.close()


def _keys() -> list[Key]:
    """What is still awaited; nothing ends the thread, in the same moment in which nobody waits."""
    global _watching
    with _changed:
        keys = [key for key in _awaited if key not in _final]
        _watching = bool(keys)
        return keys


def _look(keys: list[Key]) -> float:
    """Wakes those whose row is final; returns the seconds until the next look."""
    try:
        found = {key for model in {model for model, _ in keys} for key in _finals(model, keys)}
    except Exception as error:  # the database is away for a moment
        log.warning("Awaited rows not read: %s", type(error).__name__)
        connection.close()
        return PAUSE_AFTER_ERROR
    if found:
        with _changed:
            _final.update(key for key in found if key in _awaited)
            _changed.notify_all()
    return PAUSE


def _finals(model: type[Model], keys: list[Key]) -> list[Key]:
    pks = [pk for its, pk in keys if its is model]
    rows: dict[Any, Any] = model._default_manager.only(*_FIELDS[model.__name__]).in_bulk(pks)
    return [(model, pk) for pk in pks if pk not in rows or rows[pk].is_final]


# What `is_final` of each model reads.
_FIELDS = {"Job": ("status",), "Rendition": ("status",), "Mask": ("pending",)}
