"""The kinds of values a recipe knows: how each is read, written, and described when refused."""

import re
from dataclasses import dataclass
from typing import Any, Protocol

from PIL import ImageColor


class Rule(Protocol):
    """One kind of value. `read` returns None for what it refuses; read(write(value)) == value."""

    @property
    def expected(self) -> object: ...
    def read(self, text: str) -> Any: ...
    def write(self, value: Any) -> str: ...


@dataclass(frozen=True)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]

    @property
    def expected(self) -> object:
        return list(self.words)

    def read(self, text: str) -> str | None:
        return text if text in self.words else None

    def write(self, value: str) -> str:
        return str(value)


@dataclass(frozen=True)
class Switch:
    """Yes or no, in the spellings that forms and clients send."""

    expected: object = "true or false"

    def read(self, text: str) -> bool | None:
        word = text.lower()
        if word in {"true", "1", "yes", "on"}:
            return True
        return False if word in {"false", "0", "no", "off"} else None

    def write(self, value: bool) -> str:
        return str(value).lower()


# ASCII only, no exponent, no infinity: what a person types into a field.
_NUMBER = re.compile(r"[+-]?(\d{1,6}(\.\d{0,9})?|\.\d{1,9})", re.ASCII)


@dataclass(frozen=True)
class Number:
    """A decimal number from `low` to `high`, kept to three places, or a whole one."""

    low: int
    high: int
    whole: bool = False

    @property
    def expected(self) -> object:
        return f"a {'whole ' if self.whole else ''}number from {self.low} to {self.high}"

    def read(self, text: str) -> float | int | None:
        if not _NUMBER.fullmatch(text):
            return None
        value = round(float(text), 3)
        if not self.low <= value <= self.high or (self.whole and value != int(value)):
            return None
        # Adding zero turns -0.0 into 0.0.
        return int(value) if self.whole else value + 0.0

    def write(self, value: float) -> str:
        # A float that is no such number (nan, inf, 1e300) keeps a spelling that `read` refuses.
        return f"{value:.3f}".rstrip("0").rstrip(".") if abs(value) < 1e6 else str(value)


@dataclass(frozen=True)
class Thresholds:
    """none, or the levels of a matte above which it is surely foreground and below which it is surely background,
    0..255, and by how many px of the source both shrink: `240,10,10`."""

    expected: object = "none, or FOREGROUND,BACKGROUND,ERODE: two levels of 0 to 255, and 0 to 500 px"
    most: tuple[int, int, int] = (255, 255, 500)

    def read(self, text: str) -> str | None:
        if text.lower() == "none":
            return "none"
        parts = [part.strip() for part in text.split(",")]
        if len(parts) != 3 or not all(re.fullmatch(r"\d{1,3}", part, re.ASCII) for part in parts):
            return None
        numbers = [int(part) for part in parts]
        fits = all(number <= most for number, most in zip(numbers, self.most, strict=True))
        return ",".join(map(str, numbers)) if fits else None

    def write(self, value: str) -> str:
        return str(value)


# Taken once, as Pillow puts other values into its table when it has looked a name up.
_NAMED = {
    name: value if isinstance(value, str) else "#" + "".join(f"{level:02x}" for level in value)
    for name, value in ImageColor.colormap.items()
}
_HEX = re.compile(r"#?([0-9a-f]{3}|[0-9a-f]{4}|[0-9a-f]{6}|[0-9a-f]{8})", re.ASCII)


@dataclass(frozen=True)
class Colour:
    """none, or a colour as #rrggbb or #rrggbbaa; read from hex of 3, 4, 6, 8 digits or a CSS name.

    Where `clear` is false, only an opaque colour is taken.
    """

    clear: bool = True

    @property
    def expected(self) -> object:
        if self.clear:
            return "none, a colour as hex of 3, 4, 6 or 8 digits, or a CSS colour name"
        return "an opaque colour as hex of 3 or 6 digits, or a CSS colour name"

    def read(self, text: str) -> str | None:
        found = _colour(text.lower())
        return found if self.clear or (found is not None and len(found) == 7) else None

    def write(self, value: str) -> str:
        return str(value)


def _colour(word: str) -> str | None:
    if word in {"none", "transparent"}:
        return "none"
    found = _HEX.fullmatch(_NAMED.get(word, word))
    if not found:
        return None
    return _shortest(found[1] if len(found[1]) >= 6 else "".join(2 * digit for digit in found[1]))


def _shortest(digits: str) -> str:
    """An opaque colour needs no alpha digits, and a fully clear one is no colour."""
    if digits[6:] == "00":
        return "none"
    return "#" + digits.removesuffix("ff") if len(digits) == 8 else "#" + digits
