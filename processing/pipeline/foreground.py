"""The foreground's own colour under soft alpha, so that no trace of the old background shows."""

import cv2
import numpy as np

from .arrays import Alpha, Rgb
from .scale import Floats, resize_alpha, sample, shrink, tiles, work_size
from .trimap import unknown

# Blur widths of the two passes, in working pixels.
COARSE, FINE = 90, 6


def decontaminate(rgb: Rgb, alpha: Alpha) -> Rgb:
    """Return `rgb` with the colours of soft pixels replaced by an estimate of the foreground alone.

    Blur fusion in two passes (Forte: Approximate Fast Foreground Colour Estimation, 2021) on a working
    copy, applied at full size where alpha is soft. Opaque pixels keep their colour exactly.
    Cost at 12 MP: about 120 ms, 60 MB. Gain: no fringe of the old background around hair and edges.
    """
    size = rgb.shape[1], rgb.shape[0]
    small_size = work_size(*size)
    small, small_alpha = shrink(rgb, small_size), resize_alpha(alpha, small_size)
    band = unknown(small_alpha, 1)
    if not band.any():
        return rgb
    front, back = estimate(small, small_alpha)
    clean = rgb.copy()
    for region in tiles(band, size):
        clean[region] = _fused(
            rgb[region], alpha[region], sample(front, region, size), sample(back, region, size)
        )
    return clean


def estimate(rgb: Rgb, alpha: Alpha) -> tuple[Floats, Floats]:
    """Return smooth foreground and background colours, each h×w×3 float32 in 0..255."""
    picture, weight = rgb.astype(np.float32), alpha[..., None]
    front, back = _blurred(picture, picture, weight, COARSE)
    front = np.clip(front + weight * (picture - weight * front - (1 - weight) * back), 0, 255)
    return _blurred(front, back, weight, FINE)


def _blurred(front: Floats, back: Floats, weight: Floats, width: int) -> tuple[Floats, Floats]:
    """Average `front` where the weight is high and `back` where it is low, over a window."""
    total = _box(weight[..., 0], width)[..., None]
    new_front = _box(front * weight, width) / (total + 1e-5)
    new_back = _box(back * (1 - weight), width) / (1 - total + 1e-5)
    return new_front, new_back


def _box(array: Floats, width: int) -> Floats:
    return np.asarray(cv2.blur(array, (width, width), borderType=cv2.BORDER_REFLECT), dtype=np.float32)


def _fused(rgb: Rgb, alpha: Alpha, front: Floats, back: Floats) -> Rgb:
    weight = alpha[..., None]
    colour = front + weight * (rgb - weight * front - (1 - weight) * back)
    colour = np.rint(np.clip(colour, 0, 255)).astype(np.uint8)
    return np.where((weight > 0) & (weight < 1), colour, rgb)
