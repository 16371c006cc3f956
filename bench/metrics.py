"""How far a matte and its colours are from the truth. Mattes are H×W float32 in 0..1, colours H×W×3."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from processing.pipeline.arrays import Alpha, Mask, Rgb, Rgba

GRADIENT_SIGMA = 1.4  # px, as in the alpha matting benchmark (Rhemann et al., 2009)
BOUNDARY_REACH = 0.008  # part of the diagonal that a boundary may be off, as in DAVIS (Perazzi et al., 2016)
SUCCESS = 0.9  # IoU from which on a cutout counts as one that needs no repair

BACKDROPS = {"black": (0, 0, 0), "white": (255, 255, 255), "green": (0, 177, 64)}


def of_matte(alpha: Alpha, truth: Alpha) -> dict[str, float]:
    """All figures of one matte; iou, boundary and success are better high, the others low."""
    found = iou(alpha, truth)
    return {
        "iou": found,
        "success": float(found >= SUCCESS),
        "mae": float(np.abs(alpha - truth).mean()),
        "sad": float(np.abs(alpha - truth).sum() / 1000),
        "gradient": gradient_error(alpha, truth),
        "boundary": boundary_f(alpha >= 0.5, truth >= 0.5),
    }


def iou(alpha: Alpha, truth: Alpha) -> float:
    """Intersection over union at 0.5; 1 where both are empty."""
    ours, theirs = alpha >= 0.5, truth >= 0.5
    union = np.logical_or(ours, theirs).sum()
    return float(np.logical_and(ours, theirs).sum() / union) if union else 1.0


def gradient_error(alpha: Alpha, truth: Alpha) -> float:
    """Sum of squared differences of the gradients' lengths, in thousands."""
    return float(np.square(_slope(alpha) - _slope(truth)).sum() / 1000)


def _slope(alpha: Alpha) -> npt.NDArray[np.float64]:
    smooth = cv2.GaussianBlur(alpha.astype(np.float64), (0, 0), GRADIENT_SIGMA)
    down, across = (np.gradient(smooth, axis=axis) for axis in (0, 1))
    return np.asarray(np.hypot(down, across))


def boundary_f(ours: Mask, truth: Mask) -> float:
    """F measure of the outlines: which part of each lies near the other."""
    reach = max(1, int(np.ceil(BOUNDARY_REACH * np.hypot(*truth.shape))))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    lines = [_outline(mask) for mask in (ours, truth)]
    if not all(line.any() for line in lines):
        return float(not any(line.any() for line in lines))
    near = [cv2.dilate(line.astype(np.uint8), disc) > 0 for line in lines]
    precision, recall = near[1][lines[0]].mean(), near[0][lines[1]].mean()
    return float(2 * precision * recall / (precision + recall)) if precision + recall else 0.0


def _outline(mask: Mask) -> Mask:
    inside = mask.astype(np.uint8)
    return np.asarray(inside - cv2.erode(inside, np.ones((3, 3), np.uint8))) > 0


def of_colours(cut: Rgba, front: Rgb, truth: Alpha) -> dict[str, float]:
    """How far a cutout of a composite with known foreground is off, in levels (0..255).

    colour: of the foreground's colours where the true alpha is soft, weighted by it and by how much the cutout shows
    there (what it hides has no colour). black, white, green:
    the cutout laid on that colour, against the true foreground laid on it, around the soft edge.
    """
    soft = (truth > 0.05) & (truth < 0.95)
    weight = truth[soft] * (cut[..., 3][soft] / 255)
    off = np.abs(cut[..., :3][soft].astype(np.float64) - front[soft]).mean(axis=1)
    figures = {"colour": float((off * weight).sum() / max(weight.sum(), 1e-6))}
    edge = cv2.dilate(soft.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    for name, backdrop in BACKDROPS.items():
        ours = _laid_on(cut[..., :3][edge], cut[..., 3][edge] / 255, backdrop)
        ideal = _laid_on(front[edge], truth[edge], backdrop)
        figures[name] = float(np.abs(ours - ideal).mean())
    return figures


def _laid_on(
    rgb: npt.NDArray[np.uint8], alpha: npt.NDArray[np.floating], backdrop: tuple[int, int, int]
) -> npt.NDArray[np.float64]:
    weight = alpha.astype(np.float64)[:, None]
    return np.asarray(weight * rgb + (1 - weight) * np.array(backdrop))
