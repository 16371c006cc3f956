"""The dashboard's charts: data and options for the Chart.js that comes with Unfold."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from accounts.models import CREDIT
from accounts.money import major
from bgsite.dashboard import time_series
from processing.figures import Ended, Figures

# Told apart by those who see fewer colours too, on white and on black.
COLOURS = {
    "done": "#2f9e77",
    "failed": "#d9534f",
    "first": "#4f7fd9",
    "second": "#e0992a",
    "third": "#8a8f98",
}
LABELS = {1: "%H:%M", 6: "%-d %b, %H:%M", 24: "%-d %b", 168: "%-d %b"}  # by the hours of a step


@dataclass(frozen=True, slots=True)
class Chart:
    title: str
    kind: str  # bar or line
    data: str
    options: str


def charts(found: Figures) -> list[Chart]:
    each = {1: "hour", 24: "day", 168: "week"}.get(found.span.step, f"{found.span.step} hours")
    return [
        _chart(found, "Photos", "bar", f"photos per {each}", {
            "done": ("done", lambda e: e.done), "failed": ("failed", lambda e: e.failed),
        }),
        _chart(found, "Time from upload to result", "line", "seconds", {
            "half within": ("first", lambda e: round(e.p50, 2) if e.done else None),
            "95 % within": ("second", lambda e: round(e.p95, 2) if e.done else None),
        }),
        _chart(found, "Credits", "bar", f"credits per {each}", {
            "used": ("first", lambda e: e.used / CREDIT), "given back": ("third", lambda e: e.back / CREDIT),
        }),
        _chart(found, "Cost of 1,000 photos", "line", "US dollars", {
            "cost": ("first", lambda e: round(e.cost * 1000, 2) if e.done else None),
        }),
        _drawn(found, "Income, less refunds", "bar", f"money per {each}", _income(found)),
        _drawn(found, "What people said of results", "bar", f"opinions per {each}", _opinions(found)),
    ]  # fmt: skip


Line = tuple[str, str, Sequence[float | None]]  # label, colour, a number for each step


def _income(found: Figures) -> list[Line]:
    """A bar for each currency, as they cannot be added up; one of nothing where nothing was paid."""
    came = time_series.income(found) or {"": [0] * len(found.steps)}
    colours = cycle(("done", "first", "second", "third"))
    return [
        (currency.upper() or "nothing yet", colour, [major(amount, currency) for amount in amounts])
        for (currency, amounts), colour in zip(came.items(), colours, strict=False)
    ]


def _opinions(found: Figures) -> list[Line]:
    said, none = time_series.opinions(found), [0] * len(found.steps)
    return [("good", "done", said.get("good", none)), ("not good", "failed", said.get("not good", none))]


def _chart(
    found: Figures, title: str, kind: str, unit: str,
    lines: dict[str, tuple[str, Callable[[Ended], float | None]]],
) -> Chart:  # fmt: skip
    """Of what ended: a line for each name, of the colour and the value."""
    drawn = [(name, colour, [of(each) for each in found.by_step]) for name, (colour, of) in lines.items()]
    return _drawn(found, title, kind, unit, drawn)


def _drawn(found: Figures, title: str, kind: str, unit: str, lines: Sequence[Line]) -> Chart:
    labels = [at.strftime(LABELS[found.span.step]) for at in found.steps]
    sets = [
        {"label": name, "data": data, "backgroundColor": COLOURS[colour], "borderColor": COLOURS[colour]}
        for name, colour, data in lines
    ]
    return Chart(
        title, kind, json.dumps({"labels": labels, "datasets": sets}), json.dumps(_options(kind, unit))
    )


def _options(kind: str, unit: str) -> dict[str, Any]:
    """Axes with units and a legend; Unfold's own options hide both."""
    grey = {"color": "#8a8f98"}
    x = {
        "stacked": kind == "bar",
        "grid": {"display": False},
        "ticks": grey | {"maxRotation": 0, "autoSkipPadding": 12},
    }
    y = {
        "stacked": kind == "bar", "beginAtZero": True, "grid": {"tickWidth": 0}, "border": {"display": False},
        "ticks": grey | {"maxTicksLimit": 6}, "title": grey | {"display": True, "text": unit},
    }  # fmt: skip
    legend = {"align": "end", "labels": grey | {"boxWidth": 8, "boxHeight": 8, "usePointStyle": True}}
    return {
        "animation": False,
        "responsive": True,
        "maintainAspectRatio": False,
        "interaction": {"mode": "index", "intersect": False},
        "elements": {"line": {"borderWidth": 2, "tension": 0.25}, "point": {"radius": 0, "hitRadius": 8}},
        "datasets": {"bar": {"maxBarThickness": 22, "borderRadius": 2}},
        "spanGaps": True,
        "plugins": {"legend": legend},
        "scales": {"x": x, "y": y},
    }
