"""What somebody points at: points on the subject, points beside it, boxes around it. Light, as `measures`.

As text, which is how a recipe keeps it: `point:50,40;not:12px,30px;box:10,10,90,95`. Lengths are percentages of the
source's width and height, or px of it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Literal

from .measures import Length, Size, length

Kind = Literal["point", "not", "box"]

MOST = 32
_COUNTS: dict[str, int] = {"point": 2, "not": 2, "box": 4}


@dataclass(frozen=True, slots=True)
class Prompt:
    """One thing that is pointed at. `at`: x, y of a point, or left, top, right, bottom of a box, as fractions of the
    picture's width and height, 0..1. `not` is a point that must stay background."""

    kind: Kind
    at: tuple[float, ...]


@dataclass(frozen=True)
class Prompts:
    """none, or what is pointed at; at least one point or box must say what is wanted."""

    expected: object = (
        f"none, or at most {MOST} of point:X,Y, not:X,Y and box:LEFT,TOP,RIGHT,BOTTOM divided by ; "
        "with lengths of 0 to 100 percent, or px such as 30px; one of them a point or a box"
    )

    def read(self, text: str) -> str | None:
        if text.lower() in {"none", ""}:
            return "none"
        found = [_read(part) for part in text.split(";") if part.strip()]
        if not 1 <= len(found) <= MOST or None in found:
            return None
        known = [one for one in found if one is not None]
        if all(kind == "not" for kind, _ in known):
            return None
        return ";".join(f"{kind}:{','.join(map(str, at))}" for kind, at in known)

    def write(self, value: Any) -> str:
        return str(value)


def prompts(text: str, size: Size) -> tuple[Prompt, ...]:
    """What a recipe's field points at in a picture of (width, height); () for `none`."""
    if text == "none":
        return ()
    found = []
    for part in text.split(";"):
        known = _read(part)
        if known is None:
            raise ValueError(f"not prompts: {text!r}")
        kind, at = known
        sides = (size[axis % 2] for axis in range(len(at)))
        found.append(
            Prompt(kind, tuple(min(1.0, one.of(side) / side) for one, side in zip(at, sides, strict=True)))
        )
    return tuple(found)


def key(text: str) -> str:
    """Names what was pointed at in 17 letters, as part of a matte's identity."""
    return f"p{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _read(part: str) -> tuple[Kind, tuple[Length, ...]] | None:
    word, _, rest = part.strip().partition(":")
    found = [length(each.strip()) for each in rest.split(",")]
    if len(found) != _COUNTS.get(word) or not all(one is not None and _fits(one) for one in found):
        return None
    at = tuple(one for one in found if one is not None)
    if word == "box" and any(
        near.is_px == far.is_px and near.value >= far.value for near, far in zip(at[:2], at[2:], strict=True)
    ):
        return None
    return word, at  # type: ignore[return-value]


def _fits(one: Length) -> bool:
    return 0 <= one.value <= (65_535 if one.is_px else 100)
