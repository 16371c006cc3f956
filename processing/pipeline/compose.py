"""From colours and alpha to the picture that is handed out: crop, size, background."""

import cv2
import numpy as np

from .arrays import Alpha, Rgb, Rgba
from .regions import Box


def crop_box(box: Box, margin: float, size: tuple[int, int]) -> Box:
    """Return `box` grown by `margin` percent of its longer side, kept inside a (width, height) picture."""
    pad = round(max(box.width, box.height) * margin / 100)
    left, top = max(0, box.left - pad), max(0, box.top - pad)
    right = min(size[0], box.left + box.width + pad)
    bottom = min(size[1], box.top + box.height + pad)
    return Box(left, top, right - left, bottom - top)


def target_size(size: tuple[int, int], max_megapixels: float, max_side: int) -> tuple[int, int]:
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


def to_rgba(rgb: Rgb, alpha: Alpha) -> Rgba:
    """Join colours and alpha, straight; fully clear pixels become black so that they compress to nothing."""
    opacity = levels(alpha)
    rgba = np.empty((*opacity.shape, 4), np.uint8)
    cv2.mixChannels([rgb, opacity], [rgba], [0, 0, 1, 1, 2, 2, 3, 3])
    # Four bytes at once; assigning through a mask takes thirty times longer.
    whole = rgba.view(np.uint32)[..., 0]
    np.multiply(whole, opacity > 0, out=whole)
    return rgba


def levels(alpha: Alpha) -> np.ndarray:
    """Return `alpha` as H×W uint8, rounded."""
    return np.asarray(cv2.convertScaleAbs(alpha, alpha=255.0), dtype=np.uint8)


def resize(rgba: Rgba, size: tuple[int, int]) -> Rgba:
    """Reduce to (width, height), weighting colours by alpha so that hidden colours never bleed in."""
    if size == (rgba.shape[1], rgba.shape[0]):
        return rgba
    weight = rgba[..., 3:].astype(np.float32)
    premultiplied = np.dstack([rgba[..., :3] * weight, weight])
    small = cv2.resize(premultiplied, size, interpolation=cv2.INTER_AREA)
    colours = small[..., :3] / np.maximum(small[..., 3:], 1e-3)
    return np.rint(np.dstack([colours, small[..., 3]])).clip(0, 255).astype(np.uint8)


def over(rgba: Rgba, colour: tuple[int, int, int, int]) -> Rgb | Rgba:
    """Lay the cutout over a plain colour; H×W×3 if that colour is opaque, else H×W×4 straight."""
    front, behind = rgba[..., 3:].astype(np.float32) / 255, colour[3] / 255
    total = front + behind * (1 - front)
    mixed = rgba[..., :3] * front + np.array(colour[:3], np.float32) * (behind * (1 - front))
    colours = np.rint(mixed / np.maximum(total, 1e-6)).astype(np.uint8)
    if colour[3] == 255:
        return colours
    return np.dstack([colours, np.rint(total * 255).astype(np.uint8)])
