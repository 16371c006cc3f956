"""What a backup holds: `manifest.json`, written last, so that a folder without one is no backup; and `files.jsonl`,
a line for each stored file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

VERSION = 1
MANIFEST, FILES = "manifest.json", "files.jsonl"
CHUNK = 1 << 20  # bytes


class Unusable(Exception):
    """The folder cannot be written to, or is not a whole backup; a sentence for whoever typed the command."""


@dataclass(frozen=True)
class Kept:
    """One file of the storage, and its copy below `files/`."""

    name: str
    size: int
    sha256: str


@dataclass
class Manifest:
    """`database`: sqlite or postgresql. `tables`: rows of each. `parts`: SHA-256 of each file of the database's copy.
    `migrations`: the last one of each app."""

    created: str
    database: str
    tables: dict[str, int]
    migrations: dict[str, str]
    parts: dict[str, str] = field(default_factory=dict)
    files: int = 0
    bytes: int = 0
    files_sha256: str = ""
    secret: str = ""  # which SECRET_KEY sealed what is in it; the key itself is not told by it
    version: int = VERSION


def write(folder: Path, manifest: Manifest) -> None:
    manifest.files_sha256 = sha256_of(folder / FILES)
    aside = folder / f".{MANIFEST}"
    aside.write_text(json.dumps(asdict(manifest), indent=2) + "\n")
    aside.replace(folder / MANIFEST)


def read(folder: Path) -> Manifest:
    """The manifest, if everything that it names is there as it was written; Unusable otherwise."""
    path = folder / MANIFEST
    if not path.is_file():
        raise Unusable(f"{folder} holds no {MANIFEST}, so it is no backup, or one that was not finished.")
    try:
        found = Manifest(**json.loads(path.read_text()))
    except (ValueError, TypeError) as error:
        raise Unusable(f"{path} cannot be read: {error}") from None
    if found.version != VERSION:
        raise Unusable(f"{path} is of version {found.version}; this program reads version {VERSION}.")
    wanted = found.parts | {FILES: found.files_sha256}
    wrong = [name for name, sha256 in wanted.items() if not _is(folder / name, sha256)]
    wrong += [kept.name for kept in files(folder) if not _is(folder / "files" / kept.name, kept.sha256)]
    if wrong:
        raise Unusable(f"{len(wrong)} files of the backup are missing or changed, the first is {wrong[0]}.")
    return found


def files(folder: Path) -> Iterator[Kept]:
    with (folder / FILES).open() as lines:
        for line in lines:
            yield Kept(**json.loads(line))


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _is(path: Path, sha256: str) -> bool:
    return path.is_file() and sha256_of(path) == sha256
