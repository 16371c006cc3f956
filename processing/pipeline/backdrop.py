"""Paints what lies behind the cutout: gradient, another picture, the photo out of focus."""

from collections.abc import Callable

import cv2
import numpy as np

from .arrays import Alpha, Rgb, Rgba
from .background import Blur, Gradient
from .codec import Photo
from .compose import on_canvas, resize, to_rgba
from .frames import fractions
from .measures import Size
from .placement import Placement, scaled
from .recipe import Recipe
from .regions import Box
from .scale import Floats, resized, work_size

# Given the SHA-256 of a background picture, returns it; PipelineError background_missing when it is not there.
Pictures = Callable[[str], Photo]

_STEPS = 4096
_STRIPE = 256
# A blur is done on a copy where its standard deviation is this many px: wide enough to be smooth.
_WORK_SIGMA = 4.0


def gradient(wanted: Gradient, size: Size) -> Rgb | Rgba:
    """Paint a (width, height) canvas; H×W×3 when every colour is opaque. Cost at 12 MP: about 150 ms.

    As in CSS, the line is so long that the corners it points at get the end colours exactly.
    """
    width, height = size
    channels = 3 if all(each[3] == 255 for each in wanted.colours) else 4
    table = _table(wanted, channels)
    angle = np.deg2rad(wanted.angle)
    across, down = np.float32(np.sin(angle)), np.float32(-np.cos(angle))
    long = abs(across) * width + abs(down) * height
    x = (np.arange(width, dtype=np.float32) + 0.5 - width / 2) * (across / long)
    y = (np.arange(height, dtype=np.float32) + 0.5 - height / 2) * (down / long) + 0.5
    canvas = np.empty((height, width, channels), np.uint8)
    for top in range(0, height, _STRIPE):
        along = (x + y[top : top + _STRIPE, None]) * (_STEPS - 1)
        np.take(table, np.rint(along).astype(np.intp), axis=0, out=canvas[top : top + _STRIPE], mode="clip")
    return canvas


def _table(wanted: Gradient, channels: int) -> np.ndarray:
    """The colours along the line; mixed as straight values, as their alphas differ little or not at all."""
    stops = np.linspace(0, 1, len(wanted.colours))
    where = np.linspace(0, 1, _STEPS)
    planes = [np.interp(where, stops, [each[i] for each in wanted.colours]) for i in range(channels)]
    return np.rint(np.stack(planes, axis=1)).astype(np.uint8)


def picture(found: Photo, size: Size, recipe: Recipe) -> Rgb | Rgba:
    """Fit another picture to the canvas: cover (cut) or contain (the rest stays clear), at its focal point."""
    focus = fractions(recipe.background_focus)
    box, target = _cover(found.size, size, focus), Box(0, 0, *size)
    if recipe.background_fit == "contain":
        box, target = Box(0, 0, *found.size), _contain(found.size, size, focus)
    rgb = found.rgb[box.slices]
    if found.alpha is None and target == Box(0, 0, *size):
        return resized(rgb, size)
    opacity = np.ones(rgb.shape[:2], np.float32) if found.alpha is None else found.alpha[box.slices]
    fitted: Rgba = on_canvas(resize(to_rgba(rgb, opacity), (target.width, target.height)), target, size)
    return fitted


def _cover(source: Size, canvas: Size, focus: tuple[float, float]) -> Box:
    """The largest part of the source with the canvas's aspect, its focal point as near the middle as can be."""
    factor = min(source[0] / canvas[0], source[1] / canvas[1])
    width, height = (max(1, min(source[i], round(canvas[i] * factor))) for i in (0, 1))
    left, top = (
        min(max(0, round(focus[i] * source[i] - part / 2)), source[i] - part)
        for i, part in enumerate((width, height))
    )
    return Box(left, top, width, height)


def _contain(source: Size, canvas: Size, focus: tuple[float, float]) -> Box:
    factor = min(canvas[0] / source[0], canvas[1] / source[1])
    width, height = (max(1, min(canvas[i], round(source[i] * factor))) for i in (0, 1))
    return Box(round(focus[0] * (canvas[0] - width)), round(focus[1] * (canvas[1] - height)), width, height)


def blurred(wanted: Blur, photo: Photo, alpha: Alpha, where: Placement) -> Rgb:
    """The photo without its subject, out of focus, behind the whole canvas; `alpha` is of the photo's size.

    Where the subject was, the surroundings are drawn in, so that no halo of it is left. Where the photo does
    not fill the canvas, it is enlarged to cover it. Cost at 12 MP: about 60 ms.
    """
    size = where.canvas
    box = (
        scaled(where.region, photo.source_size, photo.size)
        if where.fills
        else _cover(photo.size, size, (0.5, 0.5))
    )
    sigma = wanted.sigma / 100 * max(size)
    small = work_size(*size, side=max(16, round(max(size) * min(1.0, _WORK_SIGMA / sigma))))
    rgb = resized(photo.rgb[box.slices], small).astype(np.float32)
    # Pixels of the edge hold the subject's colour too, so they count as the subject's.
    rest = (1 - 4 * resized(alpha[box.slices], small)).clip(0, 1)
    rest = np.asarray(cv2.erode(rest, np.ones((3, 3), np.uint8)), np.float32)
    near = sigma * max(small) / max(size)
    filled = _filled(rgb, rest, near)
    soft = cv2.GaussianBlur(filled, (0, 0), near, borderType=cv2.BORDER_REFLECT)
    return resized(np.rint(soft).clip(0, 255).astype(np.uint8), size)


def _filled(rgb: Floats, rest: Alpha, sigma: float) -> Floats:
    """Return `rgb` with what is not `rest` replaced by its surroundings, nearer ones first."""
    filled = np.broadcast_to(_mean(rgb, rest), rgb.shape).astype(np.float32)
    for reach in (8 * sigma, 3 * sigma, sigma):
        weight = cv2.GaussianBlur(rest, (0, 0), reach, borderType=cv2.BORDER_REFLECT)[..., None]
        around = cv2.GaussianBlur(rgb * rest[..., None], (0, 0), reach, borderType=cv2.BORDER_REFLECT)
        trust = np.clip(weight * 4, 0, 1)
        filled += trust * (around / np.maximum(weight, 1e-4) - filled)
    return filled + rest[..., None] * (rgb - filled)


def _mean(rgb: Floats, rest: Alpha) -> Floats:
    weight = rest if rest.sum() > 1 else np.ones_like(rest)
    return np.asarray((rgb * weight[..., None]).sum((0, 1)) / weight.sum(), np.float32)
