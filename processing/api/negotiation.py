"""JSON, or the picture itself: what the header Accept prefers of what a view offers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request

from processing.errors import Refused

# What a client may ask for, and the format of a recipe that it means.
FORMATS = {
    "image/png": "png",
    "image/webp": "webp",
    "image/jpeg": "jpg",
    "image/avif": "avif",
    "image/tiff": "tiff",
}


class PictureRenderer(BaseRenderer):
    """Stands for the picture in a view's list of answers; the view itself gives the bytes. What is rendered by it is
    the answer of who asked for a picture that is not there yet: that is JSON, and says so."""

    media_type = "image/*"
    format = "picture"
    charset = None

    def render(self, data: Any, *args: Any, **kwargs: Any) -> bytes:
        return bytes(JSONRenderer().render(data))


class Negotiation(BaseContentNegotiation):
    """The client's order decides, by its weights; an answer that nothing fits is NotAcceptable."""

    def select_parser(self, request: Request, parsers: Iterable[Any]) -> Any:
        found = (parser for parser in parsers if request.content_type.partition(";")[0] == parser.media_type)
        return next(found, None)

    def select_renderer(
        self, request: HttpRequest, renderers: Iterable[Any], format_suffix: str | None = None
    ) -> tuple[Any, str]:
        offered = list(renderers)
        for wanted in accepted(request.META.get("HTTP_ACCEPT", "*/*")):
            for renderer in offered:
                if _fits(wanted, renderer.media_type):
                    return renderer, wanted if renderer.media_type == "image/*" else renderer.media_type
        raise NotAcceptable


def accepted(header: str) -> list[str]:
    """The media types of an Accept header, best first; weight 0 is left out."""
    weighed = []
    for part in header.split(",")[:50]:
        name, _, rest = part.strip().lower().partition(";")
        weight = _weight(rest)
        if name and weight > 0:
            weighed.append((weight, name.strip()))
    return [name for _, name in sorted(weighed, key=lambda pair: -pair[0])] if header.strip() else ["*/*"]


def wants_picture(request: Request) -> bool:
    return isinstance(request.accepted_renderer, PictureRenderer)


def asked_format(request: Request) -> str:
    """The recipe's format that Accept names; "" when any will do. Refused: not_acceptable."""
    media_type = str(request.accepted_media_type)
    if not wants_picture(request) or media_type in {"image/*", "*/*"}:
        return ""
    if media_type not in FORMATS:
        raise Refused("not_acceptable")
    return FORMATS[media_type]


def _fits(wanted: str, offered: str) -> bool:
    if wanted == "*/*" or wanted == offered:
        return True
    if offered == "image/*":
        return wanted in FORMATS
    return wanted == offered.partition("/")[0] + "/*"


def _weight(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
