"""Where the bars of a chart stand: sums by day and by series, as numbers that a template writes into an SVG.

No script and no style is needed, so it prints, scales and obeys the strict policy. Who cannot see it has the table
beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil, floor, log10

WIDTH, HEIGHT = 720.0, 272.0
LEFT, RIGHT, TOP, BOTTOM = 44.0, 8.0, 12.0, 36.0  # room for the axes
STEPS = (1, 2, 5, 10)
LABELS = 6  # dates under the axis, at most


@dataclass(frozen=True, slots=True)
class Series:
    """`values` has one number for each day."""

    name: str
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Bar:
    """One day's share of one series; `series` counts from 1 and decides the colour."""

    x: float
    y: float
    width: float
    height: float
    series: int
    words: str


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    words: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class Chart:
    bars: list[Bar]
    across: list[Tick]  # lines of equal height, by y
    along: list[Tick]  # dates, by x
    names: list[tuple[int, str]]

    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    right: float = WIDTH - RIGHT


def stacked(days: Sequence[date], series: Sequence[Series], unit: str) -> Chart:
    """Bars on top of one another, one stack for each day."""
    top, step = _scale(
        max((sum(values) for values in zip(*[s.values for s in series], strict=True)), default=0)
    )
    return Chart(
        _bars(days, series, top, unit),
        [Tick(_y(value, top), f"{value:,g}", "end") for value in _range(top, step)],
        _dates(days),
        [(number, each.name) for number, each in enumerate(series, start=1)],
    )


def _bars(days: Sequence[date], series: Sequence[Series], top: float, unit: str) -> list[Bar]:
    slot = (WIDTH - LEFT - RIGHT) / max(1, len(days))
    bars = []
    for at, day in enumerate(days):
        below = 0.0
        for number, each in enumerate(series, start=1):
            value = each.values[at]
            if value:
                high = _y(below + value, top)
                words = f"{day:%-d %B}: {value:,g} {unit}, {each.name}"
                bars.append(
                    Bar(
                        round(LEFT + slot * (at + 0.14), 1),
                        round(high, 1),
                        round(min(slot * 0.72, 28), 1),
                        round(_y(below, top) - high, 1),
                        number,
                        words,
                    )
                )
            below += value
    return bars


def _dates(days: Sequence[date]) -> list[Tick]:
    slot = (WIDTH - LEFT - RIGHT) / max(1, len(days))
    every = max(1, ceil(len(days) / LABELS))
    return [
        Tick(round(LEFT + slot * (at + 0.5), 1), f"{day:%-d %b}")
        for at, day in enumerate(days)
        if at % every == every // 2
    ]


def _scale(most: float) -> tuple[float, float]:
    """(the top of the axis, the step between its lines): round numbers, four lines or so."""
    if most <= 0:
        return 4.0, 1.0
    rough = most / 4
    power = 10 ** floor(log10(rough))
    step = max(1.0, next(power * factor for factor in STEPS if power * factor >= rough))
    return step * ceil(most / step), step


def _range(top: float, step: float) -> list[float]:
    return [step * number for number in range(round(top / step) + 1)]


def _y(value: float, top: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top)
