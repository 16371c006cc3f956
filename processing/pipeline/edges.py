"""The edge of the matte: brought to full size along the picture's own edges, softened, moved, cleaned."""

import cv2
import numpy as np

from .arrays import Alpha, Rgb
from .scale import Floats, resize_alpha, sample, shrink, tiles, work_size
from .trimap import unknown

# Of the guided filter: window radius in working pixels, and how much contrast counts as an edge.
RADIUS = 4
EPSILON = 1e-3
# Levels that become fully clear and fully opaque: nets leave a haze of a few percent.
CLEAR, OPAQUE = 0.04, 0.96


def upsample(rgb: Rgb, alpha: Alpha) -> Alpha:
    """Return `alpha` (any size) at the size of `rgb`, its edges snapped to those of the picture.

    Fast guided filter with a colour guide on a working copy, applied at full size in the unknown band.
    Cost at 12 MP: about 100 ms, 60 MB. Gain: edges follow the picture instead of the net's coarse pixels.
    """
    size = rgb.shape[1], rgb.shape[0]
    small_size = work_size(*size)
    small_alpha = resize_alpha(alpha, small_size)
    band = unknown(small_alpha, 2 * RADIUS)
    coefficients = guided(shrink(rgb, small_size), small_alpha)
    weight = cv2.blur(band.astype(np.float32), (RADIUS, RADIUS))
    full = resize_alpha(alpha, size).copy()
    for region in tiles(band, size):
        plane = sample(coefficients, region, size)
        guess = np.einsum("ijk,ijk->ij", plane[..., :3], rgb[region], dtype=np.float32) + plane[..., 3]
        full[region] += sample(weight, region, size) * (np.clip(guess, 0.0, 1.0) - full[region])
    return snap(full)


def guided(guide: Rgb, alpha: Alpha) -> Floats:
    """Return h×w×4: per pixel the weights of R, G, B (0..255) and a constant that best explain `alpha`.

    He, Sun, Tang: Guided Image Filtering, with the full 3×3 covariance of the colours in each window.
    """
    picture = guide.astype(np.float32) / 255
    mean, mean_alpha = _box(picture), _box(alpha)
    covariance = _box(picture * alpha[..., None]) - mean * mean_alpha[..., None]
    weights = np.einsum("ijkl,ijl->ijk", _inverse_spread(picture, mean), covariance)
    constant = mean_alpha - np.einsum("ijk,ijk->ij", weights, mean)
    return _box(np.dstack([weights / 255, constant]).astype(np.float32))


def _inverse_spread(picture: Floats, mean: Floats) -> Floats:
    """Return h×w×3×3, the inverted colour covariance of each window, regularised by EPSILON."""
    pairs = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)]
    rr, rg, rb, gg, gb, bb = (
        _box(picture[..., i] * picture[..., j]) - mean[..., i] * mean[..., j] + EPSILON * (i == j)
        for i, j in pairs
    )
    adjugate = (
        (gg * bb - gb * gb, gb * rb - rg * bb, rg * gb - gg * rb),
        (gb * rb - rg * bb, rr * bb - rb * rb, rb * rg - rr * gb),
        (rg * gb - gg * rb, rb * rg - rr * gb, rr * gg - rg * rg),
    )
    determinant = rr * adjugate[0][0] + rg * adjugate[0][1] + rb * adjugate[0][2]
    return np.stack([np.stack([cell / determinant for cell in row], -1) for row in adjugate], -2)


def _box(array: Floats) -> Floats:
    side = 2 * RADIUS + 1
    return np.asarray(cv2.blur(array, (side, side), borderType=cv2.BORDER_REFLECT))


def snap(alpha: Alpha) -> Alpha:
    """Stretch `alpha` so that haze becomes clear and near-opaque becomes opaque; in place, returned."""
    alpha -= np.float32(CLEAR)
    alpha *= np.float32(1 / (OPAQUE - CLEAR))
    return np.clip(alpha, 0.0, 1.0, out=alpha)


def feather(alpha: Alpha, sigma: float) -> Alpha:
    """Soften by a Gaussian of `sigma` px. Cost at 12 MP: 60-150 ms."""
    if sigma <= 0:
        return alpha
    return np.asarray(cv2.GaussianBlur(alpha, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE))


def expand(alpha: Alpha, pixels: float) -> Alpha:
    """Move the edge outwards by `pixels` (inwards if negative), keeping its softness; fractions blend."""
    whole = int(abs(pixels))
    rest = np.float32(abs(pixels) - whole)
    moved = _grown(alpha, whole, pixels > 0)
    if rest == 0:
        return moved
    return moved + rest * (_grown(alpha, whole + 1, pixels > 0) - moved)


def _grown(alpha: Alpha, radius: int, outwards: bool) -> Alpha:
    if radius == 0:
        return alpha
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return np.asarray((cv2.dilate if outwards else cv2.erode)(alpha, disc))
