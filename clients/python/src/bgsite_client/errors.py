"""What can go wrong, each with the server's stable `code`."""

from __future__ import annotations

import email.utils
import json
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from .shapes import Job


class BgsiteError(Exception):
    """Everything that this package raises."""


class ConnectionFailed(BgsiteError):
    """The server was not reached, or went away in the middle, as often as it was tried."""


class TimedOut(BgsiteError):
    """Not finished in the time that was given. The job or batch goes on: ask for it again by its id."""

    def __init__(self, what: str, id: str, seconds: float) -> None:
        super().__init__(f"{what} {id} is not finished after {seconds:g} seconds.")
        self.id = id


class JobFailed(BgsiteError):
    """The photo could not be cut out, or the job was cancelled. Nothing was charged."""

    def __init__(self, job: Job) -> None:
        super().__init__(job.error.detail if job.error else f"Job {job.id} is {job.status}.")
        self.job = job
        self.code = job.error.code if job.error else job.status


class ApiError(BgsiteError):
    """An answer that is a refusal (RFC 9457). `code` is stable; `facts` are the numbers of the sentence;
    `retryable` says whether trying the same again can help; `retry_after` is in seconds, if it was said. By
    `request_id` the operator finds the request in the server's log."""

    def __init__(self, status: int, problem: Mapping[str, Any], retry_after: float | None = None) -> None:
        self.status = status
        self.code = str(problem.get("code") or f"http_{status}")
        self.title = str(problem.get("title") or "")
        self.detail = str(problem.get("detail") or "")
        self.facts: dict[str, Any] = dict(problem.get("facts") or {})
        self.retryable = bool(problem.get("retryable", status in {429, 502, 503, 504}))
        self.retry_after = retry_after
        self.request_id = str(problem.get("request_id") or "")
        super().__init__(f"{self.detail or self.title or 'The server refused'} [{status} {self.code}]")


class InvalidRequest(ApiError):
    """400 and the like: what was asked for is not understood."""


class UnusableImage(ApiError):
    """413, 415, 422: the picture is too large, of no known type, damaged, or shows no subject."""


class AuthenticationFailed(ApiError):
    """401: no key, or one that is unknown, revoked or expired."""


class InsufficientCredits(ApiError):
    """402: `facts` has what is needed and what is there."""


class Forbidden(ApiError):
    """403: the key lacks a scope."""


class NotFound(ApiError):
    """404 and 410: not there, no longer, or somebody else's."""


class Conflict(ApiError):
    """409: it does not fit what is there."""


class RateLimited(ApiError):
    """429: `retry_after` says when to come again."""


class ServerFailed(ApiError):
    """5xx: not the caller's fault."""


KINDS: dict[int, type[ApiError]] = {
    401: AuthenticationFailed,
    402: InsufficientCredits,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: NotFound,
    413: UnusableImage,
    415: UnusableImage,
    422: UnusableImage,
    429: RateLimited,
}
# Statuses of unusable pictures that these codes have too, though they are about the request.
ABOUT_THE_REQUEST = {
    "idempotency_key_reused",
    "request_too_large",
    "unsupported_media_type",
    "batch_too_large",
}


def error_of(response: httpx.Response) -> ApiError:
    """The exception for a refusal whose body was read."""
    problem = _problem(response)
    kind = KINDS.get(response.status_code, ServerFailed if response.status_code >= 500 else InvalidRequest)
    if kind is UnusableImage and problem.get("code") in ABOUT_THE_REQUEST:
        kind = InvalidRequest
    return kind(response.status_code, problem, retry_after(response))


def retry_after(response: httpx.Response) -> float | None:
    """Seconds that the header Retry-After asks for; it may be a number or a date."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except ValueError:
        return None


def _problem(response: httpx.Response) -> dict[str, Any]:
    """A proxy's page instead of a problem is one without a code."""
    try:
        found = json.loads(response.content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
