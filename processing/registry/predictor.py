"""From a picture to a matte: the arithmetic around a graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from processing.pipeline.arrays import Alpha, Rgb

from .errors import ModelFailedError
from .sessions import Tensor
from .specs import ModelSpec


class Session(Protocol):
    """What a predictor needs of a loaded graph."""

    @property
    def provider(self) -> str: ...

    def run(self, batch: Tensor) -> Tensor: ...


@dataclass(frozen=True, slots=True)
class Predictor:
    """A model ready to look at pictures.

    `weights_id` names the very weights (checksum prefix) and changes with them, so results can be keyed by
    it. `rembg_compatible` repeats rembg's arithmetic (Lanczos at any size, division by the brightest value,
    min-max stretch) for comparisons; it is worse: a matte of nothing is stretched into a confident one.
    """

    spec: ModelSpec
    weights_id: str
    session: Session
    rembg_compatible: bool = False

    @property
    def device(self) -> str:
        """Where it runs: cpu, cuda, openvino, coreml."""
        return self.session.provider

    def predict(self, rgb: Rgb) -> Alpha:
        """Matte of an H×W×3 uint8 picture: float32 0..1 at the net's own output size, never NaN.

        Raises ModelFailedError when the graph fails or gives something that is not one matte.
        """
        side = self.spec.size
        small = _stretch_exact(rgb, side) if self.rembg_compatible else _stretch(rgb, side)
        output = np.asarray(self.session.run(self._normalised(small)), np.float32)  # some graphs give float16
        if self.spec.activation == "softmax":
            output = _probability(output, self.spec)
        matte = _first_channel(output, self.spec)
        if self.spec.activation == "sigmoid":
            matte = _sigmoid(matte)
        if self.rembg_compatible or self.spec.activation == "minmax":
            matte = _min_max(matte)
        return np.clip(np.nan_to_num(matte), 0, 1).astype(np.float32)

    def _normalised(self, small: Rgb) -> Tensor:
        """1×3×H×W float32 input of the graph."""
        # rembg divides by the brightest value, which brightens dark pictures; in float64, as it does.
        top = max(float(small.max()), 1e-6) if self.rembg_compatible else 255.0
        scaled = (small / top - self.spec.mean) / self.spec.std
        return np.ascontiguousarray(scaled.transpose(2, 0, 1)[None], dtype=np.float32)


def _stretch_exact(rgb: Rgb, side: int) -> Rgb:
    """Lanczos to side×side by Pillow, as rembg does it."""
    from PIL import Image

    return np.asarray(Image.fromarray(rgb).resize((side, side), Image.Resampling.LANCZOS))


def _stretch(rgb: Rgb, side: int) -> Rgb:
    """side×side: a box average down to at most twice the side first, as Lanczos over 12 MP takes 100 ms."""
    import cv2

    height, width = rgb.shape[:2]
    middle = (min(width, 2 * side), min(height, 2 * side))
    if middle != (width, height):
        rgb = np.asarray(cv2.resize(rgb, middle, interpolation=cv2.INTER_AREA))
    return _stretch_exact(rgb, side)


def _first_channel(output: NDArray[np.float32], spec: ModelSpec) -> Alpha:
    """H×W of an output N×C×H×W or N×H×W."""
    matte = output[0, 0] if output.ndim == 4 else output[0] if output.ndim == 3 else output
    if matte.ndim != 2 or not matte.size:
        raise ModelFailedError(
            f"{spec.name} gave an output of shape {output.shape}, not a matte.", model=spec.name
        )
    return matte


def _probability(output: NDArray[np.float32], spec: ModelSpec) -> NDArray[np.float32]:
    """1×1×H×W, how likely it is that one of the spec's classes is there, of 1×C×H×W logits."""
    if output.ndim != 4 or output.shape[1] <= max(spec.classes):
        raise ModelFailedError(
            f"{spec.name} gave an output of shape {output.shape}, not one map for each class.",
            model=spec.name,
        )
    logits = output - output.max(axis=1, keepdims=True)
    shares = np.exp(logits, out=logits)
    return np.asarray(
        shares[:, list(spec.classes)].sum(axis=1, keepdims=True) / shares.sum(axis=1, keepdims=True),
        np.float32,
    )


def _sigmoid(logits: Alpha) -> Alpha:
    # tanh is the same curve and does not overflow.
    return np.asarray(0.5 + 0.5 * np.tanh(logits / 2), dtype=np.float32)


def _min_max(matte: Alpha) -> Alpha:
    low, high = float(matte.min()), float(matte.max())
    return (matte - low) / (high - low) if high > low else np.zeros_like(matte)
