"""What people send as strokes: read as it is meant, or refused with its code. Nothing is guessed."""

from __future__ import annotations

from typing import Any

import pytest

from processing.pipeline.strokes import (
    Brush,
    FillHoles,
    Grow,
    Invert,
    Lasso,
    Point,
    Smooth,
    StrokeError,
    parse,
    scaled,
    written,
)

SIZE = (400, 300)
BRUSH: dict[str, Any] = {"tool": "restore", "size": 20, "hardness": 0.5, "strength": 1, "points": [[1, 2]]}
LASSO: dict[str, Any] = {"tool": "lasso", "mode": "add", "points": [[0, 0], [9, 0], [9, 9]]}


def test_it_works() -> None:
    raw = [
        {**BRUSH, "points": [[1, 2.5, 0.3], [4, 5]]},
        {**BRUSH, "tool": "erase", "smart": True},
        LASSO,
        {"tool": "fill_holes"},
        {"tool": "invert"},
        {"tool": "grow", "px": -3},
        {"tool": "smooth", "px": 1.5},
    ]
    strokes = parse(raw, SIZE)
    assert strokes == (
        Brush("restore", 20, 0.5, 1, (Point(1, 2.5, 0.3), Point(4, 5, 1))),
        Brush("erase", 20, 0.5, 1, (Point(1, 2, 1),), smart=True),
        Lasso("add", ((0, 0), (9, 0), (9, 9))),
        FillHoles(),
        Invert(),
        Grow(-3),
        Smooth(1.5),
    )
    assert parse(written(strokes), SIZE) == strokes


def test_places_beside_the_picture_are_taken() -> None:
    assert parse([{**BRUSH, "points": [[-1600, 1600]]}], SIZE)


INVALID = {
    "not a list": {"strokes": BRUSH},
    "not an object": [[1, 2]],
    "no tool": [{}],
    "unknown tool": [{"tool": "spray"}],
    "other case": [{**BRUSH, "tool": "Restore"}],
    "tool is a list": [{**BRUSH, "tool": ["restore"]}],
    "prototype": [{**BRUSH, "__proto__": {}}],
    "unknown field": [{"tool": "invert", "px": 3}],
    "size 0": [{**BRUSH, "size": 0}],
    "size negative": [{**BRUSH, "size": -5}],
    "size huge": [{**BRUSH, "size": 1e9}],
    "size infinite": [{**BRUSH, "size": float("inf")}],
    "size not a number": [{**BRUSH, "size": float("nan")}],
    "size a string": [{**BRUSH, "size": "20"}],
    "size true": [{**BRUSH, "size": True}],
    "size missing": [{key: value for key, value in BRUSH.items() if key != "size"}],
    "size of 5000 digits": [{**BRUSH, "size": 10**4999}],
    "hardness": [{**BRUSH, "hardness": 1.01}],
    "strength": [{**BRUSH, "strength": -0.1}],
    "smart": [{**BRUSH, "smart": 1}],
    "points empty": [{**BRUSH, "points": []}],
    "points null": [{**BRUSH, "points": None}],
    "points an object": [{**BRUSH, "points": {"0": [1, 2]}}],
    "points nested": [{**BRUSH, "points": [[[1, 2]]]}],
    "point of one": [{**BRUSH, "points": [[1]]}],
    "point of four": [{**BRUSH, "points": [[1, 2, 1, 1]]}],
    "point of strings": [{**BRUSH, "points": [["1", "2"]]}],
    "point null": [{**BRUSH, "points": [[None, 2]]}],
    "point not a number": [{**BRUSH, "points": [[float("nan"), 2]]}],
    "point far away": [{**BRUSH, "points": [[1601, 2]]}],
    "point at 1e308": [{**BRUSH, "points": [[1e308, 2]]}],
    "point of endless digits": [{**BRUSH, "points": [[10**400, 2]]}],
    "pressure": [{**BRUSH, "points": [[1, 2, 1.5]]}],
    "lasso of two points": [{**LASSO, "points": [[0, 0], [9, 0]]}],
    "lasso of triples": [{**LASSO, "points": [[0, 0, 1], [9, 0, 1], [9, 9, 1]]}],
    "lasso mode": [{**LASSO, "mode": "xor"}],
    "grow by half": [{"tool": "grow", "px": 0.5}],
    "grow by a lot": [{"tool": "grow", "px": 99_999}],
    "smooth by 2^31": [{"tool": "smooth", "px": 2**31 + 1}],
    "smooth by nothing": [{"tool": "smooth", "px": 0}],
}


@pytest.mark.parametrize("raw", INVALID.values(), ids=INVALID.keys())
def test_it_refuses_what_is_no_stroke(raw: Any) -> None:
    with pytest.raises(StrokeError) as refusal:
        parse(raw, SIZE)
    assert refusal.value.code == "invalid_stroke"
    assert {"number", "field", "expected"} <= refusal.value.facts.keys()


TOO_MUCH = {
    "too_many_strokes": [{"tool": "invert"}] * 2001,
    "too_many_points": [{**BRUSH, "points": [[1, 2]] * 10_001}] * 2,
    "edit_too_large": [{**BRUSH, "size": 500, "points": [[0, 0], [300, 200]] * 6000}],
}


@pytest.mark.parametrize(("code", "raw"), TOO_MUCH.items(), ids=TOO_MUCH.keys())
def test_it_refuses_more_than_can_be_worked_on(code: str, raw: Any) -> None:
    with pytest.raises(StrokeError) as refusal:
        parse(raw, SIZE)
    assert refusal.value.code == code


def test_it_says_which_stroke_is_wrong() -> None:
    with pytest.raises(StrokeError) as refusal:
        parse([BRUSH, {"tool": "grow", "px": 21}], SIZE)
    assert refusal.value.facts == {"number": 2, "field": "px", "expected": "-20 to 20"}


def test_a_stroke_for_a_reduced_copy() -> None:
    raw = [
        {**BRUSH, "points": [[10, 20, 0.5]]},
        LASSO,
        {"tool": "grow", "px": -7},
        {"tool": "smooth", "px": 2},
    ]
    strokes = (*parse(raw, SIZE), Invert())
    assert [scaled(stroke, 0.5) for stroke in strokes] == [
        Brush("restore", 10, 0.5, 1, (Point(5, 10, 0.5),)),
        Lasso("add", ((0, 0), (4.5, 0), (4.5, 4.5))),
        Grow(-4),
        Smooth(1),
        Invert(),
    ]
    assert [scaled(stroke, 1) for stroke in strokes] == list(strokes)
