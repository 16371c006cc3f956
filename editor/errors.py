"""The pages for requests that end badly, in our own words; JSON for programs."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from accounts import guests
from editor.responses import wants_json


@dataclass(frozen=True, slots=True)
class Words:
    status: int
    code: str
    title: str
    detail: str


BAD_REQUEST = Words(
    400,
    "bad_request",
    "Not understood",
    "The request could not be read. Go back, reload the page and try again.",
)
FORBIDDEN = Words(
    403, "forbidden", "Not allowed", "This account may not do that. Ask the operator if you think it should."
)
STALE_FORM = Words(
    403,
    "stale_form",
    "This page is out of date",
    "The page was open for too long or cookies are off, so nothing was sent. Go back, reload and try again.",
)
NOT_FOUND = Words(
    404, "not_found", "Not here", "There is nothing at this address, or it belongs to somebody else."
)
SIGNED_OUT = Words(
    404, "signed_out", "You are signed out",
    "Your time here was over, or you signed out in another window. What was saved is kept: sign in and go on.",
)  # fmt: skip
TOO_OFTEN = Words(
    429,
    "too_often",
    "Too many tries",
    "This was tried too often from your address or for this account. Wait some minutes, then try again.",
)
TOO_LARGE = Words(
    413,
    "request_too_large",
    "Too much at once",
    "More was sent than is taken at once. Send fewer or smaller files.",
)
TOO_MUCH = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)
FAILED = Words(
    500, "internal_error", "Something failed here",
    "Something failed on our side. Your photos are kept. Try again in a while; the operator can see what happened.",
)  # fmt: skip

AWAY = Words(
    503,
    "database_unavailable",
    "Not available now",
    "The database does not answer at the moment. Your photos are kept. Reload the page in a few seconds.",
)


def answer(request: HttpRequest, words: Words) -> HttpResponse:
    if wants_json(request):
        body = {"code": words.code, "title": words.title, "detail": words.detail}
        return JsonResponse(body, status=words.status)
    if request.headers.get("HX-Request"):  # a part of a page: it says why in its place, and stops asking
        back = urlsplit(request.headers.get("HX-Current-URL", "")).path
        return render(request, "editor/_gone.html", {"words": words, "back": back}, status=words.status)
    return render(request, "errors/page.html", {"words": words}, status=words.status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, TOO_LARGE if isinstance(exception, TOO_MUCH) else BAD_REQUEST)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, FORBIDDEN)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, SIGNED_OUT if _lost_its_session(request) else NOT_FOUND)


def too_often(request: HttpRequest) -> HttpResponse:
    """Asked for by allauth, whose limits of sign-in and letters answer with it."""
    return answer(request, TOO_OFTEN)


def _lost_its_session(request: HttpRequest) -> bool:
    """A page that is open asks for what was its reader's, and nobody is signed in any more. Tells nothing about
    what there is: whatever it asks for, the answer is the same."""
    from_a_page = request.headers.get("HX-Request") or request.headers.get("Sec-Fetch-Mode") in {
        "cors",
        "same-origin",
    }
    user = getattr(request, "user", None)
    return bool(from_a_page and user is not None and not guests.owner(request).is_authenticated)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return answer(request, STALE_FORM)


def failed(request: HttpRequest) -> HttpResponse:
    """Needs no database and no context: whatever failed may be one of these. A database that is away is no fault of
    the request, which may come again."""
    words = AWAY if isinstance(sys.exc_info()[1], OperationalError | InterfaceError) else FAILED
    if wants_json(request):
        body = {"code": words.code, "title": words.title, "detail": words.detail}
        response: HttpResponse = JsonResponse(body, status=words.status)
    else:
        again = request.method in {"GET", "HEAD"}
        page = render_to_string("errors/failed.html", {"words": words, "again": again})
        response = HttpResponse(page, status=words.status)
    if words is AWAY:
        response["Retry-After"] = "5"
    return response
