"""Segment Anything: the one object that somebody points at. Two graphs: one looks, the other answers about a place.

The graphs are those that rembg publishes: an encoder that takes a picture of 684×1024 px as it is (H×W×3, 0..255),
and a decoder that takes its embedding and points. Looking takes seconds, answering some ten milliseconds, so what was
seen is kept for the last few pictures: whoever clicks again on the same photo waits for the answer alone.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from processing.pipeline.arrays import Alpha, Predict, Rgb, check_rgb
from processing.pipeline.prompts import Prompt

from .errors import ModelFailedError
from .sessions import OnnxSession, Tensor
from .specs import ModelSpec

HEIGHT, WIDTH = 684, 1024  # of what the encoder takes
EMBEDDING = (1, 256, 64, 64)  # of what it makes
KEPT = 4  # embeddings, 4 MB each
CENTRE = (Prompt("point", (0.5, 0.5)),)
# What the decoder calls each kind: a point on the subject, one beside it, the two corners of a box, no point at all.
_LABELS = {"point": (1,), "not": (0,), "box": (2, 3)}
_NOTHING = -1


class Views(Protocol):
    """Where processes keep for each other what an encoder made of pictures. Either may do nothing."""

    def recall(self, key: str) -> bytes | None: ...

    def keep(self, key: str, view: bytes) -> None: ...


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What the encoder made of a picture, and the height and width that the picture has within its frame."""

    embedding: Tensor
    inside: tuple[int, int]


@dataclass(slots=True)
class SamPredictor:
    """A model that is told what to cut out.

    `select(rgb, prompts)` answers points and boxes (processing.pipeline.prompts) with a matte; the first call for a
    picture looks at it, further ones with other prompts do not. `predict(rgb)` takes whatever is in the middle, so it
    can stand wherever other models do. Threads may share one. Raises ModelFailedError.
    """

    spec: ModelSpec
    weights_id: str
    encoder: OnnxSession
    decoder: OnnxSession
    views: Views | None = None
    _seen: OrderedDict[bytes, Seen] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def device(self) -> str:
        return self.encoder.provider

    def predict(self, rgb: Rgb) -> Alpha:
        """The matte of what is in the middle of an H×W×3 uint8 picture."""
        return self.select(rgb, CENTRE)

    def prompted(self, prompts: Sequence[Prompt]) -> Predict:
        """`select` with these prompts, as a function of the picture alone."""
        return lambda rgb: self.select(rgb, prompts)

    def select(self, rgb: Rgb, prompts: Sequence[Prompt]) -> Alpha:
        """Matte of what the prompts mean in an H×W×3 uint8 picture: h×w float32 in 0..1, its longer side at most
        1024 px, the picture's aspect. Without prompts the middle is meant."""
        seen = self.seen(rgb)
        height, width = seen.inside
        points, labels = _spelled(prompts or CENTRE, width, height)
        found = self.decoder.answers(
            {
                "image_embeddings": seen.embedding,
                "point_coords": points,
                "point_labels": labels,
                "mask_input": np.zeros((1, 1, 256, 256), np.float32),
                "has_mask_input": np.zeros(1, np.float32),
                "orig_im_size": np.array([HEIGHT, WIDTH], np.float32),
            }
        )
        logits = _best(found, self.spec)[:height, :width]
        # tanh is the same curve as a sigmoid and does not overflow.
        return np.asarray(np.nan_to_num(0.5 + 0.5 * np.tanh(logits / 2)), np.float32)

    def seen(self, rgb: Rgb) -> Seen:
        """What the encoder makes of a picture: made now, or kept from one of the last pictures."""
        small = _framed(check_rgb(rgb))
        key = hashlib.sha256(small.tobytes() + repr(small.shape).encode()).digest()
        with self._lock:
            if key in self._seen:
                self._seen.move_to_end(key)
                return self._seen[key]
        made = Seen(self._view(key.hex(), small), (small.shape[0], small.shape[1]))
        with self._lock:
            self._seen[key] = made
            while len(self._seen) > KEPT:
                self._seen.popitem(last=False)
        return made

    def _view(self, key: str, small: Rgb) -> Tensor:
        """Another process's, else made now and left for the others."""
        name = f"{self.weights_id}:{key}"
        kept = self.views.recall(name) if self.views else None
        if kept is not None:
            return np.frombuffer(kept, np.float32).reshape(EMBEDDING)
        frame = np.zeros((HEIGHT, WIDTH, 3), np.float32)
        frame[: small.shape[0], : small.shape[1]] = small
        made = np.asarray(self.encoder.run(frame), np.float32)
        if self.views and made.shape == EMBEDDING:
            self.views.keep(name, made.tobytes())
        return made


def _framed(rgb: Rgb) -> Rgb:
    """As large as it can be within the encoder's frame, where it lies in the upper left corner."""
    from processing.pipeline.scale import resized  # OpenCV comes along

    factor = min(WIDTH / rgb.shape[1], HEIGHT / rgb.shape[0])
    width, height = (max(1, round(side * factor)) for side in (rgb.shape[1], rgb.shape[0]))
    return resized(rgb, (min(width, WIDTH), min(height, HEIGHT)))


def _spelled(prompts: Sequence[Prompt], width: int, height: int) -> tuple[Tensor, Tensor]:
    """1×N×2 points in px of the frame and 1×N labels, with the empty point that ends a list without a box."""
    points: list[tuple[float, float]] = []
    labels: list[int] = []
    for prompt in prompts:
        corners = [prompt.at[at : at + 2] for at in range(0, len(prompt.at), 2)]
        points += [(x * width, y * height) for x, y in corners]
        labels += _LABELS[prompt.kind]
    points.append((0.0, 0.0))
    labels.append(_NOTHING)
    return np.array([points], np.float32), np.array([labels], np.float32)


def _best(found: Sequence[NDArray[Any]], spec: ModelSpec) -> NDArray[np.float32]:
    """The mask that the decoder itself thinks most of, H×W logits at the frame's size."""
    masks, scores = found[0], found[1] if len(found) > 1 else None
    if masks.ndim != 4 or masks.shape[2:] != (HEIGHT, WIDTH):
        raise ModelFailedError(
            f"{spec.name} gave masks of shape {masks.shape}, not 1×N×{HEIGHT}×{WIDTH}.", model=spec.name
        )
    best = 0 if scores is None or scores.size != masks.shape[1] else int(np.argmax(scores))
    return np.asarray(masks[0, best], np.float32)
