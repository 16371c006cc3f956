"""Kept files packed for people: under names that every system takes, and what is gone by then is told."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePosixPath

from processing import storage, zip_stream
from processing.zip_stream import Content

LOST = "not-included.txt"
# What one system or another does not take in a name.
_UNSAFE = re.compile(r'[<>:"|?*\x00-\x1f\x7f]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)

Note = tuple[str, Callable[[], bytes]]  # a name, and what is read when its turn has come


def packed(files: Iterable[tuple[str, str]], notes: Iterable[Note] = ()) -> Iterator[bytes]:
    """The ZIP's bytes: (name in it, name in the storage) each, then the notes. What was deleted since the download
    began is left out and named in a note of its own."""
    return zip_stream.stream(_entries(files, notes))


def _entries(files: Iterable[tuple[str, str]], notes: Iterable[Note]) -> Iterator[tuple[str, Content]]:
    lost = []
    for name, file in files:
        try:
            source = storage.open_file(file)
        except OSError:
            lost.append(name)
            continue
        yield name, source
    for name, content in notes:
        yield name, content()
    if lost:
        yield LOST, "\n".join(lost).encode()


def unique(name: str, suffix: str, taken: set[str]) -> str:
    """sub/cup.jpg -> sub/cup.png; a second one sub/cup (2).png, as file systems of any kind compare names."""
    path = PurePosixPath(*[safe_part(part) for part in PurePosixPath(name).parts])
    stem, number = path.with_name(path.stem or "photo"), 1
    chosen = f"{stem}.{suffix}"
    while _folded(chosen) in taken:
        number += 1
        chosen = f"{stem} ({number}).{suffix}"
    taken.add(_folded(chosen))
    return chosen


def safe_part(part: str) -> str:
    """A name that every system can have in a folder."""
    clean = _UNSAFE.sub("_", unicodedata.normalize("NFC", part)).replace("\\", "_").strip().rstrip(".")
    return f"_{clean}" if _RESERVED.fullmatch(clean) or clean in {"", ".", ".."} else clean


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
