"""Lengths of a recipe: how each is read, its one spelling, and what it means in pixels.

A length is a percentage or a number of px of the source. A bare number is a percentage, so in the canonical
string no % is ever written: `10` and `30px`. Light: the web process imports this.
"""

import re
from dataclasses import dataclass
from typing import Any

Size = tuple[int, int]  # width, height

_LENGTH = re.compile(r"([+-]?)(\d{1,5}(?:\.\d{0,9})?|\.\d{1,9})(px|%)?", re.ASCII)


@dataclass(frozen=True)
class Length:
    """A percentage of something, or px of the source."""

    value: float
    is_px: bool = False

    def of(self, whole: float) -> float:
        """Px of the source, where `whole` is what a percentage counts of."""
        return self.value if self.is_px else self.value / 100 * whole

    def __str__(self) -> str:
        return plain(self.value) + ("px" if self.is_px and self.value else "")


def plain(value: float) -> str:
    """A number to three places without trailing zeros."""
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def spelled(value: Any) -> str:
    """The text of a value that may have come as a number."""
    return plain(value) if isinstance(value, int | float) and abs(value) < 1e6 else str(value)


def length(text: str) -> Length | None:
    """Read one length; None for anything else."""
    found = _LENGTH.fullmatch(text)
    if not found:
        return None
    value = round(float(found[1] + found[2]), 3) + 0.0
    return Length(value, found[3] == "px" and value != 0)


def lengths(text: str) -> tuple[Length, ...]:
    """Read what a recipe's field holds: lengths that were checked before."""
    found = [length(part) for part in text.split()]
    known = tuple(one for one in found if one is not None)
    if len(known) < len(found):
        raise ValueError(f"not lengths: {text!r}")
    return known


@dataclass(frozen=True)
class Lengths:
    """Some lengths, divided by spaces. Each is at least `low` and at most the given percentage or px."""

    counts: tuple[int, ...]
    most_percent: int
    most_px: int
    low: int = 0  # 0, or -1 where a length may be negative

    @property
    def expected(self) -> object:
        count = " or ".join(map(str, self.counts))
        few = f"-{self.most_percent}" if self.low else "0"
        least = f"-{self.most_px}px" if self.low else "0px"
        noun = "length" if self.counts == (1,) else "lengths"
        return f"{count} {noun}: {few} to {self.most_percent} percent, or {least} to {self.most_px}px"

    def read(self, text: str) -> str | None:
        found = [length(part) for part in text.split()]
        if len(found) not in self.counts or not all(one is not None and self._fits(one) for one in found):
            return None
        return " ".join(self._shortest([str(one) for one in found]))

    def write(self, value: Any) -> str:
        return spelled(value)

    def _fits(self, one: Length) -> bool:
        most = self.most_px if one.is_px else self.most_percent
        return most * self.low <= one.value <= most

    def _shortest(self, words: list[str]) -> list[str]:
        """Four sides that repeat are two, and two that repeat are one, where so few may be given."""
        if len(words) == 4 and 2 in self.counts and words[:2] == words[2:]:
            words = words[:2]
        return words[:1] if len(words) == 2 and 1 in self.counts and words[0] == words[1] else words


def sides(text: str, size: tuple[float, float]) -> tuple[float, float, float, float]:
    """A margin's top, right, bottom and left in px, of a thing of (width, height)."""
    given = lengths(text)
    top, right, bottom, left = (given * 4)[:4] if len(given) < 4 else given
    return top.of(size[1]), right.of(size[0]), bottom.of(size[1]), left.of(size[0])


@dataclass(frozen=True)
class Percent:
    """A word, or a whole or broken percentage."""

    words: tuple[str, ...]
    low: int
    high: int

    @property
    def expected(self) -> object:
        return f"{', '.join(self.words)}, or {self.low} to {self.high} percent"

    def read(self, text: str) -> str | None:
        found = length(text)
        if found is None:
            return text if text in self.words else None
        return str(found) if not found.is_px and self.low <= found.value <= self.high else None

    def write(self, value: Any) -> str:
        return spelled(value)
