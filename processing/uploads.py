"""Counts an upload's bytes while they arrive, so that a huge file is dropped and not stored anywhere first; and where
they wait meanwhile."""

from __future__ import annotations

import tempfile
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile

from processing.errors import Refused

ARCHIVE = "archive"  # the field of a ZIP of photos, which may be larger than a photo, where batches are taken
ARCHIVES_GO_TO = ("/bulk", "/api/v1/batches")


def too_large(size: int) -> Refused:
    limit = settings.IMAGE_LIMITS.max_bytes
    return Refused("file_too_large", bytes=size, max_bytes=limit)


def archive_too_large() -> Refused:
    return Refused("archive_too_large", max_bytes=settings.BATCH_ZIP_BYTES)


class BoundedUploadHandler(FileUploadHandler):
    """First of the handlers: lets at most `max_bytes` of a file through and notes what it refused.

    The rest of a file that is too long is read and thrown away, so the browser gets an answer instead of a broken
    connection; the view finds the refusals in `refusals(request)`.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.seen, self.is_archive = 0, self._takes_archive()
        self.most = settings.BATCH_ZIP_BYTES if self.is_archive else settings.IMAGE_LIMITS.max_bytes

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.seen += len(raw_data)
        if self.seen > self.most:
            size = max(self.seen, self.content_length or 0)
            refusals(self.request).append(archive_too_large() if self.is_archive else too_large(size))
            raise SkipFile
        return raw_data

    def _takes_archive(self) -> bool:
        path = getattr(self.request, "path_info", "")
        return self.field_name == ARCHIVE and any(path.startswith(prefix) for prefix in ARCHIVES_GO_TO)

    def file_complete(self, file_size: int) -> None:
        return None


class UnnamedUploadHandler(FileUploadHandler):
    """Last of the handlers: a large file waits on the disk without a name, so that of a process that is killed
    nothing of anybody's photo is left."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        unnamed = tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR)  # noqa: SIM115  (the request closes it)
        self.file = UploadedFile(
            unnamed, self.file_name, self.content_type, 0, self.charset, self.content_type_extra
        )

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.file.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile:
        self.file.seek(0)
        self.file.size = file_size
        return self.file

    def upload_interrupted(self) -> None:
        if hasattr(self, "file"):
            self.file.close()


def refusals(request: Any) -> list[Refused]:
    """What this request's upload handler refused, file by file."""
    if not hasattr(request, "upload_refusals"):
        request.upload_refusals = []
    return request.upload_refusals  # type: ignore[no-any-return]
