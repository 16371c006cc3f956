"""Many photos at once. A few are taken while the sender waits, as each costs the check at the door; of more, and of
large ZIPs, the bytes are stored and a row is made for each, so the answer is there at once. Then the thread that
loads addresses (batch_load) takes them one by one.
"""

from __future__ import annotations

import hashlib
import tempfile
import uuid
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import IO
from zipfile import ZipFile, ZipInfo

from processing import batch_zip, batches, storage
from processing.batches import Piece
from processing.errors import Refused
from processing.jobs import Upload
from processing.models import Batch, BatchArchive, BatchItem

AT_ONCE = 25  # photos that are taken while the sender waits
MOST_KEPT = 10  # ZIPs of one account that wait to be unpacked
PATIENCE = 30  # seconds until one of them is likely to be done


def nothing() -> None:
    """What counts a photo, where none is counted. Refused when no more may come."""


def add(batch: Batch, pieces: list[Piece]) -> list[BatchItem]:
    """The items of the pieces, in their order. Refused (and no item): batch_closed, batch_too_large, storage_error,
    too_many_archives."""
    if len(pieces) <= AT_ONCE:
        return [batches.add(batch, piece) for piece in pieces]
    pieces = [piece if piece.key else replace(piece, key=f"#{uuid.uuid4().hex}") for piece in pieces]
    with tempfile.TemporaryFile() as file:
        refused = _packed(file, _open_ones(batch, pieces))
        return _kept(batch, file, pieces, refused)


def add_archive(batch: Batch, file: IO[bytes], count: Callable[[], None] = nothing) -> list[BatchItem]:
    """An item for each file of a ZIP, in its order; sent again it is the same items.

    Refused (and nothing was added): invalid_archive, empty_archive, archive_too_large, and as `add`.
    """
    pieces = list(batch_zip.pieces(batch_zip.opened(file)))
    batches.check_room(batch, {piece.key for piece in pieces})
    refused = _counted(_open_ones(batch, pieces), count)
    if len(pieces) <= AT_ONCE:
        return [batches.add(batch, _refusing(piece, refused)) for piece in pieces]
    return _kept(batch, file, pieces, refused)


def photo(archive: BatchArchive, key: str) -> Upload:
    """The photo of the item with this key. Refused as an entry may be. OSError when the storage is away."""
    try:
        opened, entries = _opened(archive.file)
    except FileNotFoundError:
        raise Refused("interrupted") from None
    info = entries.get(key) or entries.get(_name_for(key))
    if info is None:
        raise Refused("interrupted")
    return batch_zip.read(opened, info)


def drop_if_done(archive: BatchArchive) -> bool:
    """Removes a ZIP of which every entry is taken or refused; False when there is something left."""
    if archive.items.undecided().exists():
        return False
    archive.delete()
    storage.discard([archive.file])
    _opened.cache_clear()
    return True


@lru_cache(maxsize=3)
def _opened(file: str) -> tuple[ZipFile, dict[str, ZipInfo]]:
    """The ZIP, and its entries by key and by name. Kept open, as one entry after the other is asked for; in a store
    that is not a folder opening it means to load it."""
    found = batch_zip.opened(storage.open_file(file))
    by_key = {batch_zip.key_of(info): info for info in reversed(found.files)}
    return found.archive, by_key | found.archive.NameToInfo


def _open_ones(batch: Batch, pieces: list[Piece]) -> list[Piece]:
    """Those that are not taken yet, one for a key."""
    rows = batch.items.filter(key__in=[piece.key for piece in pieces])
    taken = set(rows.exclude(job=None).values_list("key", flat=True))
    return list({piece.key: piece for piece in reversed(pieces) if piece.key not in taken}.values())[::-1]


def _counted(pieces: list[Piece], count: Callable[[], None]) -> dict[str, Refused]:
    """From the first one on that may not come any more."""
    for number, _ in enumerate(pieces):
        try:
            count()
        except Refused as refusal:
            return {piece.key: refusal for piece in pieces[number:]}
    return {}


def _refusing(piece: Piece, refused: dict[str, Refused]) -> Piece:
    def read() -> Upload:
        raise refused[piece.key]

    return replace(piece, read=read) if piece.key in refused else piece


def _packed(file: IO[bytes], pieces: list[Piece]) -> dict[str, Refused]:
    """Puts the photos of pieces into a ZIP of ours; what was refused while they were read, by key."""
    refused: dict[str, Refused] = {}
    with ZipFile(file, "w") as archive:
        for piece in pieces:
            if piece.read is None:
                continue
            try:
                archive.writestr(_name_for(piece.key), piece.read().data)
            except Refused as refusal:
                refused[piece.key] = refusal
    return refused


def _name_for(key: str) -> str:
    return f"key:{hashlib.sha256(key.encode(errors='surrogateescape')).hexdigest()}"


def _kept(batch: Batch, file: IO[bytes], pieces: list[Piece], refused: dict[str, Refused]) -> list[BatchItem]:
    """Stores the ZIP, where photos are in it that are still to be taken, and makes the rows."""
    waiting = {piece.key for piece in _open_ones(batch, pieces) if not piece.url} - refused.keys()
    name = ""
    if waiting:
        _check_waiting(batch)
        name = storage.save(storage.archive_name(batch.owner_id, batch.pk), file)
    with storage.until_named([name]):
        return batches.entrust(batch, pieces, name, refused)


def _check_waiting(batch: Batch) -> None:
    if BatchArchive.objects.filter(batch__owner=batch.owner_id).count() >= MOST_KEPT:
        raise Refused("too_many_archives", limit=MOST_KEPT, seconds=PATIENCE)
