"""The operators' first page: the figures of processing.figures as cards, charts and tables, and each as CSV."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from accounts import sharing
from accounts.models import User
from accounts.reasons import tame
from bgsite.dashboard.cards import cards
from bgsite.dashboard.charts import charts
from bgsite.dashboard.switch_pages import may_switch
from bgsite.dashboard.tables import TABLES, Table
from processing import figures, switches
from processing.figures import SPANS, Figures, Span


def callback(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What Unfold shows above the list of models."""
    if not may_see(request):
        return context
    span = span_of(request)
    found = figures.of(span)
    return context | {
        "span": span,
        "spans": SPANS.values(),
        "found": found,
        "cards": cards(found),
        "charts": charts(found),
        "tables": {name: table.shown(found) for name, table in TABLES.items() if table.on_page},
        "intake": switches.state(),
        "keys_shared": sharing.shared().count(),
        "may_switch": may_switch(request),
        "exports": exports(span),
        "last_day": span.end and span.end - timedelta(days=1),
        "bad_dates": "from" in request.GET and not span.end,
    }


def may_see(request: HttpRequest) -> bool:
    user = request.user
    return isinstance(user, User) and user.is_staff and user.has_perm("processing.view_tally")


def span_of(request: HttpRequest) -> Span:
    """The days that were asked for, else the stretch up to now of that name, else the last 24 hours."""
    first, last = (_date(request.GET.get(name, "")) for name in ("from", "to"))
    chosen = figures.between(first, last) if first and last else None
    return chosen or SPANS.get(request.GET.get("span", ""), SPANS["24h"])


def _date(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:  # well formed, and no day
        return None


# --- Export ----------------------------------------------------------------------------------------------


def exports(span: Span) -> list[tuple[str, str]]:
    """(title, address) of each table as a file."""
    first, _, last = span.name.partition("..")
    which = {"from": first, "to": last} if last else {"span": span.name}
    address = reverse("operators_figures")
    return [
        (table.title, f"{address}?{urlencode({**which, 'table': name})}") for name, table in TABLES.items()
    ]


@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """A table of the chosen stretch of time, the steps unless another one is named."""
    if not may_see(request):
        raise PermissionDenied
    name = request.GET.get("table", "steps")
    if name not in TABLES:
        raise Http404
    found = figures.of(span_of(request))
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}-{found.span.name}.csv"'
    write(answer, TABLES[name], found)
    return answer


def write(file: HttpResponse, table: Table, found: Figures) -> None:
    writer = csv.writer(file)
    writer.writerow(table.columns)
    for row in table.rows(found):
        writer.writerow([tame(cell) if isinstance(cell, str) else cell for cell in row])
