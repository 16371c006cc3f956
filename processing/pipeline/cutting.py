"""What is done to a refined alpha before it is composed: a region of interest, opaque insides."""

import cv2
import numpy as np

from .arrays import Alpha
from .frames import edges
from .measures import Size

# Deeper inside than this part of the picture's longer side nothing is an edge any more: from, fully.
_DEEP, _DEEPER = 0.006, 0.012
_CLEAR = 0.05


def within(alpha: Alpha, roi: str, size: Size) -> Alpha:
    """Clear `alpha` outside of a region that is given for a source of `size`; the same array if that is all."""
    left, top, right, bottom = edges(roi, size)
    across, down = alpha.shape[1] / size[0], alpha.shape[0] / size[1]
    rows = slice(round(top * down), round(bottom * down))
    columns = slice(round(left * across), round(right * across))
    if alpha[rows, columns].shape == alpha.shape:
        return alpha
    kept = np.zeros_like(alpha)
    kept[rows, columns] = alpha[rows, columns]
    return kept


def opaque_inside(alpha: Alpha) -> Alpha:
    """Make soft pixels opaque that lie deep inside of the subject; soft edges and real holes stay.

    Depth is the distance to the nearest clear pixel. Cost at 12 MP: about 60 ms.
    """
    covered = (alpha > _CLEAR).astype(np.uint8)
    depth = cv2.distanceTransform(covered, cv2.DIST_L2, 3) / max(alpha.shape)
    if covered.all():
        return np.ones_like(alpha)
    inside = np.clip((depth - _DEEP) / (_DEEPER - _DEEP), 0, 1)
    return np.asarray(np.maximum(alpha, inside), np.float32)
