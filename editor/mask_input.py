"""The JSON that the mask editor sends, read with care: bounded, strict, and refused with a code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest

from processing import picking
from processing.api.parsers import read_object
from processing.errors import Refused, refusing
from processing.models import Job
from processing.pipeline.prompts import Prompt
from processing.pipeline.strokes import MAX_POINTS, MAX_STROKES, Brush, Stroke, StrokeError, parse

BODY_BYTES = 2_000_000
PARTS = 4 * MAX_POINTS + 10 * MAX_STROKES  # commas and brackets of the largest edit there may be
MOST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Edit:
    """Strokes on revision `base`, by an editor that knows `head` as the current one."""

    base: int
    head: int
    draft_version: int
    strokes: tuple[Stroke, ...]

    @classmethod
    def parse(cls, body: dict[str, Any], job: Job) -> Edit:
        """Refused: unknown_parameter, invalid_parameter, and what strokes are refused for."""
        known = ("base_revision", "head", "draft_version", "strokes")
        unknown = sorted(set(body) - set(known))
        if unknown:
            raise Refused("unknown_parameter", names=", ".join(unknown)[:80], expected=", ".join(known))
        base = number(body, "base_revision")
        head = number(body, "head") if "head" in body else base
        version = number(body, "draft_version") if "draft_version" in body else 0
        return cls(base, head, version, strokes(body.get("strokes"), job))


def read(request: HttpRequest) -> dict[str, Any]:
    """The body's object. Refused: unsupported_media_type, request_too_large, invalid_json."""
    if request.content_type != "application/json":
        raise Refused("unsupported_media_type", media_type=(request.content_type or "none")[:80])
    try:
        length = int(request.headers.get("Content-Length") or 0)
        body = request.body if length <= BODY_BYTES else None
    except (RequestDataTooBig, ValueError):
        body = None
    if body is None or len(body) > BODY_BYTES:
        raise Refused("request_too_large")
    return read_object(body, PARTS)


def number(body: dict[str, Any], field: str) -> int:
    value = body.get(field)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST:
        raise Refused(
            "invalid_parameter", field=field, value=str(type(value).__name__), expected="a whole number"
        )
    return value


def strokes(value: Any, job: Job) -> tuple[Stroke, ...]:
    with refusing(StrokeError):
        return parse(value, (job.source.width, job.source.height))


def brush(body: dict[str, Any], job: Job) -> Brush:
    """The one smart stroke of a question."""
    found = strokes([body.get("stroke")], job)[0]
    if not isinstance(found, Brush) or not found.smart:
        raise Refused("invalid_stroke", number=1, field="smart", expected="true")
    return found


def prompts(body: dict[str, Any], job: Job) -> tuple[Prompt, ...]:
    """What was pointed at. Refused: invalid_prompt."""
    with refusing(StrokeError):
        return picking.parse(body, (job.source.width, job.source.height))
