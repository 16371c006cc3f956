"""Shadows, cast from the alpha alone: an outline that is moved, a ground to stand on, the dark under a car.

All are smooth, so they are made on a small copy, H×W float32 in 0..1, and enlarged at the end.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from .arrays import Alpha
from .compose import Levels
from .measures import lengths
from .placement import Placement
from .recipe import Recipe
from .regions import without_specks
from .scale import Floats, resize_alpha, work_size

# Longest side of the copy that grounds are made on, and how many px of a copy a blur needs to be smooth.
_SIDE = 768
_SMOOTH = 3.0
# Steeper parts of the lower outline are the subject's flanks and no ground.
_STEEP = 0.45
# Of a cast shadow: its height for one unit of the subject's height.
_SQUASH = 0.30
# How high the dark under a car may reach, and how fast the dim light under what stands ends, in units of the
# subject's size.
_UNDER, _LOW = 0.20, 0.08


def shadow(alpha: Alpha, where: Placement, recipe: Recipe) -> Levels:
    """How dark the shadow of the cutout is, H×W uint8; `alpha` covers the canvas. Cost at 12 MP: about 30 ms."""
    size = where.canvas
    if recipe.shadow == "drop":
        dark = drop(alpha, where, recipe)
    else:
        small = resize_alpha(alpha, work_size(*size, side=_SIDE))
        ground = ground_of(small)
        dark = (
            np.zeros((1, 1), np.float32) if ground is None else _CASTS[recipe.shadow](small, ground, recipe)
        )
    small_levels = cv2.convertScaleAbs(np.clip(dark, 0, 1), alpha=2.55 * recipe.shadow_opacity)
    return np.asarray(cv2.resize(small_levels, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def drop(alpha: Alpha, where: Placement, recipe: Recipe) -> Floats:
    """The outline, moved and blurred."""
    longer = max(where.subject.width, where.subject.height) / where.factor
    (blur,), (right, down) = lengths(recipe.shadow_blur), lengths(recipe.shadow_offset)
    sigma = blur.of(longer) * where.factor
    size = where.canvas
    small = work_size(*size, side=max(16, round(max(size) * min(1.0, _SMOOTH / max(sigma, 1e-6)))))
    across, along = small[0] / size[0], small[1] / size[1]
    shift = right.of(longer) * where.factor * across, down.of(longer) * where.factor * along
    dark = _warped(resize_alpha(alpha, small), np.array([[1, 0, shift[0]], [0, 1, shift[1]]]))
    return _soft(dark, sigma * across, sigma * along)


@dataclass(frozen=True, eq=False)
class Ground:
    """Where the subject stands. Arrays have one value for each column of the picture.

    `line` is the height (y) of the ground, `gap` how far the subject hangs above it (inf where there is none);
    `left` and `right` are the subject's outermost columns, `height` its height in px.
    """

    line: Floats
    gap: Floats
    left: int
    right: int
    height: int

    @property
    def width(self) -> int:
        return self.right - self.left + 1

    @property
    def size(self) -> float:
        """One measure for how large the subject is."""
        return float(np.sqrt(self.width * min(self.height, 2 * self.width)))

    @property
    def touch(self) -> Floats:
        """0..1, how near to the ground the subject is in each column."""
        return self.near(0.025)

    def near(self, reach: float) -> Floats:
        """0..1, falling to a third at a gap of `reach` times the subject's size."""
        return np.asarray(np.exp(-self.gap / (reach * self.size)), np.float32)


def ground_of(alpha: Alpha) -> Ground | None:
    """Find the ground: the convex lower outline around the lowest point, level beyond; None without a subject."""
    solid = without_specks(np.where(alpha > 0.5, alpha, np.float32(0))) > 0
    columns = np.flatnonzero(solid.any(axis=0))
    if columns.size == 0:
        return None
    lowest = len(solid) - 1 - solid[::-1].argmax(axis=0)
    vertices = _hull(columns, lowest[columns])
    x = np.arange(solid.shape[1], dtype=np.float32)
    line = np.interp(x, [v[0] for v in vertices], [v[1] for v in vertices]).astype(np.float32)
    gap = np.where(solid.any(axis=0), np.maximum(line - lowest, 0), np.inf).astype(np.float32)
    rows = np.flatnonzero(solid.any(axis=1))
    return Ground(line, gap, int(columns[0]), int(columns[-1]), int(rows[-1] - rows[0] + 1))


def _hull(x: np.ndarray, y: np.ndarray) -> list[tuple[int, int]]:
    """The lower outline's hull (y grows downwards), without its steep ends."""
    points = np.stack([x, y], axis=1).astype(np.int32)
    base = int(y.argmax())
    kept = [(int(x[base]), int(y[base]))]
    for side in (points[base:], points[base::-1]):
        at = side[0]
        rest = side[1:]
        reached = []
        while len(rest):
            # The next vertex is the one that rises least.
            rise = (at[1] - rest[:, 1]) / np.abs(rest[:, 0] - at[0])
            best = len(rise) - 1 - int(rise[::-1].argmin())
            if rise[best] > _STEEP:
                break
            at, rest = rest[best], rest[best + 1 :]
            reached.append((int(at[0]), int(at[1])))
        kept += reached
    return sorted(set(kept))


