"""One look for all who wait: a thread of this process asks which of the awaited rows are final, and wakes their
requests. So forty requests that wait cost one small query at a time, and not one each. Where the workers are on this
machine the thread sleeps until one of them rings that a task has ended.

The thread begins with the first who waits and ends, with its connection, when nobody does.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Model

from bgsite.bells import Bell

log = logging.getLogger(__name__)

PAUSE = 0.03  # seconds between two looks
PAUSE_UNLESS_RUNG = (
    0.25  # where workers ring: what ends otherwise, by a cancel for instance, rings for nobody
)
PAUSE_AFTER_ERROR = 1.0  # the database is away: each request's own time limit ends its wait

Key = tuple[type[Model], Any]

_changed = threading.Condition()
_awaited: Counter[Key] = Counter()
_final: set[Key] = set()
_watching = False
_bell: Bell | None = None  # while the thread lives, where workers ring


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
    """A thread that looks now: what ended before it was awaited rang for nobody."""
    global _watching, _bell
    if not _watching:
        _watching = True
        _bell = Bell(settings.ENDED_BELLS) if settings.ENDED_BELLS else None
        threading.Thread(target=_watch, args=(_bell,), name="watch", daemon=True).start()
    elif _bell:
        _bell.ring()


def _watch(bell: Bell | None) -> None:
    try:
        while keys := _keys():
            if not _look(keys):
                time.sleep(PAUSE_AFTER_ERROR)
            elif bell:
                bell.wait(PAUSE_UNLESS_RUNG)
            else:
                time.sleep(PAUSE)
    finally:
        if bell:
            bell.close()
        connection.close()


def _keys() -> list[Key]:
    """What is still awaited; nothing ends the thread, in the same moment in which nobody waits."""
    global _watching
    with _changed:
        keys = [key for key in _awaited if key not in _final]
        _watching = bool(keys)
        return keys


def _look(keys: list[Key]) -> bool:
    """Wakes those whose row is final. False: the database is away for a moment."""
    try:
        found = {key for model in {model for model, _ in keys} for key in _finals(model, keys)}
    except Exception as error:
        log.warning("Awaited rows not read: %s", type(error).__name__)
        connection.close()
        return False
    if found:
        with _changed:
            _final.update(key for key in found if key in _awaited)
            _changed.notify_all()
    return True


def _finals(model: type[Model], keys: list[Key]) -> list[Key]:
    pks = [pk for its, pk in keys if its is model]
    rows: dict[Any, Any] = model._default_manager.only(*_FIELDS[model.__name__]).in_bulk(pks)
    return [(model, pk) for pk in pks if pk not in rows or rows[pk].is_final]


# What `is_final` of each model reads.
_FIELDS = {"Job": ("status",), "Rendition": ("status",), "Mask": ("pending",)}
