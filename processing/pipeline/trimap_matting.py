"""Mattes from trimaps: what is surely foreground, surely background, and a band for the colours to decide."""

import cv2
import numpy as np

from .arrays import Alpha, Mask, Rgb
from .edges import upsample
from .matting import solve
from .scale import WORK_SIDE, resize_alpha, shrink, work_size

# Levels of a trimap, 0..1, up to and from which a pixel counts as sure.
SURE_BACKGROUND, SURE_FOREGROUND = 0.1, 0.9
# Longest side of the first of the copies on which the band is solved, each twice as large as the one before.
FIRST_SIDE = 128
# How little the guess counts against the colours: on the first copy what the net said may be far off.
PRIORS = (0.003, 0.01, 0.02, 0.04)


def from_trimap(rgb: Rgb, alpha: Alpha, trimap: Alpha) -> Alpha:
    """Return `alpha` (H×W float32, as `rgb`) as the `trimap` (any size, 0..1) demands: opaque where it is sure of
    the foreground, clear where it is sure of the background, solved from the picture's colours in between.

    The closed form of matting.solve, from coarse to fine (He, Sun, Tang), as its steps reach only a few px far.
    Works on a copy of at most 1024 px, so that cost and memory are bounded (about 0.5 s).
    """
    height, width = alpha.shape
    guess = alpha
    for side, prior in zip(_sides(max(alpha.shape)), PRIORS, strict=False):
        size = work_size(width, height, side)
        known = _known(trimap, size)
        rough = np.where(np.isnan(known), resize_alpha(guess, size), known)
        guess = solve(shrink(rgb, size), rough, np.isnan(known), prior)
    full = guess if guess.shape == alpha.shape else upsample(rgb, guess)
    known = _known(trimap, (width, height))
    return np.where(np.isnan(known), full, known)


def by_thresholds(rgb: Rgb, matte: Alpha, alpha: Alpha, levels: str, source: tuple[int, int]) -> Alpha:
    """Return `alpha` (H×W, as `rgb`) with the band solved that `matte` (any size) has between two levels.

    `levels` as Recipe.trimap; its px are those of the source, whose width and height are given. The band is found
    on the working copy: a px there is at most a few of the source.
    """
    foreground, background, erode = map(int, levels.split(","))
    size = work_size(alpha.shape[1], alpha.shape[0])
    near = resize_alpha(matte, size)
    trimap = thresholded(near, foreground / 255, background / 255, erode * max(size) / max(source))
    return from_trimap(rgb, alpha, trimap)


def thresholded(alpha: Alpha, foreground: float, background: float, erode: float) -> Alpha:
    """Return the trimap that rembg makes of a matte: 1 above `foreground`, 0 below `background` (both 0..1), each
    eroded by a square of `erode` px side, and ½ in between."""
    side = max(1, round(erode))
    kernel = np.ones((side, side), np.uint8)
    sure = cv2.erode((alpha > foreground).astype(np.uint8), kernel)
    # What lies beyond the rim is background to the background, and none of the foreground.
    clear = cv2.erode((alpha < background).astype(np.uint8), kernel, borderValue=1)
    return np.where(sure > 0, np.float32(1), np.where(clear > 0, np.float32(0), np.float32(0.5)))


def _sides(longest: int) -> list[int]:
    """The longest sides of the copies, from coarse to fine."""
    last = min(longest, WORK_SIDE)
    sides = [FIRST_SIDE << step for step in range(len(PRIORS) - 1) if FIRST_SIDE << step < last]
    return [*sides, last]


def _known(trimap: Alpha, size: tuple[int, int]) -> Alpha:
    """0 and 1 where the trimap is sure, NaN where it is not. A px of a copy is sure if all it stands for is."""
    near = trimap
    if size[0] < trimap.shape[1]:
        unknown = _between(trimap).astype(np.float32)
        near = np.where(resize_alpha(unknown, size) > 0.01, np.float32(0.5), resize_alpha(trimap, size))
    elif size != trimap.shape[::-1]:
        near = np.asarray(cv2.resize(trimap, size, interpolation=cv2.INTER_NEAREST), np.float32)
    return np.where(_between(near), np.float32(np.nan), np.round(near)).astype(np.float32)


def _between(levels: Alpha) -> Mask:
    return np.asarray((levels > SURE_BACKGROUND) & (levels < SURE_FOREGROUND))
