"""The foreground's own colour under soft alpha, so that no trace of the old background shows."""

from typing import NamedTuple

import cv2
import numpy as np

from .arrays import Alpha, Mask, Rgb, Rgba
from .compose import join
from .scale import WORK_SIDE, Floats, around, resize_alpha, sample, shrink, tiles_across, work_size
from .stripes import each, stripes
from .trimap import unknown

# Blur widths of the two passes, in pixels of a working copy of WORK_SIDE.
COARSE, FINE = 90, 6


class _Share(NamedTuple):
    """How much of each window is foreground and background, never quite nothing; `width` of the window."""

    width: int
    front: Floats
    back: Floats


def cut_out(rgb: Rgb, alpha: Alpha, side: int = WORK_SIDE) -> Rgba:
    """Join `rgb` and `alpha`, the colours of soft pixels replaced by an estimate of the foreground alone.

    Blur fusion in two passes (Forte: Approximate Fast Foreground Colour Estimation, 2021) on a working
    copy, applied at full size where alpha is soft. Opaque pixels keep their colour exactly, clear ones are black.
    Cost at 12 MP: about 120 ms, 48 MB. Gain: no fringe of the old background around hair and edges.
    `side` is that of the working copy: at 512 px it costs a third, and differs by less than a level.
    """
    size = rgb.shape[1], rgb.shape[0]
    front, back, band = _estimated(rgb, alpha, side)
    rgba = np.empty((*alpha.shape, 4), np.uint8)

    def finish(rows: slice) -> None:
        soft, stripe = list(tiles_across(band, size, rows)), rgb[rows]
        if soft:
            stripe = stripe.copy()
        for region in soft:
            colours = sample(front, region, size), sample(back, region, size)
            _fuse(stripe[:, region[1]], alpha[region], *colours)
        join(stripe, alpha[rows], rgba[rows])

    each(finish, stripes(size[1]))
    return rgba


def _estimated(rgb: Rgb, alpha: Alpha, side: int) -> tuple[Floats, Floats, Mask]:
    """Smooth colours of foreground and background on a working copy, and where they are needed there."""
    small_size = work_size(rgb.shape[1], rgb.shape[0], side)
    widths = round(COARSE * side / WORK_SIDE), round(FINE * side / WORK_SIDE)
    small, small_alpha = shrink(rgb, small_size), resize_alpha(alpha, small_size)
    band = unknown(small_alpha, 1)
    front, back = np.zeros(small.shape, np.float32), np.zeros(small.shape, np.float32)
    if band.any():
        part = around(band, widths[0])
        front[part], back[part] = estimate(small[part], small_alpha[part], widths)
    return front, back, band


def estimate(rgb: Rgb, alpha: Alpha, widths: tuple[int, int] = (COARSE, FINE)) -> tuple[Floats, Floats]:
    """Return smooth foreground and background colours, each h×w×3 float32 in 0..255."""
    shares = [_share(alpha, width) for width in widths]
    planes = each(lambda plane: _plane(np.asarray(plane, np.float32), alpha, shares), cv2.split(rgb))
    return np.dstack([front for front, _ in planes]), np.dstack([back for _, back in planes])


def _plane(plane: Floats, alpha: Alpha, shares: list[_Share]) -> tuple[Floats, Floats]:
    coarse, fine = shares
    front, back = _averaged(plane, plane, alpha, coarse)
    return _averaged(np.clip(_fused(plane, alpha, front, back), 0, 255), back, alpha, fine)


def _share(alpha: Alpha, width: int) -> _Share:
    total = _box(alpha, width)
    return _Share(width, total + np.float32(1e-5), 1 - total + np.float32(1e-5))


def _averaged(front: Floats, back: Floats, alpha: Alpha, share: _Share) -> tuple[Floats, Floats]:
    """Average `front` where alpha is high and `back` where it is low, over a window."""
    near, far = front * alpha, back * (1 - alpha)
    return _box(near, share.width) / share.front, _box(far, share.width) / share.back


def _box(plane: Floats, width: int) -> Floats:
    return np.asarray(cv2.blur(plane, (width, width), borderType=cv2.BORDER_REFLECT), dtype=np.float32)


def _fused(colour: Floats, alpha: Alpha, front: Floats, back: Floats) -> Floats:
    """Correct the smooth estimate `front` by what it leaves unexplained of the picture; same shapes all."""
    rest = back - front
    rest *= alpha
    rest += colour
    rest -= back
    rest *= alpha
    rest += front
    return rest


def _fuse(rgb: Rgb, alpha: Alpha, front: Floats, back: Floats) -> None:
    """Overwrite the soft pixels of `rgb` with their foreground colour, and only them."""
    soft = cv2.inRange(alpha, np.nextafter(np.float32(0), np.float32(1)).item(), 1 - 2**-24)
    weight = np.asarray(cv2.merge([alpha, alpha, alpha]), np.float32)
    colour = np.clip(_fused(rgb.astype(np.float32), weight, front, back), 0, 255)
    cv2.copyTo(np.rint(colour).astype(np.uint8), soft, rgb)
