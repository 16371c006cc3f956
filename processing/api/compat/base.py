"""What the drop-ins have in common.

A key is the way in, every origin may ask, what is unknown is let pass as the originals do, and an empty field is
none. How a refusal is told is each format's own (`refused`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import ceil
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from rest_framework.authentication import BaseAuthentication
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.views import APIView, set_rollback

from accounts.authentication import KeyAuthentication
from accounts.throttles import tightest
from processing.api import errors
from processing.api.parsers import BoundedFormParser, StrictJSONParser
from processing.api.reading import Fields, check_transfer
from processing.errors import Refused
from processing.uploads import refusals

log = logging.getLogger(__name__)

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "*",
}
PREFLIGHT = {
    **CORS,
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Accept, Authorization, Content-Type, X-Api-Key, api_token",
    "Access-Control-Max-Age": "86400",
}


class Anything(BaseContentNegotiation):
    """No Accept is refused: what a client gets is decided by the view."""

    def select_parser(self, request: Request, parsers: Iterable[Any]) -> Any:
        sent = request.content_type.partition(";")[0].strip().lower()
        return next((parser for parser in parsers if sent == parser.media_type), None)

    def select_renderer(
        self, request: HttpRequest, renderers: Iterable[Any], format_suffix: str | None = None
    ) -> tuple[Any, str]:
        first = next(iter(renderers))
        return first, first.media_type


class DropIn(APIView):
    """`takes_photos` is what rates count; `schema` is none, as each format is documented elsewhere."""

    authentication_classes: Sequence[type[BaseAuthentication]] = (KeyAuthentication,)
    parser_classes = (MultiPartParser, BoundedFormParser, StrictJSONParser)
    content_negotiation_class = Anything
    http_method_names = ["get", "post", "options"]
    takes_photos: ClassVar[bool] = False
    scope: ClassVar[str] = ""
    schema = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "OPTIONS":
            return HttpResponse(status=204, headers=PREFLIGHT)
        return super().dispatch(request, *args, **kwargs)

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], HttpResponse]:
        return self.tell

    def tell(self, error: Exception, context: dict[str, Any]) -> HttpResponse:
        """An error as this format's answer."""
        refusal = errors.refusal_for(error, context)
        if refusal.code in {"internal_error", "database_unavailable"}:
            log.error("%s %s", context["request"].method, context["request"].path, exc_info=error)
        set_rollback()
        answer = self.refused(refusal)
        for name, value in errors.headers_for(refusal, error).items():
            if name != "WWW-Authenticate" or answer.status_code == 401:
                answer.headers.setdefault(name, value)
        return answer

    def refused(self, refusal: Refused) -> HttpResponse:
        raise NotImplementedError

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer.headers.setdefault("Cache-Control", "private, no-store")
        for name, value in CORS.items():
            answer.headers.setdefault(name, value)
        decision = tightest(request._request)
        if decision and answer.status_code < 400:
            answer.headers["X-RateLimit-Limit"] = str(decision.limit)
            answer.headers["X-RateLimit-Remaining"] = str(decision.remaining)
            answer.headers["X-RateLimit-Reset"] = str(ceil(decision.reset))
        return answer


def read(request: Request) -> Fields:
    """The body's fields as texts, without empty ones; the last of several counts. Refused: what parsers refuse."""
    check_transfer(request)
    data = request.data
    for refusal in refusals(request._request):
        raise refusal
    if not isinstance(data, QueryDict):
        return Fields(_texts(dict(data)))
    files = {name: file for name, file in request.FILES.items() if file.size or file.name}
    return Fields(_texts({name: data[name] for name in data if name not in request.FILES}), files)


def query(request: Request) -> Fields:
    """The same of the address."""
    return Fields(_texts(request.query_params.dict()))


def _texts(values: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: _text(value) for name, value in values.items()}
    return {name: text for name, text in found.items() if text != ""}


def _text(value: Any) -> Any:
    """Numbers and switches of JSON in a form's spelling; lists and objects stay for who can read them."""
    if isinstance(value, list | dict):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value).strip()
