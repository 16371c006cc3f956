"""How much of each pixel lies inside of a closed way. The arithmetic is said in `replay`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

LINES = 4  # per row

Floats = npt.NDArray[np.float64]


def lasso_cover(points: Sequence[tuple[float, float]], shape: tuple[int, ...]) -> npt.NDArray[np.uint16]:
    """Return H×W, 0..65535, for a way of (x, y) in px that is closed from its last point to its first."""
    height, width = shape[:2]
    covered = np.zeros((height, width), np.uint16)
    start = np.asarray(points, np.float64)
    end = np.roll(start, -1, axis=0)
    top = max(0, math.floor(start[:, 1].min()))
    for row in range(top, min(height, math.ceil(start[:, 1].max()))):
        steps = np.zeros(width + 2)
        for line in range(LINES):
            for left, right in _inside(start, end, row + (line + 0.5) / LINES):
                _add(steps, min(max(left, 0.0), width), 1.0)
                _add(steps, min(max(right, 0.0), width), -1.0)
        length = np.clip(np.cumsum(steps[:width]), 0.0, LINES)
        covered[row] = np.floor(65535 * length / LINES + 0.5)
    return covered


def _inside(start: Floats, end: Floats, y: float) -> Iterator[tuple[float, float]]:
    """The stretches of the line y that lie inside, from left to right."""
    meets = (start[:, 1] <= y) != (end[:, 1] <= y)
    (x0, y0), (x1, y1) = start[meets].T, end[meets].T
    x = x0 + (y - y0) * (x1 - x0) / (y1 - y0)
    order = np.argsort(x, kind="stable")
    winding = 0
    for place, turn in zip(x[order].tolist(), np.where(y1 > y0, 1, -1)[order].tolist(), strict=True):
        before, winding = winding, winding + turn
        if before == 0:
            opened = place
        elif winding == 0:
            yield opened, place


def _add(steps: Floats, x: float, sign: float) -> None:
    """From x on to the right, everything is inside (or no longer): a step whose first px counts in part."""
    column = int(x)
    part = x - column
    steps[column] += sign * (1 - part)
    steps[column + 1] += sign * part
