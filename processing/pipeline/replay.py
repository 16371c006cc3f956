"""Strokes on a mask: the same arithmetic as static/editor/mask.js, so that a saved mask is the one that was seen.

The arithmetic, said once for both. A mask is H×W whole levels v of 0 (clear) to 65535 (opaque); sums are made in
64-bit floats in the order written here; round(x) is floor(x + 0.5). Pixel (column i, row j) is looked at in its
middle p = (i + 0.5, j + 0.5).

Brush. The way is a chain of pieces a -> b, the first of them from the first point to itself. A point's radius is
size/2 × (0.2 + 0.8 pressure). For each piece, with w = b - a:
    t = clamp(((px - ax) wx + (py - ay) wy) / (wx² + wy²), 0, 1), and 0 when a = b
    d = length of p - (a + t w)          r = ra + t (rb - ra)
    s = clamp((r + 0.5 - d) / max(r (1 - hardness), 1), 0, 1)
    c = round(65535 s s (3 - 2 s))
The stroke covers a pixel by the largest c of its pieces: it may cross itself and does not add up. A smart brush
then takes c = round(c × likeness / 255), with likeness from `smart`. Once for the whole stroke:
    k = strength × c / 65535             restore: v = round(v + (65535 - v) k)      erase: v = round(v - v k)

Lasso. The way is closed. Each row is cut by four lines at j + 1/8, 3/8, 5/8, 7/8; an edge (x0, y0) -> (x1, y1)
meets a line y when y0 <= y differs from y1 <= y, at x0 + (y - y0) (x1 - x0) / (y1 - y0). What lies between
meetings with a winding number other than 0 is inside. c = round(65535 × inner length / 4) of the pixel's four
pieces of line; add is then restore, remove is erase, at full strength.

Fill holes. Pixels with v < 32768 that do not touch the border over side neighbours of the same kind are holes;
holes and everything up to 2 px around them (a square) become 65535.
Invert. v = 65535 - v.
Grow n. v = the largest v in a disc (n < 0: the smallest in a disc of -n): row dy reaches
floor(sqrt(n² - dy²) + 0.5) to each side; what lies outside of the picture does not count.
Smooth σ. Gaussian with weights exp(-i² / 2σ²) for |i| <= ceil(3σ), divided by their sum, the picture's rim
repeated; with b = blurred / 65535, v = round(65535 clamp(0.5 + (b - 0.5) (1 + σ), 0, 1)).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import cv2
import numpy as np
import numpy.typing as npt

from .arrays import Alpha, check_alpha
from .lasso import lasso_cover
from .regions import Box
from .strokes import Brush, FillHoles, Grow, Invert, Lasso, Point, Smooth, Stroke

Levels = npt.NDArray[np.uint16]
Floats = npt.NDArray[np.float64]
Likeness = Callable[[Brush, Box], npt.NDArray[np.uint8]]

FULL = 65535
_AT_ONCE = 32_768  # px of a piece that are worked on together: their floats stay in the cache


def replay(alpha: Alpha, strokes: Sequence[Stroke], likeness: Likeness | None = None) -> Alpha:
    """Return the H×W float32 alpha that the strokes make of `alpha`; a new array.

    `likeness` is asked for smart strokes: 0..255 for each px of the box, how much the px is like what the stroke
    is drawn over. ValueError when a smart stroke comes without it.
    """
    levels = np.floor(check_alpha(alpha).astype(np.float64) * FULL + 0.5).astype(np.uint16)
    for stroke in strokes:
        levels = _applied(levels, stroke, likeness)
    return levels.astype(np.float32) / np.float32(FULL)


def _applied(levels: Levels, stroke: Stroke, likeness: Likeness | None) -> Levels:
    match stroke:
        case Brush():
            return _brushed(levels, stroke, likeness)
        case Lasso():
            cover = lasso_cover(stroke.points, levels.shape)
            return _blended(levels, cover, 1.0, stroke.mode == "add")
        case FillHoles():
            return _filled(levels)
        case Invert():
            return FULL - levels
        case Grow():
            return _grown(levels, stroke.px)
        case Smooth():
            return _smoothed(levels, stroke.px)


# --- Brush -----------------------------------------------------------------------------------------------


def brush_box(brush: Brush, shape: tuple[int, ...]) -> Box:
    """The px that a stroke can touch, cut to the picture; empty when it stays outside."""
    reach = brush.size / 2 + 1
    left, right = _span([point.x for point in brush.points], reach, shape[1])
    top, bottom = _span([point.y for point in brush.points], reach, shape[0])
    return Box(left, top, right - left, bottom - top)


def _span(places: Sequence[float], reach: float, end: int) -> tuple[int, int]:
    first = min(max(math.floor(min(places) - reach), 0), end)
    return first, max(min(math.ceil(max(places) + reach), end), first)


def cover(brush: Brush, box: Box) -> Levels:
    """How much the stroke covers each px of the box, 0..65535."""
    covered = np.zeros((box.height, box.width), np.uint16)
    points = brush.points
    for start, end in zip((points[0], *points), points, strict=False):
        for rows, columns in _windows(brush, start, end, box):
            part = covered[rows, columns]
            x = np.arange(columns.start, columns.stop) + (box.left + 0.5)
            y = np.arange(rows.start, rows.stop) + (box.top + 0.5)
            np.maximum(part, _piece(brush, start, end, x, y), out=part)
    return covered


def _windows(brush: Brush, start: Point, end: Point, box: Box) -> Iterator[tuple[slice, slice]]:
    """The part of the box that a piece can touch, in bands of rows."""
    reach = brush.size / 2 + 1
    left, right = _span([start.x - box.left, end.x - box.left], reach, box.width)
    top, bottom = _span([start.y - box.top, end.y - box.top], reach, box.height)
    step = max(1, _AT_ONCE // max(1, right - left))
    for row in range(top, bottom, step):
        if right > left:
            yield slice(row, min(row + step, bottom)), slice(left, right)


def _piece(brush: Brush, a: Point, b: Point, x: Floats, y: Floats) -> Levels:
    wx, wy = b.x - a.x, b.y - a.y
    length2 = wx * wx + wy * wy
    t = ((x - a.x) * wx)[None, :] + ((y - a.y) * wy)[:, None]
    if length2 > 0:
        np.divide(t, length2, out=t)
    np.clip(t, 0.0, 1.0, out=t)
    ex = x[None, :] - (a.x + t * wx)
    ey = y[:, None] - (a.y + t * wy)
    distance = np.sqrt(ex * ex + ey * ey)
    ra, rb = (brush.size / 2 * (0.2 + 0.8 * point.pressure) for point in (a, b))
    radius: Floats | float = ra + t * (rb - ra) if ra != rb else ra
    s = (radius + 0.5 - distance) / np.maximum(radius * (1 - brush.hardness), 1.0)
    np.clip(s, 0.0, 1.0, out=s)
    return np.floor(FULL * s * s * (3 - 2 * s) + 0.5).astype(np.uint16)


def _brushed(levels: Levels, brush: Brush, likeness: Likeness | None) -> Levels:
    box = brush_box(brush, levels.shape)
    if not box.width or not box.height:
        return levels
    covered = cover(brush, box)
    if brush.smart:
        if likeness is None:
            raise ValueError("a smart stroke needs the picture")
        covered = np.floor(covered * (likeness(brush, box) / 255.0) + 0.5).astype(np.uint16)
    levels[box.slices] = _blended(levels[box.slices], covered, brush.strength, brush.tool == "restore")
    return levels


def _blended(levels: Levels, covered: Levels, strength: float, restores: bool) -> Levels:
    """Band by band, as the floats of a whole large picture would take gigabytes."""
    blended = np.empty_like(levels)
    step = max(1, 1_000_000 // max(1, levels.shape[1]))
    for top in range(0, len(levels), step):
        band = slice(top, top + step)
        v = levels[band].astype(np.float64)
        k = strength * covered[band] / FULL
        v = v + (FULL - v) * k if restores else v - v * k
        blended[band] = np.floor(v + 0.5)
    return blended


# --- The whole mask --------------------------------------------------------------------------------------


def _filled(levels: Levels) -> Levels:
    count, labels = cv2.connectedComponents((levels < 32768).astype(np.uint8), connectivity=4)
    hole = np.ones(count, np.uint8)
    hole[0] = 0  # the foreground
    for side in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        hole[side] = 0
    if not hole.any():
        return levels
    holes = cv2.dilate(hole[labels], np.ones((5, 5), np.uint8))
    return np.where(holes > 0, np.uint16(FULL), levels)


def _grown(levels: Levels, px: int) -> Levels:
    """Row by row of the disc: a running maximum along x, moved up and down. Cost at 12 MP: 20 to 500 ms."""
    if px < 0:
        return FULL - _grown(FULL - levels, -px)
    height = len(levels)
    grown = levels.copy()
    for dy in range(min(px, height - 1) + 1):
        reach = math.floor(math.sqrt(px * px - dy * dy) + 0.5)
        wide = cv2.dilate(levels, np.ones((1, 2 * reach + 1), np.uint8)) if reach else levels
        np.maximum(grown[dy:], wide[: height - dy], out=grown[dy:])
        np.maximum(grown[: height - dy], wide[dy:], out=grown[: height - dy])
    return grown


def _smoothed(levels: Levels, sigma: float) -> Levels:
    reach = math.ceil(3 * sigma)
    weights = np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2 * sigma * sigma))
    weights /= weights.sum()
    values = levels.astype(np.float32) / np.float32(FULL)
    blurred = cv2.sepFilter2D(values, cv2.CV_32F, weights, weights, borderType=cv2.BORDER_REPLICATE)
    sharp = np.clip(0.5 + (blurred - np.float32(0.5)) * np.float32(1 + sigma), 0.0, 1.0)
    return np.asarray(np.floor(sharp * FULL + 0.5), np.uint16)
