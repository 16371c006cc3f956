"""Matting of the unknown band: the matte that the picture's own colours agree with, near what the net said."""

from collections.abc import Callable

import cv2
import numpy as np

from .arrays import Alpha, Mask, Rgb
from .scale import Floats

# Radius of the windows in which foreground and background are taken for lines in colour space, in working px.
RADIUS = 3
# Noise of the colours (variance, of 0..1) below which differences mean nothing.
EPSILON = 1e-4
# How much the net's word counts against the colours' in the unknown band.
PRIOR = 0.03
# Conjugate gradients end here at the latest; the residual has mostly fallen a hundredfold by then.
STEPS, ENOUGH = 40, 1e-2

Product = Callable[[Floats], Floats]


def solve(rgb: Rgb, alpha: Alpha, unknown: Mask, prior: float = PRIOR) -> Alpha:
    """Return `alpha` with its `unknown` pixels (H×W bool) solved anew from the colours of `rgb`; same size all.

    Minimises a·L·a + prior·|a - alpha|² over the unknown pixels, the others stay as they are; L is the matting
    Laplacian (Levin, Lischinski, Weiss: A Closed-Form Solution to Natural Image Matting). L is never built: its
    product is `a` minus `a` filtered by the picture (He, Sun, Tang: Fast Matting Using Large Kernel Matting
    Laplacian Matrices), so that memory is about 30 planes of the size given, whatever the picture shows.
    """
    mask = unknown.astype(np.float32)
    filtered = _filter(rgb)

    def product(matte: Floats) -> Floats:
        return np.asarray(mask * (matte - filtered(matte) + np.float32(prior) * matte), np.float32)

    # The deviation from `alpha` is sought: it is zero where all is known, and small elsewhere.
    target = mask * (filtered(alpha) - alpha)
    change = _conjugate_gradients(product, np.asarray(target, np.float32))
    return np.asarray(np.clip(alpha + change, 0, 1), dtype=np.float32)


def _conjugate_gradients(product: Product, target: Floats) -> Floats:
    """Return x with product(x) = target, nearly; the best one met, should rounding lead astray."""
    found, rest = np.zeros_like(target), target.copy()
    way, size = rest.copy(), float(np.vdot(rest, rest))
    best, least = found, size
    enough = max(size * ENOUGH**2, 1e-8)
    for _ in range(STEPS):
        image = product(way)
        bend = float(np.vdot(way, image))
        # Flat colours at the end of single precision can make the product lose its definiteness.
        if size <= enough or not bend > 0:
            break
        step = np.float32(size / bend)
        found = found + step * way
        rest -= step * image
        before, size = size, float(np.vdot(rest, rest))
        if size < least:
            best, least = found, size
        way = rest + np.float32(size / before) * way
    return best


def _filter(rgb: Rgb) -> Product:
    """Return the guided filter of `rgb` as a function of the plane that it filters."""
    planes = [np.asarray(plane, np.float32) * np.float32(1 / 255) for plane in cv2.split(rgb)]
    means = [_box(plane) for plane in planes]
    inverse = _inverse(planes, means)

    def filtered(matte: Floats) -> Floats:
        mean = _box(matte)
        shared = [_box(plane * matte) - own * mean for plane, own in zip(planes, means, strict=True)]
        slopes = [_dot(row, shared) for row in inverse]
        constant = mean - _dot(slopes, means)
        return np.asarray(_dot([_box(slope) for slope in slopes], planes) + _box(constant), np.float32)

    return filtered


def _inverse(planes: list[Floats], means: list[Floats]) -> list[list[Floats]]:
    """Return the inverse of each window's colour covariance, a symmetric 3×3 matrix of planes."""

    def spread(i: int, j: int) -> Floats:
        noise = np.float32(EPSILON if i == j else 0)
        return np.asarray(_box(planes[i] * planes[j]) - means[i] * means[j] + noise, np.float32)

    rr, rg, rb, gg, gb, bb = (spread(*pair) for pair in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)))
    a, b, c = gg * bb - gb * gb, gb * rb - rg * bb, rg * gb - gg * rb
    d, e, f = rr * bb - rb * rb, rb * rg - rr * gb, rr * gg - rg * rg
    whole = rr * a + rg * b + rb * c
    a, b, c, d, e, f = (np.asarray(part / whole, np.float32) for part in (a, b, c, d, e, f))
    return [[a, b, c], [b, d, e], [c, e, f]]


def _dot(left: list[Floats], right: list[Floats]) -> Floats:
    return np.asarray(left[0] * right[0] + left[1] * right[1] + left[2] * right[2], dtype=np.float32)


def _box(plane: Floats) -> Floats:
    side = 2 * RADIUS + 1
    return np.asarray(cv2.blur(plane, (side, side), borderType=cv2.BORDER_REFLECT), dtype=np.float32)
