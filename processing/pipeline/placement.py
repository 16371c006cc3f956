"""Where the source lies on the canvas: crop, margin, scale, position, exact sizes and caps, as numbers only."""

from dataclasses import dataclass

from .frames import canvas_size, fractions
from .measures import Size, sides
from .recipe import Recipe
from .regions import Box

MOST_MEGAPIXELS = 50.0
# How much of the height that a head leaves lies above it: eyes then are where offices want them.
_ABOVE = 0.3


@dataclass(frozen=True)
class Head:
    """Rows of crown and chin and the column of the head's middle, in px of the picture asked about."""

    crown: float
    chin: float
    middle: float

    @property
    def height(self) -> float:
        return self.chin - self.crown


@dataclass(frozen=True)
class Placement:
    """`region` of the source (px) is what is seen; it fills `target` of the canvas (px). `factor` is canvas
    px for a px of the source; `subject` is the foreground's box on the canvas."""

    canvas: Size
    region: Box
    target: Box
    factor: float
    subject: Box

    @property
    def fills(self) -> bool:
        """Whether the source covers all of the canvas."""
        return self.target == Box(0, 0, *self.canvas)


@dataclass(frozen=True)
class _Frame:
    left: float
    top: float
    width: float
    height: float

    @property
    def middle(self) -> tuple[float, float]:
        return self.left + self.width / 2, self.top + self.height / 2


def place(box: Box, size: Size, recipe: Recipe, head: Head | None = None) -> Placement:
    """Lay a source of `size` with its foreground in `box` (px of the source) out as the recipe asks.

    Without a foreground the whole picture is the subject. A `head` (px of the source) decides size and place.
    """
    whole = _Frame(0, 0, *size)
    subject = _Frame(box.left, box.top, box.width, box.height) if box.width and box.height else whole
    item = _grown(subject, recipe.margin) if recipe.crop else subject
    seen = item if recipe.crop else whole
    canvas = canvas_size(recipe.canvas) or (max(1, round(seen.width)), max(1, round(seen.height)))
    factor, left, top = _by_head(head, canvas, recipe) if head else _laid(item, seen, canvas, recipe)
    capped = target_size(canvas, _megapixels(size, recipe), recipe.max_side)
    across, down = capped[0] / canvas[0], capped[1] / canvas[1]
    x, y = _Axis(left * across, factor * across), _Axis(top * down, factor * down)
    columns, rows = x.seen(size[0], capped[0]), y.seen(size[1], capped[1])
    return Placement(
        canvas=capped,
        region=Box(columns[0], rows[0], columns[1], rows[1]),
        target=Box(columns[2], rows[2], columns[3], rows[3]),
        factor=factor * min(across, down),
        subject=Box(x.at(subject.left), y.at(subject.top), x.length(subject.width), y.length(subject.height)),
    )


def _megapixels(size: Size, recipe: Recipe) -> float:
    """Margins may not make a picture larger than any that would be taken."""
    return min(recipe.max_megapixels or MOST_MEGAPIXELS, max(MOST_MEGAPIXELS, size[0] * size[1] / 1e6))


def _grown(subject: _Frame, margin: str) -> _Frame:
    """Margins may reach beyond the picture; there the result is empty."""
    top, right, bottom, left = (round(side) for side in sides(margin, (subject.width, subject.height)))
    return _Frame(
        subject.left - left, subject.top - top, subject.width + left + right, subject.height + top + bottom
    )


def _laid(item: _Frame, seen: _Frame, canvas: Size, recipe: Recipe) -> tuple[float, float, float]:
    """Return the factor, and where the source's left and top edges come to lie on the canvas."""
    most = float("inf") if recipe.enlarge else 1.0
    fitted = min(most, canvas[0] / seen.width, canvas[1] / seen.height)
    factor, place = fitted, recipe.position
    if recipe.scale != "original":
        part = float(recipe.scale) / 100
        factor = min(most, part * canvas[0] / item.width, part * canvas[1] / item.height)
    if place == "auto":
        place = "original" if recipe.scale == "original" else "center"
    if place == "original":
        # Its middle is where it would be if what is seen lay fitted in the middle of the canvas.
        x = canvas[0] / 2 + fitted * (item.middle[0] - seen.middle[0]) - factor * item.width / 2
        y = canvas[1] / 2 + fitted * (item.middle[1] - seen.middle[1]) - factor * item.height / 2
    else:
        across, down = fractions(place)
        x, y = across * (canvas[0] - factor * item.width), down * (canvas[1] - factor * item.height)
    return factor, x - factor * item.left, y - factor * item.top


def _by_head(head: Head, canvas: Size, recipe: Recipe) -> tuple[float, float, float]:
    """As `_laid`, for a head that takes its part of the canvas's height, in the middle."""
    part = float(recipe.head) / 100
    factor = min(float("inf") if recipe.enlarge else 1.0, part * canvas[1] / head.height)
    above = _ABOVE * (canvas[1] - factor * head.height)
    return factor, canvas[0] / 2 - factor * head.middle, above - factor * head.crown


@dataclass(frozen=True)
class _Axis:
    """canvas = origin + factor · source, along one side."""

    origin: float
    factor: float

    def at(self, position: float) -> int:
        return round(self.origin + self.factor * position)

    def length(self, source: float) -> int:
        return max(1, round(self.factor * source))

    def seen(self, source: int, canvas: int) -> tuple[int, int, int, int]:
        """First px and number of px that are seen: of the source, and on the canvas; at least one each."""
        start = min(max(0, self.at(0)), canvas - 1)
        stop = max(start + 1, min(canvas, self.at(source)))
        first = min(max(0, round((start - self.origin) / self.factor)), source - 1)
        last = min(max(first + 1, round((stop - self.origin) / self.factor)), source)
        return first, last - first, start, stop - start


def target_size(size: Size, max_megapixels: float, max_side: int) -> Size:
    """Return (width, height) reduced to both caps, keeping the aspect; 0 means no cap; never enlarged."""
    width, height = size
    factor = 1.0
    if max_side:
        factor = min(factor, max_side / max(size))
    if max_megapixels:
        factor = min(factor, (max_megapixels * 1e6 / (width * height)) ** 0.5)
    if factor == 1.0:
        return size
    # Down, not to the nearest: a cap is a cap.
    return max(1, int(width * factor + 1e-9)), max(1, int(height * factor + 1e-9))


def scaled(box: Box, size: Size, copy: Size) -> Box:
    """A box in px of a picture of `size`, in px of a copy of it; at least one px each way."""
    if size == copy:
        return box
    across, down = copy[0] / size[0], copy[1] / size[1]
    left, top = min(round(box.left * across), copy[0] - 1), min(round(box.top * down), copy[1] - 1)
    right, bottom = round((box.left + box.width) * across), round((box.top + box.height) * down)
    return Box(left, top, max(1, min(right, copy[0]) - left), max(1, min(bottom, copy[1]) - top))
