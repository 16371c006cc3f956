"""The operators' first page: the figures of processing.figures as cards, charts and tables, and as CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts.models import CREDIT, User
from accounts.money import money
from bgsite.charts import charts
from bgsite.operators import may_switch
from processing import figures, intake, messages
from processing.figures import SPANS, Ended, Figures, Span

TARGET_COST = 0.05  # US dollars for one photo
TARGET_GOOD = 0.999  # of what ended, not failed through a fault of ours
COLOURS = {
    "done": "#2f9e77",
    "failed": "#d9534f",
    "first": "#4f7fd9",
    "second": "#e0992a",
    "third": "#8a8f98",
}


@dataclass(frozen=True, slots=True)
class Card:
    """One number with its unit. `good`: whether it is what it should be; None where there is no such thing."""

    title: str
    value: str
    detail: str
    good: bool | None = None


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
        "models": {"headers": MODEL_HEADERS, "rows": [model_row(*item) for item in found.by_model.items()]},
        "codes": {"headers": ["Why", "Code", "Photos"], "rows": code_rows(found)},
        "users": {
            "headers": USER_HEADERS,
            "rows": [user_row(*row) for row in figures.top_users(found.steps[0])],
        },
        "storage": {
            "headers": ["User", "Megabytes"],
            "rows": [storage_row(*row) for row in figures.storage()],
        },
        "intake": intake.state(),
        "may_switch": may_switch(request),
        "export_url": f"{reverse('operators_figures')}?span={span.name}",
    }


def may_see(request: HttpRequest) -> bool:
    user = request.user
    return isinstance(user, User) and user.is_staff and user.has_perm("processing.view_tally")


def span_of(request: HttpRequest) -> Span:
    return SPANS.get(request.GET.get("span", ""), SPANS["24h"])


# --- Cards -----------------------------------------------------------------------------------------------


def cards(found: Figures) -> list[Card]:
    queue, total = figures.queue(), found.total
    given = figures.given(found.steps[0])
    income = ", ".join(money(amount, currency) for currency, amount in figures.revenue(found.steps[0]))
    silent = f"{queue.silent} silent" if queue.silent else "all answer" if queue.workers else "none was seen"
    return [
        Card("Waiting", f"{queue.waiting:,}", f"oldest {seconds(queue.oldest)}, {queue.running} running",
             queue.oldest < 60),
        Card("Photos a minute", f"{queue.a_minute:,.1f}", "over the last 5 minutes"),
        Card("Workers", f"{queue.workers}", silent, queue.workers > 0),
        Card("Half within", seconds(total.p50), f"95 % within {seconds(total.p95)}"),
        Card("Above 10 s", percent(total.slow_share), f"{total.slow:,} of {total.done:,} photos; wanted: none",
             not total.slow),
        Card("Without a fault of ours", percent(total.good_share), "wanted: 99.9 %", total.good_share >= TARGET_GOOD),
        Card("Cost of a photo", f"${total.cost:.4f}", f"wanted: at most ${TARGET_COST:.2f}",
             total.cost <= TARGET_COST),
        Card("Credits used", whole(total.used / CREDIT), f"{whole(total.back / CREDIT)} given back for failures"),
        Card("Credits sold", whole(given.sold), f"{whole(given.granted)} granted, {whole(given.taken)} taken back"),
        Card("Income", income or "–", "less refunds"),
    ]  # fmt: skip


def seconds(value: float) -> str:
    if value < 10:
        return f"{value:.1f} s"
    return (
        f"{value:.0f} s"
        if value < 120
        else f"{value / 60:.0f} min"
        if value < 7200
        else f"{value / 3600:.0f} h"
    )


def percent(share: float) -> str:
    """Never rounded up to 100 % while something is missing."""
    return "100 %" if share == 1 else f"{int(share * 10_000) / 100:.2f} %"


def whole(value: float) -> str:
    return f"{value:,.0f}"


# --- Tables ----------------------------------------------------------------------------------------------

MODEL_HEADERS = ["Model", "Done", "Failed", "Half within", "95 % within", "Above 10 s", "1,000 photos cost"]
USER_HEADERS = ["User", "Done", "Failed", "Hours"]


def model_row(name: str, ended: Ended) -> list[str]:
    return [
        name, whole(ended.done), whole(ended.failed), seconds(ended.p50), seconds(ended.p95),
        percent(ended.slow_share), f"${ended.cost * 1000:.2f}",
    ]  # fmt: skip


def code_rows(found: Figures) -> list[list[str]]:
    return [[messages.message(code).title, code, whole(count)] for code, count in found.by_code.items()]


def user_row(user: User, done: int, failed: int, worked: float) -> list[str]:
    return [_name(user), whole(done), whole(failed), f"{worked / 3600:.1f}"]


def storage_row(user: User, size: int) -> list[str]:
    return [_name(user), f"{size / 1e6:,.1f}"]


def _name(user: User) -> str:
    return f"Guest {user.pk}" if user.is_guest else user.email


# --- Export ----------------------------------------------------------------------------------------------

CSV_HEADERS = [
    "begins", "done", "failed", "failed_by_fault", "p50_seconds", "p95_seconds", "above_10_s", "worker_seconds",
    "provider_usd", "usd_per_photo", "credits_used", "credits_given_back",
]  # fmt: skip


@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """The steps of the chosen span, one a row."""
    if not may_see(request):
        raise PermissionDenied
    found = figures.of(span_of(request))
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="figures-{found.span.name}.csv"'
    csv.writer(answer).writerows([CSV_HEADERS, *_lines(found)])
    return answer


def _lines(found: Figures) -> Iterator[list[object]]:
    for begins, each in zip(found.steps, found.by_step, strict=True):
        yield [
            begins.isoformat(), each.done, each.failed, each.at_fault, round(each.p50, 3), round(each.p95, 3),
            each.slow, round(each.worked, 1), round(each.fee, 4), round(each.cost, 6), each.used / CREDIT,
            each.back / CREDIT,
        ]  # fmt: skip
