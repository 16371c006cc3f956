"""What can lie behind the cutout, as a value: nothing, a colour, a gradient, a picture, or the photo blurred.

Light: the web process imports this. The painting is in `backdrop`.
"""

import re
from dataclasses import dataclass
from typing import Any

from PIL import ImageColor

from .measures import plain
from .options import Colour, Number

Rgba8 = tuple[int, int, int, int]

_IMAGE = re.compile(r"image:([0-9a-f]{64})", re.ASCII)
_ANGLE, _BLUR, _COLOUR = Number(0, 360), Number(0, 20), Colour()
MIN_BLUR = 0.1


@dataclass(frozen=True)
class Gradient:
    """Two or three colours along a line; `angle` in degrees as in CSS: 0 upwards, 90 to the right."""

    angle: float
    colours: tuple[Rgba8, ...]


@dataclass(frozen=True)
class Picture:
    """Another picture, named by the SHA-256 of its file; who renders knows where it is."""

    sha256: str


@dataclass(frozen=True)
class Blur:
    """The photo itself, out of focus; `sigma` in percent of the longer side of the result."""

    sigma: float


Background = Rgba8 | Gradient | Picture | Blur | None


@dataclass(frozen=True)
class Backdrop:
    """none; a colour; gradient:90,#ffffff,#0000ff; image:<sha256>; blur:4."""

    expected: object = (
        "none, a colour (hex of 3, 4, 6 or 8 digits, or a CSS name), gradient:ANGLE,COLOUR,COLOUR with a third "
        "colour if wanted, image:SHA256 of an uploaded picture, or blur:0.1 to blur:20"
    )

    def read(self, text: str) -> str | None:
        word = text.lower()
        kind, _, rest = word.partition(":")
        if kind == "gradient":
            return _gradient(rest.split(","))
        if kind == "image":
            return word if _IMAGE.fullmatch(word) else None
        if kind == "blur":
            sigma = _BLUR.read(rest)
            return f"blur:{plain(sigma)}" if sigma is not None and sigma >= MIN_BLUR else None
        return _COLOUR.read(text)

    def write(self, value: Any) -> str:
        return str(value)


def _gradient(parts: list[str]) -> str | None:
    if len(parts) not in (3, 4):
        return None
    angle = _ANGLE.read(parts[0].strip())
    colours = [_COLOUR.read(part.strip()) for part in parts[1:]]
    # A fully clear stop has no colour that could be mixed with the others.
    if angle is None or any(colour in (None, "none") for colour in colours):
        return None
    return f"gradient:{plain(angle % 360)},{','.join(map(str, colours))}"


def background(text: str) -> Background:
    """The value of a recipe's field, which was checked before."""
    kind, _, rest = text.partition(":")
    match kind:
        case "none":
            return None
        case "gradient":
            angle, *colours = rest.split(",")
            return Gradient(float(angle), tuple(map(colour, colours)))
        case "image":
            return Picture(rest)
        case "blur":
            return Blur(float(rest))
    return colour(text)


def colour(text: str) -> Rgba8:
    """#rrggbb or #rrggbbaa as four levels."""
    parts = ImageColor.getrgb(text)
    return parts if len(parts) == 4 else (*parts, 255)


def picture_of(text: str) -> str | None:
    """The SHA-256 of the picture that a background names, None when it needs none."""
    found = _IMAGE.fullmatch(text)
    return found[1] if found else None
