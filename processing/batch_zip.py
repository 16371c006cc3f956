"""Photos out of a ZIP, one at a time and in memory. Nothing is written anywhere under a name that came with it.

The directory is judged before it is read (how many entries, how large it is), each entry before it is unpacked and
again while it is, so neither a small archive that unpacks to terabytes nor a directory of a million names costs
more than a look.
"""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from django.conf import settings

from processing import batches
from processing.batches import Piece
from processing.errors import Refused
from processing.jobs import Upload
from processing.uploads import archive_too_large, too_large

END = b"PK\x05\x06"
END_SIZE, LONGEST_COMMENT = 22, 65_535  # bytes
DIRECTORY_BYTES = 4_000_000  # a thousand of the longest names are a tenth of it
UNPACKED = 2  # times what the ZIP itself may have: photos do not pack
PACKED = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
ENCRYPTED = 0x1
# What systems put beside the photos.
JUNK = frozenset({"thumbs.db", "desktop.ini", ".ds_store"})
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)


@dataclass(frozen=True, slots=True)
class Entries:
    archive: zipfile.ZipFile
    files: list[zipfile.ZipInfo]


def opened(file: IO[bytes]) -> Entries:
    """Refused: invalid_archive, empty_archive, archive_too_large, batch_too_large."""
    _check_end(file)
    try:
        archive = zipfile.ZipFile(file)
        files = [info for info in archive.infolist() if _is_file(info)]
    except BROKEN:
        raise Refused("invalid_archive") from None
    if not files:
        raise Refused("empty_archive")
    most = UNPACKED * settings.BATCH_ZIP_BYTES
    if sum(info.file_size for info in files) > most:
        raise archive_too_large()
    return Entries(archive, files)


def pieces(entries: Entries) -> Iterator[Piece]:
    for info in entries.files:
        yield Piece(info.filename, key_of(info), lambda info=info: read(entries.archive, info))  # type: ignore[misc]


def key_of(info: zipfile.ZipInfo) -> str:
    return f"zip:{hashlib.sha256(info.filename.encode(errors='surrogateescape')).hexdigest()[:40]}"


def read(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Upload:
    """Refused: encrypted_entry, unreadable_entry, file_too_large."""
    most = settings.IMAGE_LIMITS.max_bytes
    if info.flag_bits & ENCRYPTED:
        raise Refused("encrypted_entry")
    if info.file_size > most:
        raise too_large(info.file_size)
    if info.compress_type not in PACKED:
        raise Refused("unreadable_entry")
    try:
        with archive.open(info) as entry:
            data = entry.read(most + 1)  # what it says of its size is not trusted
    except BROKEN:
        raise Refused("unreadable_entry") from None
    if len(data) > most:
        raise too_large(len(data))
    return Upload(info.filename, data)


def _check_end(file: IO[bytes]) -> None:
    """Refuses a directory that is too large to be read at all; its size stands at the archive's end."""
    size = file.seek(0, 2)
    if size > settings.BATCH_ZIP_BYTES:
        raise archive_too_large()
    file.seek(max(0, size - END_SIZE - LONGEST_COMMENT))
    tail = file.read()
    at = tail.rfind(END)
    if at < 0 or len(tail) < at + END_SIZE:
        raise Refused("invalid_archive")
    count = int.from_bytes(tail[at + 10 : at + 12], "little")
    directory = int.from_bytes(tail[at + 12 : at + 16], "little")
    # 65,535 stands for "see the larger record" (ZIP64), which no archive of this size needs.
    if count == 0xFFFF or directory > DIRECTORY_BYTES:
        raise Refused("batch_too_large", limit=batches.MOST)
    file.seek(0)


def _is_file(info: zipfile.ZipInfo) -> bool:
    """An entry without a name is none: zipfile itself fails to tell whether it is a folder."""
    return bool(info.filename) and not info.is_dir() and not _is_junk(info.filename)


def _is_junk(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return parts[0] == "__MACOSX" or parts[-1].lower() in JUNK or parts[-1].startswith("._")
