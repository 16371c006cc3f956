"""From a picture to a matte: the arithmetic around a graph."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from processing.pipeline.arrays import Alpha, Predict, Rgb
from processing.pipeline.views import USUAL, View

from .errors import ModelFailedError
from .sessions import Tensor
from .shapes import Shape, suited
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
    it. `stride`: the graph takes sides of any multiple of it, and `view` says which; 0: only its own square.
    `rembg_compatible` repeats rembg's arithmetic (Lanczos at any size, division by the brightest value,
    min-max stretch) for comparisons; it is worse: a matte of nothing is stretched into a confident one.
    """

    spec: ModelSpec
    weights_id: str
    session: Session
    rembg_compatible: bool = False
    stride: int = 0
    view: View = USUAL

    @property
    def device(self) -> str:
        """Where it runs: cpu, cuda, openvino, coreml."""
        return self.session.provider

    def seeing(self, view: View) -> Predict:
        """The same net, asked for another view of pictures."""
        return replace(self, view=view)

    def __call__(self, rgb: Rgb) -> Alpha:
        """As `predict`."""
        return self.predict(rgb)

    def predict(self, rgb: Rgb) -> Alpha:
        """Matte of an H×W×3 uint8 picture: float32 0..1 at the net's own output size, never NaN.

        Raises ModelFailedError when the graph fails or gives something that is not one matte.
        """
        stride = 0 if self.rembg_compatible else self.stride
        shape = suited(*rgb.shape[:2], self.spec.size, stride, self.view)
        small = _stretch_exact(rgb, shape) if self.rembg_compatible else _stretch(rgb, shape)
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
        if self.rembg_compatible:
            # rembg divides by the brightest value, which brightens dark pictures; in float64, as it does.
            scaled = (small / max(float(small.max()), 1e-6) - self.spec.mean) / self.spec.std
            return np.ascontiguousarray(scaled.transpose(2, 0, 1)[None], dtype=np.float32)
        batch = np.empty((1, 3, *small.shape[:2]), np.float32)
        for channel, (mean, std) in enumerate(zip(self.spec.mean, self.spec.std, strict=True)):
            np.multiply(small[..., channel], np.float32(1 / (255 * std)), out=batch[0, channel])
            batch[0, channel] -= np.float32(mean / std)
        return batch


def _stretch_exact(rgb: Rgb, shape: Shape) -> Rgb:
    """Lanczos to (height, width) by Pillow, as rembg does it."""
    from PIL import Image

    return np.asarray(Image.fromarray(rgb).resize(shape[::-1], Image.Resampling.LANCZOS))


def _stretch(rgb: Rgb, shape: Shape) -> Rgb:
    """(height, width) by box averages, first to at most twice that; what is smaller is enlarged by Lanczos.

    A third of Lanczos' cost, and with u2net on the photos named in `views` IoU .9156 for .9143, mean error
    .0177 for .0182; averaging at once or by halves is worse than both.
    """
    import cv2

    height, width = rgb.shape[:2]
    if height < shape[0] or width < shape[1]:
        return _stretch_exact(rgb, shape)
    middle = (min(width, 2 * shape[1]), min(height, 2 * shape[0]))
    if middle != (width, height):
        rgb = np.asarray(cv2.resize(rgb, middle, interpolation=cv2.INTER_AREA))
    return np.asarray(cv2.resize(rgb, shape[::-1], interpolation=cv2.INTER_AREA))


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
