"""Where the matte is sure and where it is not."""

import cv2
import numpy as np

from .arrays import Alpha, Mask
from .scale import around

SURE_BACKGROUND, SURE_FOREGROUND = 0.02, 0.98


def unknown(alpha: Alpha, reach: int) -> Mask:
    """Return H×W bool: the soft pixels of `alpha` and everything within `reach` px of them.

    Cost at 1024 px: about 1 ms. Gain: the later steps touch the edge only, and cannot spoil the rest.
    """
    soft = (alpha > SURE_BACKGROUND) & (alpha < SURE_FOREGROUND)
    # A hard step between neighbours is an edge as well, though no pixel of it is soft.
    inside = (alpha >= 0.5).astype(np.uint8)
    edge = cv2.morphologyEx(inside, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    either = np.asarray(np.logical_or(soft, edge), np.bool_)
    if reach == 0:
        return either
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    grown = np.zeros_like(either)
    part = around(either, reach)  # all that can change, for a quarter of the cost of everything
    grown[part] = np.asarray(cv2.dilate(either[part].view(np.uint8), disc)) > 0
    return grown
