"""Idempotency-Key: a request that is repeated is answered as before and changes nothing again.

The id of the job is chosen with the key's row, before the job is made. So even a process that dies between the two
leaves nothing that the repetition could double: the same id is charged once.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.http import QueryDict
from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import KeptAnswer
from processing.api import claims
from processing.api.base import user_of
from processing.errors import Refused
from processing.models import Batch, Job

KEPT = timedelta(hours=24)
LONG_AGO = datetime.fromisoformat("2000-01-01T00:00:00+00:00")
_USABLE = re.compile(r"[\x21-\x7e]{1,255}")
_KEPT_HEADERS = ("Location",)

Handler = Callable[..., HttpResponseBase]


def once(handler: Handler) -> Handler:
    """For the POST of a view: honours the header, and chooses `request.job_id` in any case."""

    @wraps(handler)
    def answered(view: Any, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        key = request.headers.get("Idempotency-Key")
        request.job_id = uuid.uuid4()  # type: ignore[attr-defined]
        if key is None:
            return handler(view, request, *args, **kwargs)
        kept = _begin(request, key)
        if kept.body is not None:
            return Response(kept.body, kept.status, headers={**kept.headers, "Idempotent-Replayed": "true"})
        request.job_id = kept.job_id  # type: ignore[attr-defined]
        with claims.alive(kept):
            try:
                response = handler(view, request, *args, **kwargs)
            except BaseException:
                _give_up(kept)
                raise
            _keep(kept, response, getattr(view, "shown_once", ()))
        return response

    return answered


def job_id_of(request: Request) -> uuid.UUID:
    """The id of what this POST makes, as `once` chose it: the same for each repetition under one key."""
    chosen: uuid.UUID = request.job_id  # type: ignore[attr-defined]
    return chosen


def forget_old() -> int:
    """Deletes answers whose day is over; returns how many."""
    deleted, _ = KeptAnswer.objects.filter(created__lt=Now() - KEPT).delete()
    return deleted


def _begin(request: Request, key: str) -> KeptAnswer:
    """The key's row, for this request to answer or with its answer. Refused: the three idempotency codes."""
    if not _USABLE.fullmatch(key):
        raise Refused("invalid_idempotency_key")
    digest, user = _digest(request), user_of(request)
    KeptAnswer.objects.filter(user=user, key=key, created__lt=Now() - KEPT).delete()
    row, created = KeptAnswer.objects.get_or_create(
        user=user,
        key=key,
        defaults={"request": digest, "job_id": uuid.uuid4(), "begun": Now(), "claim": uuid.uuid4()},
    )
    if row.request != digest:
        raise Refused("idempotency_key_reused")
    if not created and not row.status and not _is_made(row) and not claims.taken_over(row):
        raise Refused("idempotency_in_progress")
    return row


def _is_made(row: KeptAnswer) -> bool:
    """The job is there, and only its answer is not: the process may have died between the two."""
    return Job.objects.filter(pk=row.job_id, owner=row.user_id).exists()


def _held(row: KeptAnswer) -> QuerySet[KeptAnswer]:
    """The row, unless another request has taken it over since."""
    return KeptAnswer.objects.filter(pk=row.pk, claim=row.claim)


def _keep(row: KeptAnswer, response: HttpResponseBase, secret: Collection[str]) -> None:
    """A picture is not kept: the job is, and gives it again. Nor is a secret: its repetition has null there."""
    body = response.data if isinstance(response, Response) else None
    if isinstance(body, dict):
        body = body | {name: None for name in secret if name in body}
    headers = {name: response[name] for name in _KEPT_HEADERS if response.has_header(name)}
    plain = json.loads(json.dumps(body, default=str))
    _held(row).update(status=response.status_code, body=plain, headers=headers)


def _give_up(row: KeptAnswer) -> None:
    """Nothing was made: as if the request had never come. Else the next try finds what was made."""
    mine = _held(row)
    if Job.objects.filter(pk=row.job_id).exists() or Batch.objects.filter(pk=row.job_id).exists():
        mine.update(begun=LONG_AGO)
    else:
        mine.delete()


def _digest(request: Request) -> str:
    """SHA-256 of method, path and content; the order of fields and the form's boundary do not count."""
    found = hashlib.sha256(f"{request.method} {request.path}\n".encode())
    data = request.data
    if not isinstance(data, QueryDict):
        found.update(json.dumps(data, sort_keys=True).encode())
        return found.hexdigest()
    for name in sorted(data):
        for value in data.getlist(name):
            content = _file_digest(value) if isinstance(value, UploadedFile) else value
            found.update(json.dumps([name, content]).encode())
    return found.hexdigest()


def _file_digest(file: UploadedFile) -> str:
    found = hashlib.sha256((file.name or "").encode())
    for chunk in file.chunks():
        found.update(chunk)
    file.seek(0)
    return found.hexdigest()
