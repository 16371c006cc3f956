"""The outline of a shape as closed rings, which a lasso stroke can hold.

Holes are walked the other way round than parts, so that the winding number is zero in them (see `replay`): joined by
bridges that are walked there and back, the rings are one closed way that is inside where the shape is.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from .arrays import Alpha

MOST = 3000  # points of all rings
FINE = 2048  # px of the longer side that contours are found at: between the px of a small picture, too
SPECK = 0.01  # of the largest part: what is smaller is no part, and no hole
COARSENESS = (
    0.6,
    1.0,
    1.6,
    2.5,
    4.0,
    8.0,
    16.0,
    32.0,
)  # px off the contour, tried until there are few enough

Ring = list[tuple[float, float]]
Contour = npt.NDArray[np.int32]


def outline(shape: Alpha) -> list[Ring]:
    """Return the rings ((x, y) in px of `shape`, H×W float32 0..1) around all that is at least ½; [] around nothing.

    Off by at most half a px where the shape has 2048 px or more, else by a quarter. The largest part comes first.
    """
    height, width = shape.shape
    scale = 2.0 if max(shape.shape) <= FINE else 1.0
    size = round(width * scale), round(height * scale)
    fine = shape if scale == 1 else cv2.resize(shape, size, interpolation=cv2.INTER_LINEAR)
    contours = _short_enough(_contours((fine >= 0.5).astype(np.uint8)))
    return [[(_place(x, size[0], width), _place(y, size[1], height)) for x, y in each] for each in contours]


def _place(index: np.int32, count: int, length: int) -> float:
    """The middle of the px; at the picture's rim the rim itself."""
    if index == 0:
        return 0.0
    return float(length) if index == count - 1 else (float(index) + 0.5) * length / count


def _contours(inside: npt.NDArray[np.uint8]) -> list[Contour]:
    """Parts walked one way and holes the other; the largest first, specks left out."""
    found, tree = cv2.findContours(inside, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    if not found:
        return []
    areas = [cv2.contourArea(each) for each in found]
    least = max(SPECK * max(areas), 1.0)
    kept = sorted((i for i, area in enumerate(areas) if area >= least), key=lambda i: -areas[i])
    return [_turned(_flat(found[i]), is_hole=tree[0][i][3] >= 0) for i in kept]


def _flat(contour: npt.NDArray[np.number]) -> Contour:
    return np.asarray(contour, np.int32).reshape(-1, 2)


def _turned(way: Contour, is_hole: bool) -> Contour:
    is_clockwise = cv2.contourArea(way, oriented=True) > 0
    return way if is_clockwise != is_hole else np.ascontiguousarray(way[::-1])


def _short_enough(contours: list[Contour]) -> list[Contour]:
    """As true to the contours as the number of points allows; each costs two more for its bridge."""
    ways: list[Contour] = []
    for px in COARSENESS:
        ways = [_flat(cv2.approxPolyDP(each, px, closed=True)) for each in contours]
        ways = [way for way in ways if len(way) >= 3]
        if sum(len(way) + 2 for way in ways) <= MOST:
            return ways
    room = MOST
    return [way for way in ways if (room := room - len(way) - 2) >= 0]
