"""Every error of the API in one shape: RFC 9457 problem+json with a code of processing.messages."""

from __future__ import annotations

import json
import logging
from math import ceil
from typing import Any

from django.conf import settings
from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpResponse
from rest_framework import exceptions
from rest_framework.views import set_rollback

from accounts.authentication import TwoCredentials, scope_for
from processing import log_context, messages
from processing.errors import Refused

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = {"limits_unavailable": 5, "database_unavailable": 5, "idempotency_in_progress": 2}

# What others raise, most special first, and the code that says it.
CODES: tuple[tuple[type[Exception], str], ...] = (
    (exceptions.NotAuthenticated, "missing_key"),
    (exceptions.AuthenticationFailed, "invalid_key"),
    (TwoCredentials, "two_credentials"),
    (exceptions.MethodNotAllowed, "method_not_allowed"),
    (exceptions.NotAcceptable, "not_acceptable"),
    (exceptions.UnsupportedMediaType, "unsupported_media_type"),
    (exceptions.ParseError, "malformed_request"),
    (exceptions.NotFound, "not_found"),
    (Http404, "not_found"),
    (exceptions.PermissionDenied, "forbidden"),
    (PermissionDenied, "forbidden"),
    (RequestDataTooBig, "request_too_large"),
    (TooManyFilesSent, "multiple_sources"),
    (TooManyFieldsSent, "malformed_request"),
    (SuspiciousOperation, "malformed_request"),
    (OperationalError, "database_unavailable"),
    (InterfaceError, "database_unavailable"),
)


def handle(error: Exception, context: dict[str, Any]) -> HttpResponse:
    """DRF's exception handler: the only place where an error becomes an answer."""
    refusal = refusal_for(error, context)
    if refusal.code in {"internal_error", "database_unavailable"}:
        log.error("%s %s", context["request"].method, context["request"].path, exc_info=error)
    set_rollback()
    return problem(refusal, headers_for(refusal, error))


def refusal_for(error: Exception, context: dict[str, Any]) -> Refused:
    if isinstance(error, Refused):
        return error
    own, facts = getattr(error, "code", None), getattr(error, "facts", None)
    if isinstance(own, str) and isinstance(facts, dict):
        return Refused(own, **facts)
    code = next((code for kind, code in CODES if isinstance(error, kind)), "internal_error")
    return Refused(*_special(code, error, context), **_facts(error, context))


def problem(refusal: Refused, headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(
        json.dumps(as_dict(refusal), default=str, ensure_ascii=False),
        content_type=MEDIA_TYPE,
        status=refusal.status,
        headers=headers,
    )


def as_dict(refusal: Refused) -> dict[str, Any]:
    """The problem's members; `facts` are the numbers of the sentence, for programs; `request_id` is what the header
    X-Request-ID says, by which an operator finds it in the log."""
    return {
        "type": f"{settings.SITE_URL}/api/v1/errors#{refusal.code}",
        "title": refusal.title,
        "status": refusal.status,
        "detail": str(refusal),
        "code": refusal.code,
        "retryable": messages.message(refusal.code).retryable,
        "facts": {name: value for name, value in refusal.facts.items() if name != "cause"},
        "request_id": log_context.here().get("request", ""),
    }


def headers_for(refusal: Refused, error: Exception) -> dict[str, str]:
    headers = {}
    if refusal.status == 401:
        headers["WWW-Authenticate"] = str(getattr(error, "auth_header", None) or "Bearer")
    seconds = refusal.facts.get("seconds") or RETRY_SECONDS.get(refusal.code)
    if refusal.status in {409, 429, 503} and seconds:
        headers["Retry-After"] = str(ceil(seconds))
    return headers


def _special(code: str, error: Exception, context: dict[str, Any]) -> tuple[str]:
    """A key that may not do this: its scope is what is missing, or else it is not said why."""
    lacks_scope = code == "forbidden" and context["request"].auth is not None
    return ("insufficient_scope" if lacks_scope else code,)


def _facts(error: Exception, context: dict[str, Any]) -> dict[str, Any]:
    request = context["request"]
    if isinstance(error, exceptions.UnsupportedMediaType):
        return {"media_type": request.content_type[:80]}
    if isinstance(error, exceptions.MethodNotAllowed):
        return {"method": request.method}
    if isinstance(error, exceptions.PermissionDenied):
        return {"scope": scope_for(request, context["view"])}
    return {}
