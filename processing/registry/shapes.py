"""The shape in which a net sees a picture: its own square, or the picture's shape where the graph allows it."""

from __future__ import annotations

from functools import cache
from math import log

from processing.pipeline.views import USUAL, View

# A side is never shorter than this many strides: nets halve a picture five times.
_LEAST = 4
# How much an unused part of the pixels weighs against a squeezed picture, both as logarithms.
_UNUSED = 0.5

Shape = tuple[int, int]  # height, width


@cache
def suited(height: int, width: int, side: int, stride: int, view: View = USUAL) -> Shape:
    """The (height, width) in which a net of `side`×`side` pixels sees a picture.

    Multiples of `stride`, as near to the picture's own proportions as the view's share of the square's pixels allows.
    A `stride` of 0 means that the net takes its own square alone.
    """
    if not stride:
        return side, side
    budget = round(view.share * side * side)
    if view.square:
        nearest = round(budget**0.5 / stride) * stride
        return nearest, nearest
    longest = budget // (_LEAST * stride)
    sides = range(_LEAST * stride, longest + 1, stride)
    fitting = [(down, across) for down in sides for across in sides if down * across <= budget]

    def badness(shape: Shape) -> float:
        squeezed = abs(log(shape[1] * height / (shape[0] * width)))
        return squeezed + _UNUSED * log(budget / (shape[0] * shape[1]))

    return min(fitting, key=badness, default=(side, side))
