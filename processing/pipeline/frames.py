"""Frames of a recipe: a region of the source, a place on the canvas, the canvas itself. Light, as `measures`."""

import re
from dataclasses import dataclass
from typing import Any

from .measures import Length, Size, length, lengths, spelled

_CANVAS = re.compile(r"(\d{1,5})x(\d{1,5})", re.ASCII)


@dataclass(frozen=True)
class Region:
    """Left, top, right and bottom of a rectangle in the source; `0 0 100 100` is all of it."""

    expected: object = (
        "four lengths x1 y1 x2 y2 with x1 < x2 and y1 < y2: 0 to 100 percent, or px such as 30px"
    )

    def read(self, text: str) -> str | None:
        found = [length(part) for part in text.split()]
        if len(found) != 4 or not all(one is not None and self._fits(one) for one in found):
            return None
        if _leaves_nothing(found[0], found[2]) or _leaves_nothing(found[1], found[3]):
            return None
        return " ".join(map(str, found))

    def write(self, value: Any) -> str:
        return str(value)

    @staticmethod
    def _fits(one: Length) -> bool:
        return 0 <= one.value <= (65_535 if one.is_px else 100)


def _leaves_nothing(near: Any, far: Any) -> bool:
    """Whether nothing lies between two sides, as far as that can be told without a picture."""
    return bool(
        far.value == 0 or near == Length(100) or (near.is_px == far.is_px and near.value >= far.value)
    )


def edges(text: str, size: Size) -> tuple[int, int, int, int]:
    """A region's left, top, right and bottom in whole px of a picture, kept inside of it.

    Right and bottom are exclusive; what lies outside of the picture comes out with no width or no height.
    """
    left, top, right, bottom = (round(one.of(size[axis % 2])) for axis, one in enumerate(lengths(text)))
    width, height = size
    return min(left, width), min(top, height), min(right, width), min(bottom, height)


@dataclass(frozen=True)
class Place:
    """A word, or one or two percentages: how far from the left, and from the top. `center` is `50 50`."""

    words: tuple[str, ...]

    @property
    def expected(self) -> object:
        return f"{', '.join(self.words)}, or one or two percentages of 0 to 100: horizontal and vertical"

    def read(self, text: str) -> str | None:
        if text in self.words:
            return text
        found = [length(part) for part in text.split()]
        if len(found) not in (1, 2) or not all(
            one is not None and not one.is_px and 0 <= one.value <= 100 for one in found
        ):
            return None
        across, down = str(found[0]), str(found[-1])
        return "center" if across == down == "50" else f"{across} {down}"

    def write(self, value: Any) -> str:
        return spelled(value)


def fractions(text: str) -> tuple[float, float]:
    """How far from the left and the top, 0..1, a place is."""
    if text == "center":
        return 0.5, 0.5
    across, down = lengths(text)
    return across.of(1), down.of(1)


@dataclass(frozen=True)
class Canvas:
    """`auto`, or width and height in px as `1200x800`."""

    most_side: int
    most_megapixels: int

    @property
    def expected(self) -> object:
        return f"auto, or WIDTHxHEIGHT in px: 1 to {self.most_side} each, {self.most_megapixels} megapixels at most"

    def read(self, text: str) -> str | None:
        if text == "auto":
            return text
        found = _CANVAS.fullmatch(text.lower())
        if not found:
            return None
        width, height = int(found[1]), int(found[2])
        fits = min(width, height) >= 1 and max(width, height) <= self.most_side
        return f"{width}x{height}" if fits and width * height <= self.most_megapixels * 1e6 else None

    def write(self, value: Any) -> str:
        return str(value)


def canvas_size(text: str) -> Size | None:
    """Width and height of an exact canvas, None for auto."""
    if text == "auto":
        return None
    width, height = text.split("x")
    return int(width), int(height)
