"""Photos that go straight to the S3 store: an address for one file of one size and type, taken when it is named by a
job. What nobody names is swept after a day, by the caretaker and by the store's own rules (deploy/s3).

Nothing is kept about them here: the name is below the owner's own prefix, so nobody can claim another's.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, cast

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.files.storage import default_storage
from django.utils import timezone

from accounts.models import User
from processing import storage
from processing.errors import Refused
from processing.jobs import Upload
from processing.uploads import too_large

PREFIX = "incoming"
VALID = timedelta(minutes=15)  # of the address
UNCLAIMED = timedelta(days=1)
TYPES = (
    "image/jpeg",
    "image/png",
    "image/webp",
    "image/avif",
    "image/tiff",
    "image/bmp",
    "image/gif",
    "image/heic",
)


@dataclass(frozen=True, slots=True)
class Begun:
    """Where a program sends the photo: a form of these fields, and the file last, to the address."""

    id: uuid.UUID
    url: str
    fields: dict[str, str]
    expires: datetime


def begin(owner: User, media_type: str) -> Begun:
    """Refused: uploads_unavailable, storage_error."""
    _check()
    upload_id, until = uuid.uuid4(), timezone.now() + VALID
    bounds = [{"Content-Type": media_type}, ["content-length-range", 1, settings.IMAGE_LIMITS.max_bytes]]
    try:
        made = signer().generate_presigned_post(
            settings.S3_BUCKET,
            _name(owner, upload_id),
            Fields={"Content-Type": media_type},
            Conditions=bounds,
            ExpiresIn=int(VALID.total_seconds()),
        )
    except (BotoCoreError, ClientError) as error:
        raise Refused("storage_error", cause=type(error).__name__) from error
    return Begun(upload_id, made["url"], made["fields"], until)


def claim(owner: User | AnonymousUser, upload_id: str) -> Upload:
    """The photo that was sent. Refused: uploads_unavailable, unknown_upload, file_too_large, storage_error."""
    _check()
    try:
        name = _name(owner, uuid.UUID(upload_id))
    except ValueError:
        raise Refused("unknown_upload") from None
    try:
        size = default_storage.size(name) if default_storage.exists(name) else None
    except Exception as error:  # the store is away
        raise Refused("storage_error", cause=type(error).__name__) from error
    if size is None:
        raise Refused("unknown_upload")
    if size > settings.IMAGE_LIMITS.max_bytes:  # stores that do not keep to the bound of the address
        raise too_large(size)
    return Upload("photo", storage.read(name))


def drop(owner: User, upload_id: str) -> None:
    """It is a job's own photo now."""
    storage.delete([_name(owner, uuid.UUID(upload_id))])


def forget(owner: User) -> None:
    """All that this owner has sent and named in no job."""
    if settings.S3_BUCKET:
        storage.delete(list(storage.names_under(f"{PREFIX}/{owner.pk}")))


def sweep() -> int:
    """Deletes what nobody named within a day; returns how many."""
    if not settings.S3_BUCKET:
        return 0
    old = timezone.now() - UNCLAIMED
    names = [name for name in storage.names_under(PREFIX) if default_storage.get_modified_time(name) < old]
    storage.delete(names)
    return len(names)


@cache
def signer() -> Any:
    """A client that signs for the address by which the world reaches the store; it sends nothing itself."""
    import boto3

    options = cast(dict[str, Any], settings.STORAGES["default"])["OPTIONS"]
    return boto3.client(
        "s3",
        endpoint_url=settings.S3_PUBLIC_URL or options["endpoint_url"],
        region_name=options["region_name"],
        aws_access_key_id=options["access_key"],
        aws_secret_access_key=options["secret_key"],
        config=options["client_config"],
    )


def _name(owner: User | AnonymousUser, upload_id: uuid.UUID) -> str:
    return f"{PREFIX}/{owner.pk}/{upload_id}"


def _check() -> None:
    if not settings.S3_BUCKET:
        raise Refused("uploads_unavailable")
