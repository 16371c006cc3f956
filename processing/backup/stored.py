"""The files' half, and whether both halves fit: which rows name a file that is not there, and which files no row."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from django.core.files import File
from django.core.files.storage import default_storage

from processing import storage
from processing.backup.manifest import CHUNK, FILES, Kept, Unusable, files
from processing.models import Alpha, BatchArchive, MaskRevision, Rendition, Source

COLUMNS = (
    (Source, "file"),
    (Source, "preview"),
    (Alpha, "file"),
    (MaskRevision, "file"),
    (MaskRevision, "given"),
    (Rendition, "file"),
    (BatchArchive, "file"),
)


@dataclass(frozen=True)
class Report:
    missing: list[str]  # rows name them, and they are not there
    unnamed: list[str]  # they are there, and no row names them

    def lines(self) -> Iterator[str]:
        yield f"{len(self.missing)} files that rows name are missing" + _first(self.missing)
        yield f"{len(self.unnamed)} files belong to no row (the sweep removes them)" + _first(self.unnamed)


def save(folder: Path) -> tuple[int, int]:
    """Copies every file of the storage; (how many, bytes). One that is deleted meanwhile is left out: the report
    tells whether a row still names it."""
    count = size = 0
    with (folder / FILES).open("w") as lines:
        for name in storage.names_under("u"):
            try:
                kept = _save(name, folder / "files" / name)
            except FileNotFoundError:
                continue
            lines.write(json.dumps(asdict(kept)) + "\n")
            count, size = count + 1, size + kept.size
    return count, size


def load(folder: Path) -> None:
    """Puts every file back under its own name, in the place of one that differs."""
    for kept in files(folder):
        if default_storage.exists(kept.name):
            if default_storage.size(kept.name) == kept.size:
                continue
            default_storage.delete(kept.name)
        with (folder / "files" / kept.name).open("rb") as file:
            name = default_storage.save(kept.name, File(file))
        if name != kept.name:
            raise Unusable(f"The storage gave {kept.name} another name, {name}: is somebody writing to it?")


def report(there: set[str]) -> Report:
    """Rows against the names of files."""
    named = set(_named())
    return Report(sorted(named - there), sorted(there - named))


def _named() -> Iterator[str]:
    for model, column in COLUMNS:
        rows = model.objects.exclude(**{column: ""}).order_by()
        yield from rows.values_list(column, flat=True).iterator()


def _save(name: str, path: Path) -> Kept:
    path.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with default_storage.open(name) as file, path.open("wb") as copy:
        while chunk := file.read(CHUNK):
            copy.write(chunk)
            digest.update(chunk)
            size += len(chunk)
    return Kept(name, size, digest.hexdigest())


def _first(names: list[str]) -> str:
    return f", the first is {names[0]}." if names else "."
