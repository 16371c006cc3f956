"""Colours of foreground and background apart, from coarse to fine, worked out where alpha is soft and nowhere else.

Germer, Uelwer, Conrad, Harmeling: Fast Multi-Level Foreground Estimation (2020).
"""

from collections.abc import Iterator

import cv2
import numpy as np
import numpy.typing as npt

from .arrays import Alpha, Mask, Rgb
from .scale import Floats
from .trimap import unknown

# Levels up to this side are worked out everywhere, and often; of finer ones the band alone, and rarely.
SMALL = 32
OFTEN, RARELY = 4, 2
# How alike neighbours are: at least, and by how much less where alpha changes between them.
ALIKE, ACROSS = 1e-3, 0.1

Places = npt.NDArray[np.intp]


def estimate(rgb: Rgb, alpha: Alpha) -> tuple[Floats, Floats]:
    """Return smooth colours of foreground and background, each h×w×3 float32 in 0..255.

    On each level both explain the picture together, and are like their neighbours' the more, the more alpha changes
    between them; a level starts from the one of half its size. Outside of the band they are what is coarsely around.
    Cost at 480 px: 20 ms of CPU time more. Gain over blur fusion (what was here before), error of the
    foreground's colours on 27 composites, in levels: with a net's alpha 17.7 -> 12.9, with the true one
    12.8 -> 4.5 (pymatting's: 13.3, 5.8).
    """
    front = back = np.zeros((1, 1, 3), np.float32)
    for colours, matte in _pyramid(rgb, alpha):
        height, width = matte.shape
        front, back = (_doubled(layer, (width, height)) for layer in (front, back))
        is_small = max(matte.shape) <= SMALL
        band = np.ones(matte.shape, np.bool_) if is_small else unknown(matte, 1)
        np.copyto(front, colours, where=((matte >= 0.5) & ~band)[..., None])
        np.copyto(back, colours, where=((matte < 0.5) & ~band)[..., None])
        if band.any():
            front, back = _told_apart(colours, matte, band, (front, back), OFTEN if is_small else RARELY)
    return front, back


def _pyramid(rgb: Rgb, alpha: Alpha) -> Iterator[tuple[Floats, Alpha]]:
    """The picture from a few pixels to its full size, each level twice the one before; pixels are picked, as an
    average of foreground and background is the colour of neither."""
    height, width = alpha.shape
    step = 1
    while max(height, width) > 2 * step:
        step *= 2
    while step:
        rows, columns = np.arange(step // 2, height, step), np.arange(step // 2, width, step)
        if rows.size and columns.size:
            places = np.ix_(rows, columns)
            yield rgb[places].astype(np.float32), alpha[places]
        step //= 2


def _doubled(layer: Floats, size: tuple[int, int]) -> Floats:
    return np.asarray(cv2.resize(layer, size, interpolation=cv2.INTER_NEAREST), np.float32)


def _told_apart(
    colours: Floats, alpha: Alpha, band: Mask, layers: tuple[Floats, Floats], rounds: int
) -> tuple[Floats, Floats]:
    """Return `layers` with the pixels of `band` solved `rounds` times from the picture and their neighbours."""
    height, width = alpha.shape
    framed = [cv2.copyMakeBorder(layer, 1, 1, 1, 1, cv2.BORDER_REPLICATE) for layer in layers]
    front, back = (np.asarray(layer, np.float32).reshape(-1, 3) for layer in framed)
    matte = np.asarray(cv2.copyMakeBorder(alpha, 1, 1, 1, 1, cv2.BORDER_REPLICATE), np.float32).ravel()
    rows, columns = np.nonzero(band)
    here = (rows + 1) * (width + 2) + columns + 1
    beside = [here + way for way in (-1, 1, -(width + 2), width + 2)]
    near = matte[here][:, None]
    pulls = [ALIKE + ACROSS * np.abs(matte[places][:, None] - near) for places in beside]
    ours, theirs = near * colours[band], (1 - near) * colours[band]
    both, much = near * (1 - near), np.sum(pulls, axis=0, dtype=np.float32)
    own, other = near * near + much, (1 - near) ** 2 + much
    share = 1 / (own * other - both * both)
    for _ in range(rounds):
        seen = ours + _pulled(front, beside, pulls)
        hidden = theirs + _pulled(back, beside, pulls)
        front[here] = np.clip(share * (other * seen - both * hidden), 0, 255)
        back[here] = np.clip(share * (own * hidden - both * seen), 0, 255)
    shape = height + 2, width + 2, 3
    return front.reshape(shape)[1:-1, 1:-1], back.reshape(shape)[1:-1, 1:-1]


def _pulled(layer: Floats, beside: list[Places], pulls: list[Floats]) -> Floats:
    """The sum of the neighbours' colours, each by its pull."""
    total = pulls[0] * layer[beside[0]]
    for places, pull in zip(beside[1:], pulls[1:], strict=True):
        total += pull * layer[places]
    return total
