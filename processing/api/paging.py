"""Lists by cursor: a page is as quick at the end as at the beginning, and nothing is shown twice."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

from processing.api.reading import invalid
from processing.errors import Refused

QUERY = ("cursor", "limit")
MOST = 100
PARAMETERS = (
    OpenApiParameter("cursor", str, description="Out of `next` or `previous` of a page before."),
    OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": MOST}),
)


class Cursor(CursorPagination):
    """The newest first, `limit` of them."""

    page_size = 20
    page_size_query_param = "limit"
    max_page_size = MOST
    ordering = "-created"

    def get_page_size(self, request: Request) -> int:
        text = request.query_params.get("limit", str(self.page_size))
        if not (text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= MOST):
            raise invalid("limit", text, f"a whole number from 1 to {MOST}")
        return int(text)

    def decode_cursor(self, request: Request) -> Any:
        try:
            return super().decode_cursor(request)
        except (NotFound, ValueError, OverflowError):
            raise Refused("invalid_cursor") from None

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> Any:
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValidationError, ValueError, TypeError, OverflowError):  # a position that is no time, say
            raise Refused("invalid_cursor") from None


class LedgerCursor(Cursor):
    ordering = "-id"


class PositionCursor(Cursor):
    ordering = "position"


def answer(
    paginator: Cursor, rows: Any, request: Request, serializer: type[serializers.Serializer]
) -> Response:
    """One page: {"next", "previous", "results"}."""
    page = paginator.paginate_queryset(rows, request)
    return paginator.get_paginated_response(serializer(page, many=True, context={"request": request}).data)


def page_of(serializer: type[serializers.Serializer]) -> Any:
    """The page's schema."""
    return inline_serializer(
        f"PageOf{serializer.__name__.removesuffix('Serializer')}s",
        {
            "next": serializers.URLField(allow_null=True),
            "previous": serializers.URLField(allow_null=True),
            "results": serializer(many=True),
        },
    )
