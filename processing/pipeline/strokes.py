"""Strokes: what a person does to a mask, as data. Parsed strictly from JSON values, written back as the same.

Coordinates are px of the upright source: (0, 0) is the corner of the picture, (0.5, 0.5) the middle of its first
pixel. What a stroke does to the mask's levels is said in `replay`, once. Light: the web process imports this.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeGuard

Size = tuple[int, int]  # width, height

MAX_STROKES = 2_000
MAX_POINTS = 20_000  # of all strokes of an edit together
MAX_WORK = 4_000_000_000  # visited px of all strokes together: the worst edit takes about a minute to replay
FAR = 4  # a point further off than so many times the longer side is no slip of the hand


class StrokeError(Exception):
    """These are not strokes. `code` is one of the catalogue; `facts` say which stroke and what it may be."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code, facts)
        self.code = code
        self.facts = facts


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the way of the brush; pressure 0..1, which a mouse gives as 1."""

    x: float
    y: float
    pressure: float = 1.0


@dataclass(frozen=True, slots=True)
class Brush:
    """A way of a round brush. restore makes opaque, erase makes clear; smart keeps to the picture's edges."""

    tool: str  # restore, erase
    size: float  # 1..500, diameter in px at full pressure
    hardness: float  # 0..1, the part of the radius that is at full strength
    strength: float  # 0..1
    points: tuple[Point, ...]
    smart: bool = False

    def work(self, size: Size) -> float:
        """Px visited by a replay: the box of each piece of the way."""
        reach = min(self.size + 3, 2.0 * max(size))
        ends = zip((self.points[0], *self.points), self.points, strict=False)
        boxes = ((abs(b.x - a.x) + reach) * (abs(b.y - a.y) + reach) for a, b in ends)
        return sum(min(box, 4.0 * size[0] * size[1]) for box in boxes) + 40_000_000 * self.smart


@dataclass(frozen=True, slots=True)
class Lasso:
    """Everything inside of a closed way (also of a polygon) becomes opaque or clear."""

    mode: str  # add, remove
    points: tuple[tuple[float, float], ...]

    def work(self, size: Size) -> float:
        return 4.0 * size[0] * size[1] + 40.0 * len(self.points) * size[1]


@dataclass(frozen=True, slots=True)
class FillHoles:
    """Whatever the foreground encloses becomes opaque."""

    def work(self, size: Size) -> float:
        return 4.0 * size[0] * size[1]


@dataclass(frozen=True, slots=True)
class Invert:
    """Foreground and background change places."""

    def work(self, size: Size) -> float:
        return 1.0 * size[0] * size[1]


@dataclass(frozen=True, slots=True)
class Grow:
    """The edge moves outwards by whole px, inwards if negative."""

    px: int  # -20..20

    def work(self, size: Size) -> float:
        return 6.0 * size[0] * size[1]


@dataclass(frozen=True, slots=True)
class Smooth:
    """Evens out a ragged outline and keeps it as sharp as it is."""

    px: float  # 0.5..20, standard deviation

    def work(self, size: Size) -> float:
        return 8.0 * size[0] * size[1]


Stroke = Brush | Lasso | FillHoles | Invert | Grow | Smooth


def parse(value: Any, size: Size) -> tuple[Stroke, ...]:
    """Read a list of strokes for a picture of this size from JSON values.

    Raises StrokeError: invalid_stroke (facts number, field, expected), too_many_points (points, limit),
    too_many_strokes (strokes, limit), edit_too_large.
    """
    if not isinstance(value, list):
        raise StrokeError("invalid_stroke", number=0, field="strokes", expected="a list")
    if len(value) > MAX_STROKES:
        raise StrokeError("too_many_strokes", strokes=len(value), limit=MAX_STROKES)
    _count_points(value)
    strokes = tuple(_stroke(_Fields(number, raw, size)) for number, raw in enumerate(value, 1))
    if sum(stroke.work(size) for stroke in strokes) > MAX_WORK:
        raise StrokeError("edit_too_large")
    return strokes


def scaled(stroke: Stroke, by: float) -> Stroke:
    """The stroke for a copy of the picture that is `by` times as large; exact only at 1."""
    match stroke:
        case Brush() if by != 1:
            points = tuple(Point(point.x * by, point.y * by, point.pressure) for point in stroke.points)
            return replace(stroke, size=stroke.size * by, points=points)
        case Lasso() if by != 1:
            return replace(stroke, points=tuple((x * by, y * by) for x, y in stroke.points))
        case Grow() if by != 1:
            return Grow(round(stroke.px * by))
        case Smooth() if by != 1:
            return Smooth(max(stroke.px * by, 0.3))
        case _:
            return stroke


def written(strokes: Sequence[Stroke]) -> list[dict[str, Any]]:
    """The strokes as JSON values; `parse` reads them back equal."""
    return [_written(stroke) for stroke in strokes]


