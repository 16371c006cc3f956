"""Which file becomes which: files and folders in, pairs of paths out. Reads names only, hardly any bytes."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from processing.pipeline.errors import PipelineError
from processing.pipeline.sniff import sniff

# In a folder a file with such a name is tried even when its bytes are none: it then fails visibly.
PICTURE_SUFFIXES = frozenset(
    ".jpg .jpeg .jpe .jfif .png .webp .tif .tiff .bmp .gif .avif .heic .heif".split()
)
# What a result of `format=auto` can be called, the likelier first.
FORMATS = {"auto": ("png", "jpg")}
_HEAD = 4096  # bytes that are enough to tell a picture


@dataclass(frozen=True, slots=True)
class Item:
    """One file to do. `stem` is the result's path without its suffix; `relative` is its name in reports."""

    source: Path
    stem: Path
    relative: str

    def result(self, suffix: str) -> Path:
        """The result's path for png, jpg, webp ..."""
        return self.stem.with_name(f"{self.stem.name}.{suffix}")

    def finished(self, kind: str) -> Path | None:
        """A result that exists already and is not older than its source, for the recipe's format."""
        for suffix in FORMATS.get(kind, (kind,)):
            path = self.result(suffix)
            if path.is_file() and path.stat().st_mtime_ns >= self.source.stat().st_mtime_ns:
                return path
        return None


def plan(inputs: Iterable[Path], out: Path, recursive: bool = False) -> list[Item]:
    """Every input file once, with a result path below `out` that no other file has.

    Folders keep their tree below `out`. a.jpg and a.png in one folder become a.jpg.png and a.png.png, and
    nothing is ever planned over a source. Names are compared as file systems of other machines would.
    """
    found = list(dict.fromkeys(_found(inputs, out, recursive)))
    plain = Counter(_folded(out / relative.with_suffix("")) for _, relative in found)
    taken = {_folded(source.absolute()) for source, _ in found}
    return [_item(source, relative, out, plain, taken) for source, relative in found]


def _item(source: Path, relative: Path, out: Path, plain: Counter[str], taken: set[str]) -> Item:
    short, long = out / relative.with_suffix(""), out / relative
    stem = short if plain[_folded(short)] == 1 and _free(short, taken) else long
    number = 2
    while not _free(stem, taken):
        stem, number = long.with_name(f"{long.name}-{number}"), number + 1
    taken.add(_folded(stem.absolute()))
    return Item(source, stem, str(relative))


def _free(stem: Path, taken: set[str]) -> bool:
    """No other result has this stem, and no source lies where its result may go."""
    names = [stem, *(stem.with_name(f"{stem.name}{suffix}") for suffix in PICTURE_SUFFIXES)]
    return not any(_folded(name.absolute()) in taken for name in names)


def _folded(path: Path) -> str:
    return unicodedata.normalize("NFC", os.fspath(path)).casefold()


def _found(inputs: Iterable[Path], out: Path, recursive: bool) -> Iterator[tuple[Path, Path]]:
    """(source, its path relative to the input it came with)."""
    for path in inputs:
        if not path.is_dir():
            yield path, Path(path.name)
            continue
        for source in _pictures(path, out, recursive):
            yield source, source.relative_to(path)


def _pictures(folder: Path, out: Path, recursive: bool) -> Iterator[Path]:
    """Pictures of a folder in the order of their names; hidden files and the output folder are left out."""
    for parent, folders, names in os.walk(folder):
        here = Path(parent)
        wanted = [
            name for name in folders if not name.startswith(".") and (here / name).resolve() != out.resolve()
        ]
        folders[:] = sorted(wanted) if recursive else []
        yield from (here / name for name in sorted(names) if _is_picture(here / name))


def _is_picture(path: Path) -> bool:
    if path.name.startswith(".") or not path.is_file():
        return False
    if path.suffix.lower() in PICTURE_SUFFIXES:
        return True
    try:
        with path.open("rb") as stream:
            sniff(stream.read(_HEAD))
    except (OSError, PipelineError):
        return False
    return True