def standing(alpha: Alpha, ground: Ground, recipe: Recipe) -> Floats:
    """A dark line of contact, a pool around it, dim light under what hangs low, and the subject laid down."""
    y = np.arange(len(alpha), dtype=np.float32)[:, None]
    size, touch = ground.size, ground.touch
    near = _soft(_along(y, ground.line, touch, 0.022 * size, 0.014 * size), 0.012 * size, 0.005 * size)
    pool = _along(y, ground.line, _spread(touch, 0.05 * size), 0.060 * size, 0.040 * size)
    dim = _along(y, ground.line, _spread(ground.near(_LOW), 0.04 * size), 0.10 * size, 0.030 * size)
    fallen = 0.5 * _fallen(alpha, ground, recipe.shadow_angle)
    # Each takes its part of the light that the others left.
    left = (1 - 0.95 * near.clip(0, 1)) * (1 - 0.7 * _soft(pool, 0.03 * size, 0.010 * size))
    return np.asarray(1 - left * (1 - 0.4 * _soft(dim, 0.03 * size, 0.012 * size)) * (1 - fallen), np.float32)


def _fallen(alpha: Alpha, ground: Ground, angle: float) -> Floats:
    """The subject laid down on the ground behind it: sharper and darker near its feet. `angle`: 0 straight back,
    degrees to the right."""
    weight = np.maximum(ground.touch, 1e-6)
    base = float((ground.line * weight).sum() / weight.sum())
    lean = _SQUASH * float(np.tan(np.deg2rad(angle)))
    # y' = base - squash·(base - y); x' = x + lean·(base - y)
    laid = _warped(alpha, np.array([[1, -lean, lean * base], [0, _SQUASH, base * (1 - _SQUASH)]]))
    y = np.arange(len(alpha), dtype=np.float32)[:, None]
    far = np.clip((base - y) / (_SQUASH * ground.height), 0, 1)
    sharp, soft = _soft(laid, *[0.012 * ground.size] * 2), _soft(laid, *[0.045 * ground.size] * 2)
    return np.asarray((sharp + far**0.6 * (soft - sharp)) * (1 - far) ** 1.1, np.float32)


def parked(alpha: Alpha, ground: Ground, recipe: Recipe) -> Floats:
    """Nearly black under what hangs low over the ground, as between wheels, and a flat pool around all of that.

    Beside feet, where what is above is no underbody but a hand or a coat, the ground stays light.
    """
    y = np.arange(len(alpha), dtype=np.float32)[:, None]
    size = ground.size
    low = (3 - 2 * ground.gap / (_UNDER * size)).clip(0, 1).astype(np.float32)
    low = np.maximum(_closed(low, round(0.04 * size)), ground.touch)
    hang, up = np.minimum(ground.gap, _UNDER * size), ground.line - y
    # It fades upwards, so that a gap which is no wheel's height gets no hard upper edge.
    under = ((up >= 0) & (up <= hang + 0.02 * size)) * low * (1 - (up / (_UNDER * size)) ** 4).clip(0, 1)
    pool = _along(y, ground.line, _spread(low, 0.04 * size), 0.07 * size, 0.030 * size)
    dark = _soft(np.asarray(under, np.float32), 0.02 * size, 0.008 * size)
    left = (1 - 0.9 * dark) * (1 - 0.7 * _soft(pool, 0.03 * size, 0.012 * size))
    return np.asarray(1 - left, np.float32)


def _closed(weight: Floats, reach: int) -> Floats:
    """Without gaps that are narrower than `reach`."""
    kernel = np.ones((1, 2 * max(0, reach // 2) + 1), np.uint8)
    return np.asarray(cv2.morphologyEx(weight[None, :], cv2.MORPH_CLOSE, kernel)[0], np.float32)


def _spread(weight: Floats, sigma: float) -> Floats:
    """Softened along the ground, its peak at 1."""
    wide = cv2.GaussianBlur(weight[None, :], (0, 0), max(sigma, 0.2), borderType=cv2.BORDER_CONSTANT)[0]
    return np.asarray(wide / max(float(wide.max()), 1e-6), np.float32)


_CASTS: dict[str, Callable[[Alpha, Ground, Recipe], Floats]] = {"3d": standing, "car": parked}


def _along(y: Floats, line: Floats, weight: Floats, behind: "Floats | float", before: float) -> Floats:
    """A band that follows the ground, fading upwards (behind it) and downwards (before it) as Gaussians."""
    away = y - line[None, :]
    width = np.where(away < 0, behind, before).astype(np.float32)
    return np.asarray(np.exp(-0.5 * (away / np.maximum(width, 0.5)) ** 2) * weight[None, :], np.float32)


def _soft(dark: Floats, across: float, down: float) -> Floats:
    if max(across, down) < 0.2:
        return dark
    blurred = cv2.GaussianBlur(
        dark, (0, 0), max(across, 0.2), sigmaY=max(down, 0.2), borderType=cv2.BORDER_REPLICATE
    )
    return np.asarray(blurred, np.float32)


def _warped(dark: Alpha, matrix: np.ndarray) -> Floats:
    size = dark.shape[1], dark.shape[0]
    moved = cv2.warpAffine(dark, matrix.astype(np.float64), size, borderMode=cv2.BORDER_CONSTANT)
    return np.asarray(moved, np.float32)
