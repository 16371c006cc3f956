"""The operators' tables: one description each, for the page (in words) and for the file (bare numbers)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from accounts.models import CREDIT, User
from accounts.money import major
from bgsite.dashboard import time_series
from bgsite.dashboard.formatting import dollars, percent, seconds, who, whole
from bgsite.dashboard.formatting import size as bytes_words
from editor.models import Feedback
from processing import figures, jobs, messages, tally
from processing.figures import Ended, Figures
from processing.models import Worker

Cell = str | int | float
Words = Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class Table:
    """`columns`: name in the file -> (heading on the page, words for a cell)."""

    title: str
    columns: dict[str, tuple[str, Words]]
    rows: Callable[[Figures], Iterable[list[Any]]]
    empty: str = "Nothing in this time."
    on_page: bool = True
    width: int = 1  # of three

    def shown(self, found: Figures) -> dict[str, Any]:
        """Of each cell its words, and whether they are a number: those stand to the right."""
        columns = list(self.columns.values())
        headers = [{"words": heading, "number": say is not str} for heading, say in columns]
        rows = [
            [
                {"words": say(cell), "number": say is not str}
                for (_, say), cell in zip(columns, row, strict=True)
            ]
            for row in self.rows(found)
        ]
        return {
            "title": self.title,
            "empty": self.empty,
            "width": self.width,
            "table": {"headers": headers, "rows": rows},
        }


# --- Rows ------------------------------------------------------------------------------------------------


def _steps(found: Figures) -> Iterable[list[Cell]]:
    for begins, each in zip(found.steps, found.by_step, strict=True):
        yield [
            begins.isoformat(), each.done, each.failed, each.at_fault, round(each.p50, 3), round(each.p95, 3),
            each.slow, round(each.worked, 1), round(each.fee, 4), round(each.cost, 6), each.used / CREDIT,
            each.back / CREDIT, each.cached,
        ]  # fmt: skip


def _income(found: Figures) -> Iterable[list[Cell]]:
    for currency, amounts in time_series.income(found).items():
        for begins, amount in zip(found.steps, amounts, strict=True):
            yield [begins.isoformat(), currency, major(amount, currency)]


def _models(found: Figures) -> Iterable[list[Any]]:
    said = Feedback.objects.by_model(*found.period)
    for name, each in found.by_model.items():
        rate = said[name].rate if name in said else None
        yield [
            name,
            each.done,
            each.failed,
            *_times(each),
            each.slow_share,
            rate,
            each.cost,
            each.cost * 1000,
        ]


def _sizes(found: Figures) -> Iterable[list[Any]]:
    for (model, size), each in found.by_size.items():
        if each.done or each.failed:
            yield [model, tally.size_words(size), each.done, each.failed, *_times(each), each.slow_share]


def _times(each: Ended) -> tuple[float, float]:
    return round(each.p50, 3), round(each.p95, 3)


def _failures(found: Figures) -> Iterable[list[Cell]]:
    for code, count in found.by_code.items():
        words = messages.message(code)
        yield [words.title, code, "ours" if words.status >= 500 else "the photo's", count]


def _reasons(found: Figures) -> Iterable[list[Cell]]:
    words = dict(Feedback.Reason.choices)
    for reason, count in Feedback.objects.reasons(*found.period).items():
        yield [str(words.get(reason, reason)), count]


def _workers(found: Figures) -> Iterable[list[Cell]]:
    now = timezone.now()
    for each in Worker.objects.order_by("-seen")[:50]:
        state = "alive" if each.seen >= now - jobs.WORKER_SILENCE else "silent"
        ago = (now - each.seen).total_seconds()
        yield [each.name, state, each.model or "–", each.device or "–", each.queues or "–", round(ago, 1)]


def _users(found: Figures) -> Iterable[list[Any]]:
    for user, done, failed, worked in figures.top_users(*found.period):
        yield [who(user), done, failed, worked / 3600]


def _owners(found: Figures) -> Iterable[list[Any]]:
    stored = figures.stored()
    users = User.objects.in_bulk([pk for pk, _ in stored.owners]) if stored else {}
    return [[who(users[pk]), size] for pk, size in (stored.owners if stored else []) if pk in users]


def _ages(found: Figures) -> Iterable[list[Any]]:
    stored = figures.stored()
    return [[age, size] for age, size in stored.ages.items()] if stored else []


def _ago(value: float) -> str:
    return f"{seconds(value)} ago"


def _hours(value: float) -> str:
    return f"{value:.1f}"


# --- Tables ----------------------------------------------------------------------------------------------

_NOT_YET = "A worker counts this every ten minutes."
_MODEL, _DONE, _FAILED = ("Model", str), ("Done", whole), ("Failed", whole)
_HALF, _MOST, _SLOW = ("Half within", seconds), ("95 % within", seconds), ("Above 10 s", percent)

TABLES: dict[str, Table] = {
    "steps": Table(
        "Course of time",
        dict.fromkeys(
            "begins done failed failed_by_fault p50_seconds p95_seconds above_10_s worker_seconds provider_usd "
            "usd_per_photo credits_used credits_given_back from_earlier_results".split(),
            ("", str),
        ),
        _steps, on_page=False,
    ),
    "income": Table(
        "Income", dict.fromkeys("begins currency income_less_refunds".split(), ("", str)), _income, on_page=False,
    ),
    "models": Table(
        "By model",
        {
            "model": _MODEL, "done": _DONE, "failed": _FAILED, "p50_seconds": _HALF, "p95_seconds": _MOST,
            "share_above_10_s": _SLOW, "share_satisfied": ("Satisfied", percent),
            "usd_per_photo": ("A photo costs", dollars), "usd_per_1000": ("1,000 cost", dollars),
        },
        _models, width=3,
    ),
    "failures": Table(
        "Why photos failed",
        {"title": ("Why", str), "code": ("Code", str), "fault": ("Fault", str), "photos": ("Photos", whole)},
        _failures, "No photo failed in this time.", width=2,
    ),
    "reasons": Table(
        "What people did not like",
        {"reason": ("Reason", str), "times": ("Times", whole)},
        _reasons, "Nobody complained in this time.",
    ),
    "sizes": Table(
        "By model and size of the photo",
        {
            "model": _MODEL, "size": ("Size", str), "done": _DONE, "failed": _FAILED, "p50_seconds": _HALF,
            "p95_seconds": _MOST, "share_above_10_s": _SLOW,
        },
        _sizes, width=2,
    ),
    "ages": Table(
        "Storage by age", {"age": ("Age", str), "bytes": ("Size", bytes_words)}, _ages, _NOT_YET,
    ),
    "workers": Table(
        "Workers",
        {
            "name": ("Worker", str), "state": ("State", str), "model": ("Last model", str),
            "device": ("Device", str), "queues": ("Queues", str), "seen_seconds_ago": ("Seen", _ago),
        },
        _workers, "No worker was seen. Start one: manage.py up.", width=3,
    ),
    "users": Table(
        "Who uses most",
        {"user": ("User", str), "done": _DONE, "failed": _FAILED, "worker_hours": ("Worker hours", _hours)},
        _users, width=2,
    ),
    "owners": Table(
        "Who stores most", {"user": ("User", str), "bytes": ("Size", bytes_words)}, _owners, _NOT_YET,
    ),
}  # fmt: skip
