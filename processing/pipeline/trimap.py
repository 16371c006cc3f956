"""Where the matte is sure and where it is not."""

import cv2
import numpy as np

from .arrays import Alpha, Mask

SURE_BACKGROUND, SURE_FOREGROUND = 0.02, 0.98


def unknown(alpha: Alpha, reach: int) -> Mask:
    """Return H×W bool: the soft pixels of `alpha` and everything within `reach` px of them.

    Cost at 1024 px: about 1 ms. Gain: the later steps touch the edge only, and cannot spoil the rest.
    """
    soft = (alpha > SURE_BACKGROUND) & (alpha < SURE_FOREGROUND)
    # A hard step between neighbours is an edge as well, though no pixel of it is soft.
    inside = (alpha >= 0.5).astype(np.uint8)
    edge = cv2.morphologyEx(inside, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    either = np.logical_or(soft, edge).astype(np.uint8)
    if reach == 0:
        return either > 0
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return np.asarray(cv2.dilate(either, disc)) > 0
