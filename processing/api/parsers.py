"""Bodies that are read with care: bounded, and JSON without NaN, without doubled keys, without half characters."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from django.conf import settings
from django.http import QueryDict
from rest_framework.parsers import BaseParser

from processing.errors import Refused

MOST_PARTS = 20_000  # commas and brackets in a body: what is larger is one long string, a photo
_HALF_CHARACTER = re.compile(rb"\\u[dD][89a-fA-F]")


class StrictJSONParser(BaseParser):
    media_type = "application/json"
    most_parts = MOST_PARTS

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """A JSON object. Refused: request_too_large, invalid_json."""
        return read_object(_read(stream, settings.API_BODY_BYTES, parser_context), self.most_parts)


class BoundedFormParser(BaseParser):
    """A form in one piece: photos come in it as Base64, each `+` and `/` of which takes three bytes."""

    media_type = "application/x-www-form-urlencoded"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> QueryDict:
        return QueryDict(_read(stream, settings.API_BODY_BYTES * 11 // 10, parser_context), encoding="utf-8")


def _read(stream: IO[Any], most: int, context: Mapping[str, Any] | None) -> bytes:
    """The body; Refused("request_too_large") before any of it is read, where the request says how long it is."""
    said = context["request"].META.get("CONTENT_LENGTH") if context and "request" in context else ""
    if str(said or "").isdecimal() and int(said) > most:
        raise Refused("request_too_large")
    body: bytes = stream.read(most + 1)
    if len(body) > most:
        raise Refused("request_too_large")
    return body


def read_object(body: bytes | str, most_parts: int = MOST_PARTS) -> dict[str, Any]:
    """Refused("invalid_json") for anything but one well-formed object of bounded depth and size."""
    raw = body.encode() if isinstance(body, str) else body
    if sum(raw.count(sign) for sign in (b",", b"[", b"{")) > most_parts:
        raise Refused("invalid_json", reason="it has too many parts")
    try:
        value = json.loads(raw.decode(), parse_constant=_no_number, object_pairs_hook=_once_each)
        if _HALF_CHARACTER.search(raw):
            json.dumps(value, ensure_ascii=False).encode()
    except Refused:
        raise
    except RecursionError:
        raise Refused("invalid_json", reason="it is nested too deeply") from None
    except ValueError:  # not UTF-8, not JSON, a number of thousands of digits, half a character
        raise Refused("invalid_json", reason="it is not well-formed") from None
    if not isinstance(value, dict):
        raise Refused("invalid_json", reason="it is not an object")
    return value


def _no_number(name: str) -> NoReturn:
    raise Refused("invalid_json", reason=f"{name} is no number of JSON")


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Refused("invalid_json", reason="a key stands in it twice")
    return found
