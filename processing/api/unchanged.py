"""A job's status that did not change since it was told is told again, and not made again.

A program that waits asks hundreds of times and mostly hears the same. To make that answer costs two milliseconds;
to find out that it still holds costs one look at all rows that it was made of, by a statement that is put together
once. So thousands of programs may wait without taking the machine from those that work.

What holds is read anew each time: the key and its owner, the job, its results; a photo never changes. A process keeps
the answer and a digest of these rows, under the digest of the key. Whoever asks in any other way (a session, an
address with a query, two keys) is answered by the view alone.
"""

from __future__ import annotations

import functools
import hashlib
import threading
import time
import uuid
from dataclasses import dataclass, field

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.response import Response

from accounts import keys, sharing, throttles
from accounts.authentication import credentials
from accounts.client_address import client_address
from accounts.limits import TooManyRequests
from accounts.models import ApiKey
from processing.api import conditional
from processing.api.base import ApiView, rate_headers
from processing.models import Job, Rendition

Asked = tuple[str, ...]
MOST = 20_000  # answers that a process keeps, of about 2 KB
KEPT_SECONDS = 600.0  # after which an answer is made anew in any case; a key may end by its date meanwhile

# Columns that change while something waits or is worked on, and are in no answer.
OF_WORKERS = {"lease_token", "lease_until", "rung", "turn", "queue", "held"}
OF_KEY = ("id", "digest", "scopes", "expires", "revoked", "suspended", "shared", "many_allowed")
OF_OWNER = ("id", "is_active", "is_guest", "is_unlimited", "plan_name")
_SOME_ID, _SOME_PREFIX = uuid.UUID(int=1), "\0"


@dataclass(frozen=True, slots=True)
class Kept:
    """What was told: the answer, of which rows, to whom. Of a 304 the body is not known."""

    rows: bytes
    headers: dict[str, str]
    body: bytes | None
    key: ApiKey
    until: float = field(default_factory=lambda: time.monotonic() + KEPT_SECONDS)


class Answers:
    """The newest of a process."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self.kept: dict[Asked, Kept] = {}
        self.lock = threading.Lock()

    def get(self, asked: Asked, rows: bytes) -> Kept | None:
        kept = self.kept.get(asked)
        return kept if kept and kept.rows == rows and kept.until > time.monotonic() else None

    def keep(self, asked: Asked, kept: Kept) -> None:
        with self.lock:
            self.kept.pop(asked, None)
            self.kept[asked] = kept
            if len(self.kept) > self.most:
                del self.kept[next(iter(self.kept))]


answers = Answers()


class ToldAgain(ApiView):
    """A view of one job's status, which makes only what it did not tell before."""

    def dispatch(self, request: HttpRequest, job_id: uuid.UUID) -> HttpResponseBase:
        text = _lone_key(request)
        rows = _rows(job_id, text) if text else None
        if rows is None:
            return super().dispatch(request, job_id=job_id)
        asked = _asked(request, text)
        kept = answers.get(asked, rows)
        return (kept and _again(request, kept)) or self._made(request, job_id, asked, rows)

    def _made(self, request: HttpRequest, job_id: uuid.UUID, asked: Asked, rows: bytes) -> HttpResponseBase:
        """Of a job that changes meanwhile the rows are older than the answer, and are not found again."""
        answer = super().dispatch(request, job_id=job_id)
        key = self.request.auth
        if answer.status_code in {200, 304} and isinstance(key, ApiKey):
            body = answer.content if isinstance(answer, Response) else None
            answers.keep(asked, Kept(rows, dict(answer.headers), body, key))
        return answer


def _lone_key(request: HttpRequest) -> str:
    """The one key of a request that has nothing else to say who asks; else ""."""
    if (
        request.method != "GET"
        or request.META.get("QUERY_STRING")
        or settings.SESSION_COOKIE_NAME in request.COOKIES
    ):
        return ""
    texts = credentials(request)
    return texts[0] if len(texts) == 1 else ""


def _asked(request: HttpRequest, text: str) -> Asked:
    address = request.build_absolute_uri(request.path)  # its scheme and host are in the answer
    return keys.digest(text), address, request.META.get("HTTP_ACCEPT", "")


def _rows(job_id: uuid.UUID, text: str) -> bytes | None:
    """A digest of all that an answer is made of; None where there is nothing, or no database to ask."""
    statement, of_job = _statement(), Job._meta.pk.get_db_prep_value(job_id, connection)
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement, (keys.prefix_of(text), of_job))
            rows = cursor.fetchall()
    except DatabaseError:  # the view says so
        return None
    return hashlib.blake2b(repr(rows).encode(), digest_size=16).digest() if rows else None


@functools.cache
def _statement() -> str:
    """Put together once: that costs as much as the rest of a poll."""
    columns = [
        *_columns(Job),
        *(f"renditions__{name}" for name in _columns(Rendition)),
        *(f"owner__{name}" for name in OF_OWNER),
        *(f"owner__api_keys__{name}" for name in OF_KEY),
    ]
    found = Job.objects.filter(owner__api_keys__prefix=_SOME_PREFIX, pk=_SOME_ID)
    statement, values = found.order_by("renditions__pk").values_list(*columns).query.sql_with_params()
    assert values == (_SOME_PREFIX, Job._meta.pk.get_db_prep_value(_SOME_ID, connection)), "in this order"
    return statement


def _columns(model: type[Model]) -> list[str]:
    return [column.attname for column in model._meta.concrete_fields if column.attname not in OF_WORKERS]


def _again(request: HttpRequest, kept: Kept) -> HttpResponseBase | None:
    """None where the view has to say it: the key has ended, or asks too often, or the body is not known."""
    if not kept.key.is_usable:
        return None
    response = HttpResponse(kept.body or b"", headers=kept.headers)
    answer: HttpResponseBase = conditional.answer(request, response)
    if kept.body is None and answer.status_code != 304:
        return None
    try:
        throttles.count_request(request, kept.key.user)
    except TooManyRequests:
        return None
    for name, value in rate_headers(request).items():
        answer.headers[name] = value
    keys.note_use_again(kept.key)
    sharing.note(kept.key, client_address(request))
    return answer
