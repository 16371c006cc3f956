"""The smart brush: how much each pixel under a stroke is like what the stroke was drawn over.

It looks at the photo alone and not at the mask, so the same stroke has the same answer whatever came before it.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from .arrays import Rgb
from .edges import upsample
from .regions import Box
from .replay import Likeness, cover
from .strokes import Brush, Point

WORK_SIDE = 224  # px of the longer side that the colours are weighed at
CORE = 0.35  # of the brush: surely meant
AROUND = 0.6  # of the brush's size: how far the surroundings are looked at
ROUNDS = 2
_FEWEST = 12  # px of each kind without which there is nothing to weigh


def likeness_in(rgb: Rgb) -> Likeness:
    """What `replay` asks for smart strokes, for this photo (H×W×3)."""
    return lambda brush, box: likeness(rgb, brush, box)


def likeness(rgb: Rgb, brush: Brush, box: Box) -> npt.NDArray[np.uint8]:
    """Return 0..255 for each px of the box: 255 like the middle of the stroke, 0 like its surroundings.

    Colours and edges decide (graph cut on a small copy, then a guided filter at full size). Cost: 0.05 to 0.4 s.
    """
    around = _around(brush, box, rgb.shape)
    part = np.ascontiguousarray(rgb[around.slices])
    scale = min(1.0, WORK_SIDE / max(around.width, around.height))
    size = max(1, round(around.width * scale)), max(1, round(around.height * scale))
    small = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    kinds = _kinds(_moved(brush, around, size), size)
    if min((kinds == cv2.GC_FGD).sum(), (kinds == cv2.GC_PR_BGD).sum()) < _FEWEST:
        return np.full((box.height, box.width), 255, np.uint8)
    cv2.setRNGSeed(0)  # its clusters begin at random places: the same stroke must give the same answer
    unused, behind, before = (0, 0, 0, 0), np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(small, kinds, unused, behind, before, ROUNDS, cv2.GC_INIT_WITH_MASK)
    alike = np.isin(kinds, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.float32)
    full = upsample(part, alike)
    top, left = box.top - around.top, box.left - around.left
    return np.asarray(full[top : top + box.height, left : left + box.width] * 255 + 0.5, np.uint8)


def _around(brush: Brush, box: Box, shape: tuple[int, ...]) -> Box:
    more = round(brush.size * AROUND) + 2
    left, top = max(0, box.left - more), max(0, box.top - more)
    right, bottom = min(shape[1], box.left + box.width + more), min(shape[0], box.top + box.height + more)
    return Box(left, top, right - left, bottom - top)


def _moved(brush: Brush, around: Box, size: tuple[int, int]) -> Brush:
    """The stroke in the coordinates of the small copy."""
    x, y = size[0] / around.width, size[1] / around.height
    points = (Point((p.x - around.left) * x, (p.y - around.top) * y, p.pressure) for p in brush.points)
    return Brush(brush.tool, brush.size * (x + y) / 2, 1.0, 1.0, tuple(points))


def _kinds(brush: Brush, size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """What the graph cut is told of each px: surely meant, perhaps meant, perhaps not."""
    whole = Box(0, 0, *size)
    core = Brush(brush.tool, max(brush.size * CORE, 2.0), 1.0, 1.0, brush.points)
    kinds = np.full((size[1], size[0]), cv2.GC_PR_BGD, np.uint8)
    kinds[cover(brush, whole) > 32767] = cv2.GC_PR_FGD
    kinds[cover(core, whole) > 32767] = cv2.GC_FGD
    return kinds
