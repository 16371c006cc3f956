"""Where files lie and how they get there: names, atomic saves, opens, deletes.

Everything of a user lies under `u/<user>/`, so that erasing an account is erasing a prefix. Names carry a lease
token where two workers could write at once. Nothing here is served by its name: views check the owner first.
"""

from __future__ import annotations

import logging
import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage, default_storage
from django.db import IntegrityError

from processing.errors import LeaseLost, Refused

log = logging.getLogger(__name__)

NOT_WRITTEN = (Refused, LeaseLost, IntegrityError)  # after these it is certain that no row was
SUFFIXES = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "image/avif": "avif",
    "image/tiff": "tif",
    "image/bmp": "bmp",
    "image/gif": "gif",
    "image/heif": "heic",
    "image/heic": "heic",
    "application/zip": "zip",
    "image/openraster": "ora",
}


class FileGone(Refused):
    """The storage answers, and has no such file."""

    def __init__(self) -> None:
        super().__init__("storage_error", cause="FileNotFoundError")


class PrivateFiles(FileSystemStorage):
    """A folder that nobody serves, where a file is there whole or not at all.

    The bytes go to a temporary file of the same folder, to the disk, and then into their name by a rename: a full
    disk or a killed process leaves no half file under a real name.
    """

    def __init__(self, location: str) -> None:
        super().__init__(
            location=location, base_url=None, file_permissions_mode=0o640, directory_permissions_mode=0o750
        )

    def _save(self, name: str, content: File) -> str:
        target = Path(self.path(name))
        handle, aside = _opened_beside(target)
        try:
            with os.fdopen(handle, "wb") as file:
                for chunk in content.chunks():
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            Path(aside).chmod(0o640)
            Path(aside).replace(target)
        except BaseException:
            Path(aside).unlink(missing_ok=True)
            raise
        return name

    def delete(self, name: str) -> None:
        super().delete(name)
        self._drop_empty_folders(Path(self.path(name)).parent)

    def _drop_empty_folders(self, folder: Path) -> None:
        root = Path(self.location)
        while folder != root and root in folder.parents:
            try:
                folder.rmdir()
            except OSError:  # not empty: somebody else's files are in it
                return
            folder = folder.parent


def _opened_beside(target: Path) -> tuple[int, str]:
    """A temporary file in the target's folder. A delete may take the folder, empty as it still is, in between."""
    for tries_left in (4, 3, 2, 1, 0):
        try:
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
            return tempfile.mkstemp(prefix=".saving-", dir=target.parent)
        except FileNotFoundError:
            if not tries_left:
                raise
    raise AssertionError("the last try returns or raises")


def suffix(media_type: str) -> str:
    return SUFFIXES.get(media_type, "bin")


def source_name(owner_id: int, sha256: str, media_type: str) -> str:
    return f"u/{owner_id}/sources/{sha256}-{uuid.uuid4().hex[:8]}.{suffix(media_type)}"


def alpha_name(owner_id: int, source_id: uuid.UUID, token: uuid.UUID) -> str:
    return f"u/{owner_id}/alphas/{source_id}-{token.hex}.png"


def mask_name(owner_id: int, job_id: uuid.UUID, number: int) -> str:
    return f"u/{owner_id}/masks/{job_id}-{number}-{uuid.uuid4().hex[:12]}.png"


def given_mask_name(owner_id: int, job_id: uuid.UUID, media_type: str) -> str:
    return f"u/{owner_id}/masks/{job_id}-given-{uuid.uuid4().hex[:12]}.{suffix(media_type)}"


def archive_name(owner_id: int, batch_id: uuid.UUID) -> str:
    return f"u/{owner_id}/archives/{batch_id}-{uuid.uuid4().hex[:12]}.zip"


def preview_name(owner_id: int, source_id: uuid.UUID, token: uuid.UUID, media_type: str) -> str:
    return f"u/{owner_id}/previews/{source_id}-{token.hex}.{suffix(media_type)}"


def rendition_name(owner_id: int, job_id: uuid.UUID, media_type: str) -> str:
    return f"u/{owner_id}/jobs/{job_id}/{uuid.uuid4().hex}.{suffix(media_type)}"


def save(name: str, data: bytes | IO[bytes]) -> str:
    """Stores the bytes whole or not at all; Refused("storage_error") when the storage fails. An open file is copied
    from its beginning, piece by piece."""
    try:
        return default_storage.save(name, ContentFile(data) if isinstance(data, bytes) else File(data))
    except Exception as error:  # disk full, bucket away: every backend has errors of its own
        raise Refused("storage_error", cause=type(error).__name__) from error


def read(name: str) -> bytes:
    try:
        with default_storage.open(name) as file:
            return bytes(file.read())
    except FileNotFoundError as error:
        raise FileGone from error
    except Exception as error:
        raise Refused("storage_error", cause=type(error).__name__) from error


def open_file(name: str) -> IO[bytes]:
    """OSError when it is not there, or the storage is away."""
    try:
        return default_storage.open(name)
    except OSError:
        raise
    except Exception as error:  # a store has errors of its own
        raise OSError(f"The storage failed: {type(error).__name__}") from error


def delete(names: list[str]) -> None:
    for name in names:
        if name:
            default_storage.delete(name)


def discard(names: list[str]) -> None:
    """Removes files that no row names. A store that is away keeps them; the caretaker's sweep finds them later, so
    they never hide why they were to go."""
    for name in names:
        try:
            delete([name])
        except Exception as error:  # each storage has its own
            log.warning("A file stays for the sweep: %s", type(error).__name__)


@contextmanager
def until_named(names: list[str]) -> Iterator[None]:
    """Within it a row is written that names these files. Where that is refused they are gone again. After any other
    error nobody knows whether the row is there, as a database that goes away may have committed it: then they stay,
    and the sweep takes them if no row names them."""
    try:
        yield
    except NOT_WRITTEN:
        discard(names)
        raise


def names_under(prefix: str, storage: Storage = default_storage) -> Iterator[str]:
    """Every file below a folder, in the storage's order."""
    if not hasattr(storage, "bucket") and not storage.exists(prefix):  # S3 has no folders to be missing
        return
    folders, files = storage.listdir(prefix)
    for file in files:
        yield f"{prefix}/{file}" if prefix else file
    for folder in folders:
        yield from names_under(f"{prefix}/{folder}" if prefix else folder, storage)


def folders_under(prefix: str, storage: Storage = default_storage) -> list[str]:
    """The names of the folders in a folder."""
    if not hasattr(storage, "bucket") and not storage.exists(prefix):
        return []
    return list(storage.listdir(prefix)[0])
