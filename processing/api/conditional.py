"""Conditional GET: an answer that the client has already is 304 without a body (RFC 9110, If-None-Match)."""

from __future__ import annotations

import hashlib
from typing import Any

from django.http import HttpRequest, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils.http import parse_etags
from rest_framework.response import Response

KEPT = ("ETag", "Vary", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")


def answer(request: HttpRequest, response: HttpResponseBase) -> Any:
    """The response with an ETag, or 304. Files bring their own; that of JSON is the SHA-256 of its text."""
    if request.method not in {"GET", "HEAD"} or response.status_code != 200:
        return response
    if isinstance(response, Response) and not response.has_header("ETag"):
        response.render()
        response["ETag"] = f'W/"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    if not response.has_header("ETag") or not _is_known(request, response["ETag"]):
        return response
    not_modified = HttpResponseNotModified()
    for name in KEPT:
        if response.has_header(name):
            not_modified[name] = response[name]
    response.close()
    return not_modified


def _is_known(request: HttpRequest, etag: str) -> bool:
    known = parse_etags(request.headers.get("If-None-Match", ""))
    return known == ["*"] or etag.removeprefix("W/") in {one.removeprefix("W/") for one in known}