def _written(stroke: Stroke) -> dict[str, Any]:
    match stroke:
        case Brush():
            points = [[point.x, point.y, point.pressure] for point in stroke.points]
            names = {name: getattr(stroke, name) for name in ("tool", "size", "hardness", "strength")}
            return {**names, "points": points} | ({"smart": True} if stroke.smart else {})
        case Lasso():
            return {"tool": "lasso", "mode": stroke.mode, "points": [list(point) for point in stroke.points]}
        case Grow():
            return {"tool": "grow", "px": stroke.px}
        case Smooth():
            return {"tool": "smooth", "px": stroke.px}
        case FillHoles():
            return {"tool": "fill_holes"}
        case Invert():
            return {"tool": "invert"}


def _count_points(strokes: list[Any]) -> None:
    lists = [raw.get("points") for raw in strokes if isinstance(raw, dict)]
    points = sum(len(found) for found in lists if isinstance(found, list))
    if points > MAX_POINTS:
        raise StrokeError("too_many_points", points=points, limit=MAX_POINTS)


class _Fields:
    """The fields of one stroke, read with their rules; says which stroke and field a refusal is about."""

    def __init__(self, number: int, raw: Any, size: Size) -> None:
        self.number, self.size = number, size
        if not isinstance(raw, dict):
            raise self.wrong("stroke", "an object")
        self.raw: Mapping[str, Any] = raw

    def wrong(self, field: str, expected: str) -> StrokeError:
        return StrokeError("invalid_stroke", number=self.number, field=field, expected=expected)

    def only(self, *names: str) -> None:
        for name in self.raw:
            if name not in names:
                raise self.wrong(str(name)[:40], f"one of {', '.join(names)}")

    def choice(self, field: str, *words: str) -> str:
        word = self.raw.get(field)
        if not isinstance(word, str) or word not in words:
            raise self.wrong(field, f"one of {', '.join(words)}")
        return word

    def number_in(self, field: str, least: float, most: float) -> float:
        value = self.raw.get(field)
        if not is_number(value) or not least <= value <= most:
            raise self.wrong(field, f"{least:g} to {most:g}")
        return float(value)

    def switch(self, field: str) -> bool:
        value = self.raw.get(field, False)
        if not isinstance(value, bool):
            raise self.wrong(field, "true or false")
        return value

    def points(self, least: int, lengths: tuple[int, ...]) -> list[list[float]]:
        points = self.raw.get("points")
        if not isinstance(points, list) or len(points) < least:
            raise self.wrong("points", f"a list of at least {least}")
        for point in points:
            if not isinstance(point, list) or len(point) not in lengths or not all(map(is_number, point)):
                raise self.wrong("points", "lists of numbers: x, y" + (", pressure" if 3 in lengths else ""))
            if not all(abs(value) <= FAR * max(self.size) for value in point[:2]):
                raise self.wrong("points", "numbers near the picture")
        return points


def _stroke(fields: _Fields) -> Stroke:
    tool = fields.choice("tool", *_READERS)
    return _READERS[tool](fields)


def _brush(fields: _Fields) -> Brush:
    fields.only("tool", "size", "hardness", "strength", "points", "smart")
    points = [Point(*map(float, point)) for point in fields.points(1, (2, 3))]
    if not all(0 <= point.pressure <= 1 for point in points):
        raise fields.wrong("points", "pressures of 0 to 1")
    return Brush(
        tool=fields.choice("tool", "restore", "erase"),
        size=fields.number_in("size", 1, 500),
        hardness=fields.number_in("hardness", 0, 1),
        strength=fields.number_in("strength", 0, 1),
        points=tuple(points),
        smart=fields.switch("smart"),
    )


def _lasso(fields: _Fields) -> Lasso:
    fields.only("tool", "mode", "points")
    points = tuple((float(x), float(y)) for x, y in fields.points(3, (2,)))
    return Lasso(fields.choice("mode", "add", "remove"), points)


def _grow(fields: _Fields) -> Grow:
    fields.only("tool", "px")
    px = fields.number_in("px", -20, 20)
    if px != int(px):
        raise fields.wrong("px", "whole")
    return Grow(int(px))


def _smooth(fields: _Fields) -> Smooth:
    fields.only("tool", "px")
    return Smooth(fields.number_in("px", 0.5, 20))


def _bare(stroke: Stroke) -> Callable[[_Fields], Stroke]:
    def read(fields: _Fields) -> Stroke:
        fields.only("tool")
        return stroke

    return read


_READERS: dict[str, Callable[[_Fields], Stroke]] = {
    "restore": _brush,
    "erase": _brush,
    "lasso": _lasso,
    "fill_holes": _bare(FillHoles()),
    "invert": _bare(Invert()),
    "grow": _grow,
    "smooth": _smooth,
}


def is_number(value: Any) -> TypeGuard[float]:
    """A finite number that is no truth value; integers of any length count only when a float can hold them."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False
