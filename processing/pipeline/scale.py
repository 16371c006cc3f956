"""Two resolutions: estimates are made on a small working copy and applied, tile by tile, at full size."""

from collections.abc import Iterator
from typing import Any, TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from .arrays import Alpha, Mask, Rgb
from .stripes import stripes

# Longest side of the working copy. At 1024 px a 320 px net's own pixel is still three pixels wide.
WORK_SIDE = 1024
TILE = 64

Floats = npt.NDArray[np.float32]
Pixels = TypeVar("Pixels", npt.NDArray[np.uint8], npt.NDArray[np.uint16], npt.NDArray[np.float32])
Region = tuple[slice, slice]


def work_size(width: int, height: int, side: int = WORK_SIDE) -> tuple[int, int]:
    """Return width and height scaled down so that the longer one is at most `side`; never up."""
    factor = min(1.0, side / max(width, height))
    return max(1, round(width * factor)), max(1, round(height * factor))


def shrink(rgb: Rgb, size: tuple[int, int]) -> Rgb:
    """Return `rgb` reduced to (width, height); 12 MP to 1600 px take about 8 ms."""
    return resized(rgb, size)


def resized(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """Return `pixels` (uint8, uint16 or float32, any number of channels) at (width, height).

    Down: halved by averaging as often as that goes, then bilinear, which leaves out no pixel as the rest is less
    than a half; a fifth of the cost of averaging at once, and within half a level of it. Up: cubic.
    """
    width, height = size
    if size == (pixels.shape[1], pixels.shape[0]):
        return pixels
    if width > pixels.shape[1] or height > pixels.shape[0]:
        # numpy asks for large pages, which OpenCV does not: a third of the time at 12 MP.
        large = np.empty((height, width, *pixels.shape[2:]), pixels.dtype)
        return np.asarray(cv2.resize(pixels, size, large, interpolation=cv2.INTER_CUBIC), pixels.dtype)
    near = halved(pixels, max(size))
    much = near.shape[1] > 2 * width or near.shape[0] > 2 * height
    how = cv2.INTER_AREA if much else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(near, size, interpolation=how), pixels.dtype)


def halved(picture: Pixels, side: int) -> Pixels:
    """Return `picture` (uint8 or float32) halved as often as its longer side stays at least `side`.

    Exact halves take the fast path of OpenCV, four times cheaper than any other factor; an odd last row or
    column is left out, which moves nothing by more than half a pixel of the source.
    """
    while max(picture.shape[:2]) >= 2 * side and min(picture.shape[:2]) >= 2:
        height, width = picture.shape[0] // 2, picture.shape[1] // 2
        even = picture[: 2 * height, : 2 * width]
        picture = np.asarray(cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA), picture.dtype)
    return picture


def resize_alpha(alpha: Alpha, size: tuple[int, int]) -> Alpha:
    """Return `alpha` at (width, height), as `resized`, within 0..1."""
    if size == (alpha.shape[1], alpha.shape[0]):
        return alpha
    # Cubic overshoots next to steps.
    return np.clip(resized(alpha, size), 0.0, 1.0)


def around(where: Mask, margin: int) -> Region:
    """Return the rows and columns that hold all True of `where`, and `margin` px more on each side."""
    left, top, width, height = cv2.boundingRect(where.astype(np.uint8))
    rows = slice(max(0, top - margin), top + height + margin)
    return rows, slice(max(0, left - margin), left + width + margin)


def tiles(where: Mask, size: tuple[int, int]) -> Iterator[Region]:
    """Yield the regions of a (width, height) picture whose working-copy pixels hold any True of `where`."""
    for rows in stripes(size[1]):
        yield from tiles_across(where, size, rows)


def tiles_across(where: Mask, size: tuple[int, int], rows: slice) -> Iterator[Region]:
    """As `tiles`, those of some rows of the picture; neighbours are one region."""
    (width, height), (down, across) = size, where.shape
    seen: Mask = where[rows.start * down // height : -(-rows.stop * down // height)].max(axis=0)
    if not seen.any():
        return
    start = None
    for left in range(0, width, TILE):
        marked = seen[left * across // width : -(-min(left + TILE, width) * across // width)].any()
        if marked and start is None:
            start = left
        elif not marked and start is not None:
            yield rows, slice(start, left)
            start = None
    if start is not None:
        yield rows, slice(start, width)


def sample(small: Any, region: Region, size: tuple[int, int]) -> Floats:
    """Return what `small` (h×w or h×w×C, C ≤ 4) is over `region` of a (width, height) picture, bilinear."""
    rows, columns = region
    across, down = small.shape[1] / size[0], small.shape[0] / size[1]
    # Pixel centres correspond: (x + ½)·scale - ½.
    matrix = np.array(
        [
            [across, 0.0, (columns.start + 0.5) * across - 0.5],
            [0.0, down, (rows.start + 0.5) * down - 0.5],
        ]
    )
    target = (columns.stop - columns.start, rows.stop - rows.start)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(small, matrix, target, flags=flags, borderMode=cv2.BORDER_REPLICATE))
