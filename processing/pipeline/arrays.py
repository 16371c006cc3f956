"""The array types that travel through the pipeline, and the checks at its border."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

# Shapes cannot be said in the type; they are H×W×3, H×W×4 (straight alpha) and H×W (0..1).
Rgb = npt.NDArray[np.uint8]
Rgba = npt.NDArray[np.uint8]
Alpha = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

Predict = Callable[[Rgb], Alpha]


def check_rgb(rgb: Rgb) -> Rgb:
    """Return `rgb` when it is H×W×3 uint8 with at least one pixel, else raise ValueError."""
    if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.size == 0:
        raise ValueError(f"expected H×W×3 uint8, got {rgb.shape} {rgb.dtype}")
    return rgb


def check_alpha(alpha: Alpha) -> Alpha:
    """Return `alpha` when it is H×W float32, finite and within 0..1, else raise ValueError."""
    if alpha.dtype != np.float32 or alpha.ndim != 2 or alpha.size == 0:
        raise ValueError(f"expected H×W float32, got {alpha.shape} {alpha.dtype}")
    # min and max propagate NaN, and a comparison with NaN is false.
    if not (alpha.min() >= 0.0 and alpha.max() <= 1.0):
        raise ValueError("alpha must be finite and within 0..1")
    return alpha
