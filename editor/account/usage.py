"""What was used, by day and by key: a chart, its table, the table as CSV, and the ledger as CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import allowance
from accounts.models import CREDIT, ApiKey, User
from editor.account import chart
from editor.account.chart import Series
from editor.account.responses import person
from processing.models import KeyDay

SPANS = {30: "30 days", 90: "90 days", 365: "1 year"}
SHOWN = 5  # keys with a colour of their own; the others share one
PAGES = "On the pages"
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run


@dataclass(frozen=True, slots=True)
class Line:
    """What one key, or the pages, did on one day. `credits` in credits."""

    day: date
    key: int
    name: str
    done: int
    failed: int
    credits: float


@never_cache
@login_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    user, days = person(request), _span(request)
    if allowance.give(user):
        user.refresh_from_db(fields=["balance"])
    dates = _days(days)
    lines = list(_lines(user, dates[0]))
    shown = chart.stacked(_grouped(dates), _series(lines, dates), "photos")
    context: dict[str, Any] = {
        "chart": shown,
        "spans": list(SPANS.items()),
        "days": days,
        "by_key": _by_key(lines),
        "lines": list(reversed(lines))[:200],
        "total": sum(line.done for line in lines),
        "failed": sum(line.failed for line in lines),
        "spent": sum(line.credits for line in lines),
        "weekly": days > 90,
    }
    return render(request, "accounts/usage.html", context)


@never_cache
@login_required
@require_safe
def table(request: HttpRequest) -> StreamingHttpResponse:
    lines = _lines(person(request), _days(_span(request))[0])
    head = ["day", "key", "name", "done", "failed", "credits"]
    rows = ([line.day, line.key or "", line.name, line.done, line.failed, line.credits] for line in lines)
    return csv_of("usage", head, rows)


@never_cache
@login_required
@require_safe
def ledger(request: HttpRequest) -> StreamingHttpResponse:
    entries = person(request).credit_entries.order_by("-id")
    head = ["id", "created", "kind", "credits", "reason"]
    rows = (
        [entry.pk, entry.created.isoformat(), entry.kind, entry.amount / CREDIT, entry.reason]
        for entry in entries.iterator()
    )
    return csv_of("ledger", head, rows)


def csv_of(name: str, head: list[str], rows: Iterator[list[Any]]) -> StreamingHttpResponse:
    response = StreamingHttpResponse(_csv(head, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _csv(head: list[str], rows: Iterator[list[Any]]) -> Iterator[str]:
    class Echo:
        def write(self, text: str) -> str:
            return text

    writer = csv.writer(Echo())
    yield str(writer.writerow(head))
    for row in rows:
        yield str(writer.writerow([_cell(value) for value in row]))


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _span(request: HttpRequest) -> int:
    text = request.GET.get("days", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 and int(text) in SPANS else 30


def _days(count: int) -> list[date]:
    """The last so many days (UTC), the oldest first."""
    today = timezone.now().astimezone(UTC).date()
    return [today - timedelta(days=back) for back in range(count - 1, -1, -1)]


def _lines(user: User, since: date) -> Iterator[Line]:
    names = dict(ApiKey.objects.filter(user=user).values_list("pk", "name"))
    for row in KeyDay.objects.filter(user=user, day__gte=since).order_by("day", "key"):
        name = names.get(row.key) or f"Key {row.key}" if row.key else PAGES
        yield Line(row.day, row.key, name, row.done, row.failed, row.credits / CREDIT)


def _by_key(lines: list[Line]) -> list[dict[str, Any]]:
    """Sums of each key, the busiest first."""
    sums: dict[int, dict[str, Any]] = {}
    for line in lines:
        row = sums.setdefault(line.key, {"name": line.name, "done": 0, "failed": 0, "credits": 0.0})
        row["done"] += line.done
        row["failed"] += line.failed
        row["credits"] += line.credits
    return sorted(sums.values(), key=lambda row: -row["done"])


def _grouped(dates: list[date]) -> list[date]:
    """A year of days would be hairlines: it is shown by weeks, each by its first day."""
    return dates[::7] if len(dates) > 90 else dates


def _series(lines: list[Line], dates: list[date]) -> list[Series]:
    """One for each of the busiest keys, and one for all others."""
    names = [row["name"] for row in _by_key(lines)]
    own = names if len(names) <= SHOWN + 1 else names[:SHOWN]
    groups = _grouped(dates)
    step = 7 if len(groups) < len(dates) else 1
    values: dict[str, list[float]] = {name: [0] * len(groups) for name in own}
    for line in lines:
        name = line.name if line.name in values else "Others"
        values.setdefault(name, [0] * len(groups))[(line.day - dates[0]).days // step] += line.done
    return [Series(name, row) for name, row in values.items()]
