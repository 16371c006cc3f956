"""Finds files that no row knows: left by a process that died between its file and its row.

A store may hold a million files, so a round of housekeeping looks at a slice of it: the folders of a few owners, from
where it stopped the last time. Names are looked up by the hundred. Each worker begins somewhere else.
"""

from __future__ import annotations

import logging
import random
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import islice

from django.core.files.storage import default_storage
from django.db.models import Model
from django.utils import timezone

from processing import storage
from processing.models import Alpha, BatchArchive, MaskRevision, Rendition, Source

log = logging.getLogger(__name__)

AT_ONCE = 20_000  # files that a round looks at, and the rest of the last owner's
LOOKED_UP_AT_ONCE = 500
# Which columns name the files of a folder; those of any other folder are renditions.
Column = tuple[type[Model], str]
COLUMNS: dict[str, list[Column]] = {
    "sources": [(Source, "file")],
    "previews": [(Source, "preview")],
    "alphas": [(Alpha, "file")],
    "archives": [(BatchArchive, "file")],
    "masks": [(MaskRevision, "file"), (MaskRevision, "given")],
}
RENDITIONS: list[Column] = [(Rendition, "file")]

_reached = ""  # the last owner's folder at which this process looked; "" before the first round


def sweep(age: timedelta) -> list[str]:
    """Deletes all that no row knows and that is older; returns the names."""
    return _swept(storage.names_under("u"), age)


def sweep_slice(age: timedelta) -> list[str]:
    """The same for the next owners."""
    global _reached
    owners = sorted(storage.folders_under("u"))
    if not owners:
        return []
    start = bisect_right(owners, _reached) if _reached else random.randrange(len(owners))  # noqa: S311
    gone, looked = [], 0
    for owner in owners[start:] + owners[:start]:
        names = list(storage.names_under(f"u/{owner}"))
        gone += _swept(names, age)
        _reached, looked = owner, looked + len(names)
        if looked >= AT_ONCE:
            break
    return gone


def known(names: Iterable[str]) -> set[str]:
    """Those that a row names; a query for each kind of file."""
    kinds: dict[str, list[str]] = defaultdict(list)
    for name in names:
        kinds[name.split("/")[2] if name.count("/") >= 3 else ""].append(name)
    found: set[str] = set()
    for kind, group in kinds.items():
        for model, field in COLUMNS.get(kind, RENDITIONS):
            rows = model._default_manager.filter(**{f"{field}__in": group})
            found.update(rows.values_list(field, flat=True))
    return found


def _swept(names: Iterable[str], age: timedelta) -> list[str]:
    old = timezone.now() - age
    orphans: list[str] = []
    for group in _groups(iter(names)):
        rows = known(group)
        unknown = [name for name in group if name not in rows]
        orphans += [name for name in unknown if default_storage.get_modified_time(name) < old]
    storage.delete(orphans)
    if orphans:
        log.info("Swept %d files that belonged to nothing", len(orphans))
    return orphans


def _groups(names: Iterator[str]) -> Iterator[list[str]]:
    while group := list(islice(names, LOOKED_UP_AT_ONCE)):
        yield group
