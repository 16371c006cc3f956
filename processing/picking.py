"""Objects that are picked by pointing at them, where a Segment Anything is installed. Light: pages import this."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from processing import questions, selection
from processing.models import Job
from processing.pipeline.prompts import MOST, Prompt
from processing.pipeline.strokes import Size, StrokeError, is_number


def model() -> str:
    """The name of the installed model that takes prompts and may be used here, "" when there is none."""
    return next(
        (each.spec.name for each in selection.offers() if each.spec.takes_prompts and not each.why_not), ""
    )


def answer(job: Job, prompts: Sequence[Prompt]) -> questions.Answer | None:
    """{"rings": [[[x, y], …], …]}, around what was pointed at in px of the source; None while a worker looks.

    Without prompts a worker only looks at the photo, so that the first real question is answered at once.
    Refused: what the worker could not do.
    """
    from processing.tasks import pick

    asked = [[prompt.kind, *prompt.at] for prompt in prompts]
    return questions.ask(pick, "pick", {"job": str(job.pk), "model": model(), "prompts": asked})


def parse(value: Any, size: Size) -> tuple[Prompt, ...]:
    """Read {points: [[x, y, 1 of the object or 0 not of it]], box: [left, top, right, bottom] or null} from JSON
    values, in px of the upright source of this size.

    Raises StrokeError: invalid_prompt (facts field, expected).
    """
    for name in value:
        if name not in ("points", "box"):
            raise _wrong(str(name)[:40], "one of points, box")
    points, box = value.get("points", []), value.get("box")
    if not isinstance(points, list) or len(points) > MOST - 1:
        raise _wrong("points", f"a list of at most {MOST - 1}")
    found = [_point(point, size) for point in points] + ([] if box is None else [_box(box, size)])
    if found and all(prompt.kind == "not" for prompt in found):
        raise _wrong("points", "marked by 1 (of the object) at least once, without a box")
    return tuple(found)


def _point(point: Any, size: Size) -> Prompt:
    if not isinstance(point, list) or len(point) != 3 or not all(map(is_number, point)):
        raise _wrong("points", "lists of numbers: x, y, 1 or 0")
    x, y, inside = point
    if inside not in (0, 1):
        raise _wrong("points", "marked by 1 (of the object) or 0 (not)")
    if not _within(x, y, size):
        raise _wrong("points", "inside of the picture")
    return Prompt("point" if inside else "not", (x / size[0], y / size[1]))


def _box(value: Any, size: Size) -> Prompt:
    if not isinstance(value, list) or len(value) != 4 or not all(map(is_number, value)):
        raise _wrong("box", "left, top, right, bottom")
    left, top, right, bottom = value
    if not (_within(left, top, size) and _within(right, bottom, size) and left < right and top < bottom):
        raise _wrong("box", "inside of the picture, left before right, top before bottom")
    return Prompt("box", (left / size[0], top / size[1], right / size[0], bottom / size[1]))


def _within(x: float, y: float, size: Size) -> bool:
    return 0 <= x <= size[0] and 0 <= y <= size[1]


def _wrong(field: str, expected: str) -> StrokeError:
    return StrokeError("invalid_prompt", field=field, expected=expected)
