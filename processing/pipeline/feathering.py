"""Feathering that follows the edge: a transition of one width, measured across the outline, whatever its shape."""

import cv2
import numpy as np

from .arrays import Alpha, Mask
from .scale import Floats
from .stripes import each, stripes

# Rows that are worked on at once: few enough to be shared out, many enough that their surroundings weigh little.
_ROWS = 256
# Discs that a place is tried with, in parts of the widest: how thick what it belongs to is.
_DISCS = (0.25, 0.5, 0.75, 1.0)
# No transition is narrower than a pixel.
_NARROWEST = 0.5
# How far the middle of the nearest pixel may lie beside the place that is meant.
_GRID = 0.75
# Up to this distance two pixels are neighbours.
_BESIDE = 1.6


def feather(alpha: Alpha, width: float) -> Alpha:
    """Return `alpha` (H×W) with an edge that takes `width` px more from clear to opaque, half of it on either side.

    The transition is a ramp over the distance to the outline (where alpha is a half), so the outline stays where it
    is, around corners too; softness that is there already adds to it as widths of blurs do. What is thinner than the
    transition, a strand or the gap between two, gets one as narrow as itself: it neither fades nor grows a halo.
    Local thickness is that of Hildebrand, Rüegsegger (1997). Cost at 12 MP: 0.2-0.4 s. Gain over the Gaussian that
    was here: a line of 2 px keeps all of its opacity at 10 px, where it kept a fifth.
    """
    if width <= 0 or not _has_edge(alpha >= 0.5):
        return alpha
    reach = int(np.ceil(1.5 * width)) + 2
    soft = np.empty_like(alpha)

    def work(rows: slice) -> None:
        top = max(0, rows.start - reach)
        near = alpha[top : rows.stop + reach]
        soft[rows] = _feathered(near, width / 2)[rows.start - top : rows.stop - top]

    each(work, stripes(len(alpha), _ROWS))
    return soft


def _has_edge(inside: Mask) -> bool:
    return bool(inside.any()) and not inside.all()


def _feathered(alpha: Alpha, reach: float) -> Alpha:
    inside = alpha >= 0.5
    if not _has_edge(inside):
        return alpha
    columns = _columns(inside, int(np.ceil(3 * reach)) + 2)
    part = alpha[:, columns]
    away, room = _outline(part, inside[:, columns], reach)
    ramp = np.clip(away / room, -1, 1)
    ramp *= np.float32(1.5) - np.float32(0.5) * ramp * ramp
    feathered = alpha.copy()
    feathered[:, columns] = _joined(2 * part - 1, ramp)
    return feathered


def _columns(inside: Mask, margin: int) -> slice:
    """The columns that have an edge, and some more on both sides."""
    edge = cv2.morphologyEx(inside.view(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    left, _, width, _ = cv2.boundingRect(edge)
    return slice(max(0, left - margin), left + width + margin)


def _joined(own: Floats, ramp: Floats) -> Alpha:
    """Two profiles across one edge, -1..1, become one: their widths add as those of blurs do, by their squares."""
    product = own * ramp
    length = own * own + ramp * ramp - product * product
    signed = np.where(own < 0, -np.abs(product), np.abs(product)) / np.sqrt(np.maximum(length, 1e-12))
    return np.asarray(np.clip(0.5 + 0.5 * signed, 0, 1), np.float32)


def _outline(alpha: Alpha, inside: Mask, reach: float) -> tuple[Floats, Floats]:
    """Return the distance to the outline, below 0 outside of it; and half the width that the transition has there."""
    sides = [_Side(alpha, inside, reach), _Side(1 - alpha, ~inside, reach)]
    away = np.where(inside, sides[0].depth, -sides[1].depth)
    # Each place counts with what it is in, and with what the nearest place of the other side is in.
    room = np.where(
        inside,
        np.minimum(sides[0].thickness, sides[0].beyond(sides[1])),
        np.minimum(sides[1].thickness, sides[1].beyond(sides[0])),
    )
    room = cv2.blur(room, (3, 3), borderType=cv2.BORDER_REFLECT)
    return np.asarray(away, np.float32), np.maximum(np.asarray(room, np.float32), np.float32(_NARROWEST))


class _Side:
    """Where `within` holds: how far the outline is, how thick this is (at most `reach`), what lies nearest beyond."""

    def __init__(self, alpha: Alpha, within: Mask, reach: float) -> None:
        """`alpha` (h×w) is above a half `within`, and below elsewhere."""
        distance, self._labels = cv2.distanceTransformWithLabels(
            within.view(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
        )
        self._others = ~within
        self.depth = _depth(np.asarray(distance, np.float32), alpha, self._nearest(alpha))
        self.thickness = _thickness(self.depth, reach)

    def beyond(self, other: "_Side") -> Floats:
        """How thick the other side is where it is nearest."""
        return self._nearest(other.thickness)

    def _nearest(self, levels: Floats) -> Floats:
        table = np.zeros(int(self._labels.max()) + 1, np.float32)
        table[self._labels[self._others]] = levels[self._others]
        return np.asarray(table[self._labels], np.float32)


def _depth(distance: Floats, alpha: Alpha, beyond: Alpha) -> Floats:
    """How far the outline is, given the `distance` to the middle of the nearest pixel beyond it and its level.

    Between neighbours it runs where the level between theirs is a half; else as far from the other's middle as its
    own level tells.
    """
    crossed = distance * (alpha - np.float32(0.5)) / np.maximum(alpha - beyond, np.float32(1e-6))
    far = distance - (np.float32(0.5) - beyond)
    return np.maximum(np.where(distance < _BESIDE, crossed, far), np.float32(0))


def _thickness(depth: Floats, reach: float) -> Floats:
    """The radius of the largest of some discs that fits in and covers the place; 0 where none does."""
    thickness = np.zeros_like(depth)
    for radius in (max(_NARROWEST, part * reach) for part in _DISCS):
        beside = (depth < radius - _GRID / 2).astype(np.uint8)
        if beside.all():
            break
        covered = cv2.distanceTransform(beside, cv2.DIST_L2, 5) <= radius + _GRID
        thickness[covered] = np.float32(radius)
    return thickness
