"""The account: plan, credits, what was used, the ledger, and its keys."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import allowance, keys
from accounts.models import CREDIT, ApiKey, CreditEntry
from processing.api import paging, serializers
from processing.api.base import ApiView, user_of
from processing.api.idempotency import once
from processing.api.reading import invalid, read_fields
from processing.api.schema import IDEMPOTENCY
from processing.models import Job

Status = Job.Status
DAYS = 366  # as far back goes the usage


class Account(ApiView):
    @extend_schema(operation_id="account_read", responses=serializers.AccountSerializer)
    def get(self, request: Request) -> Response:
        """Who the key belongs to: plan and credits."""
        user = user_of(request)
        if allowance.give(user):
            user.refresh_from_db(fields=["balance"])
        return Response(serializers.AccountSerializer(user).data)


class Usage(ApiView):
    query = ("days",)

    @extend_schema(
        operation_id="usage_read",
        parameters=[OpenApiParameter("days", {"type": "integer", "minimum": 1, "maximum": DAYS})],
        responses=serializers.DaySerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Photos and credits by day (UTC), of jobs that are still kept."""
        text = request.query_params.get("days", "30")
        if not (text.isascii() and text.isdigit() and len(text) < 4 and 1 <= int(text) <= DAYS):
            raise invalid("days", text, f"a whole number from 1 to {DAYS}")
        return Response(serializers.DaySerializer(_by_day(request, int(text)), many=True).data)


class Ledger(ApiView):
    query = paging.QUERY

    @extend_schema(
        operation_id="ledger_list",
        parameters=list(paging.PARAMETERS),
        responses=paging.page_of(serializers.EntrySerializer),
    )
    def get(self, request: Request) -> Response:
        """Every change of the balance, the newest first."""
        return paging.answer(paging.LedgerCursor(), _entries(request), request, serializers.EntrySerializer)


class LedgerCsv(ApiView):
    renderer_classes = (serializers.CsvRenderer,)

    @extend_schema(operation_id="ledger_csv", responses={(200, "text/csv"): str})
    def get(self, request: Request) -> StreamingHttpResponse:
        """The ledger as a table."""
        response = StreamingHttpResponse(_lines(_entries(request)), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="ledger.csv"'
        return response


class Keys(ApiView):
    scope = "admin"
    shown_once = ("key",)

    @extend_schema(operation_id="keys_list", responses=serializers.KeySerializer(many=True))
    def get(self, request: Request) -> Response:
        """Own keys, without their secrets."""
        return Response(serializers.KeySerializer(_keys(request), many=True).data)

    @extend_schema(
        operation_id="keys_create",
        request=serializers.KeyAsked,
        parameters=[IDEMPOTENCY],
        responses={201: serializers.NewKeySerializer},
    )
    @once
    def post(self, request: Request) -> Response:
        """Make a key. It is shown in this answer and never again: a repetition with the same Idempotency-Key finds
        what was made, with null for the key itself."""
        found = asked(serializers.KeyAsked, request)
        row, text = keys.issue(
            user_of(request),
            found.get("name", ""),
            found.get("scopes") or keys.USUAL_SCOPES,
            timezone.now() + timedelta(days=found["days"]) if "days" in found else None,
            found.get("test", False),
            found.get("per_minute"),
        )
        return Response(_with_secret(row, text), status=201)


class OneKey(ApiView):
    scope = "admin"

    @extend_schema(operation_id="keys_revoke", responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Revoke a key, now and for good."""
        keys.revoke(get_object_or_404(_keys(request), pk=pk))
        return Response(status=204)


class RotateKey(ApiView):
    scope = "admin"
    shown_once = ("key",)

    @extend_schema(
        operation_id="keys_rotate",
        request=serializers.RotateAsked,
        parameters=[IDEMPOTENCY],
        responses={201: serializers.NewKeySerializer},
    )
    @once
    def post(self, request: Request, pk: int) -> Response:
        """A new key with the same rights; the old one works for `overlap_hours` more."""
        found = asked(serializers.RotateAsked, request)
        old = get_object_or_404(_keys(request), pk=pk)
        return Response(
            _with_secret(*keys.rotate(old, timedelta(hours=found.get("overlap_hours", 0)))), status=201
        )


def asked(kind: Any, request: Request) -> dict[str, Any]:
    """The body's fields, checked by the serializer; the first that is wrong is named."""
    names = kind().fields
    fields = read_fields(request, names)
    checked = kind(data=fields.values)
    if not checked.is_valid():
        name, reasons = next(iter(checked.errors.items()))
        raise invalid(str(name), fields.values.get(name), str(_first(reasons)).rstrip("."))
    return dict(checked.validated_data)


def _first(reasons: object) -> object:
    while isinstance(reasons, list | dict):
        reasons = next(iter(reasons.values() if isinstance(reasons, dict) else reasons), "something else")
    return reasons


def _keys(request: Request) -> QuerySet[ApiKey]:
    return ApiKey.objects.filter(user=user_of(request)).select_related("user")


def _with_secret(row: ApiKey, text: str) -> dict[str, Any]:
    return {**serializers.KeySerializer(row).data, "key": text}


def _entries(request: Request) -> QuerySet[CreditEntry]:
    return CreditEntry.objects.filter(user=user_of(request))


def _lines(entries: QuerySet[CreditEntry]) -> Iterator[str]:
    class Echo:
        def write(self, text: str) -> str:
            return text

    writer = csv.writer(Echo())
    yield str(writer.writerow(["id", "created", "kind", "credits", "reason"]))
    for entry in entries.iterator():
        row = [entry.pk, entry.created.isoformat(), entry.kind, entry.amount / CREDIT, entry.reason]
        yield str(writer.writerow(row))


def _by_day(request: Request, days: int) -> list[dict[str, Any]]:
    since = timezone.now() - timedelta(days=days)
    found = (
        Job.objects.for_owner(request.user)
        .filter(created__gte=since)
        .order_by()
        .annotate(day=TruncDate("created"))
        .values("day")
        .annotate(
            photos=Count("pk"),
            succeeded=Count("pk", filter=Q(status=Status.SUCCEEDED)),
            failed=Count("pk", filter=Q(status=Status.FAILED)),
            spent=Sum("cost", filter=Q(status=Status.SUCCEEDED), default=0),
        )
        .order_by("day")
    )
    return [{**day, "credits": day["spent"] / CREDIT} for day in found]
