"""Pictures whose foreground is known exactly: subjects with a matte, laid on plain backgrounds by ourselves."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from bench.metrics import BACKDROPS
from processing.pipeline.arrays import Alpha, Rgb

NOISE = 2.0  # levels, standard deviation
SHADE = 0.15  # how much darker the corners of a backdrop are, and how much lighter than black the darkest is
SOFTEN = 1.0  # px, how far a binary mask's edge is softened, as a lens does it
MOST = 3  # subjects; each costs a round of all contestants on each backdrop


@dataclass(frozen=True, eq=False)
class Composite:
    """`data` is a PNG; `front` the true colours of the foreground, `alpha` its true matte."""

    name: str
    data: bytes
    front: Rgb
    alpha: Alpha


def composites(pairs: list[tuple[Path, Path]]) -> Iterator[Composite]:
    """Lay up to MOST subjects on each backdrop: those with soft mattes first, then from all over the list."""
    for photo, truth in _chosen(pairs):
        with Image.open(photo) as image, Image.open(truth) as mask:
            rgb = np.asarray(image.convert("RGB"), dtype=np.uint8)
            alpha = _soft(np.asarray(mask.convert("L"), np.float32) / np.float32(255))
        front = _front(rgb, alpha)
        for name, colour in BACKDROPS.items():
            yield Composite(f"{photo.stem} on {name}", _laid(front, alpha, colour), front, alpha)


def _chosen(pairs: list[tuple[Path, Path]]) -> list[tuple[Path, Path]]:
    soft = [pair for pair in pairs if not _is_binary(pair[1])]
    rest = [pair for pair in pairs if pair not in soft]
    wanted = max(0, MOST - len(soft))
    places = list(np.linspace(0, len(rest) - 1, wanted + 2)[1:-1]) if rest else []
    return (soft + [rest[round(float(place))] for place in places])[:MOST]


def _is_binary(truth: Path) -> bool:
    with Image.open(truth) as mask:
        levels = np.asarray(mask.convert("L"))
    return bool(((levels > 5) & (levels < 250)).mean() < 0.001)


def _soft(alpha: Alpha) -> Alpha:
    if ((alpha > 0.02) & (alpha < 0.98)).mean() >= 0.001:
        return alpha
    # Inwards by the blur's reach, so that nothing of the old background lies under a soft pixel.
    inside = cv2.erode(alpha, np.ones((3, 3), np.uint8))
    return np.asarray(cv2.GaussianBlur(inside, (0, 0), SOFTEN), np.float32)


def _front(rgb: Rgb, alpha: Alpha) -> Rgb:
    """Colours under the matte; whatever they are, the composite makes them true."""
    from pymatting import estimate_foreground_ml

    front = estimate_foreground_ml(rgb / 255.0, alpha.astype(np.float64))
    return np.asarray(np.rint(np.clip(front, 0, 1) * 255), np.uint8)


def _laid(front: Rgb, alpha: Alpha, colour: tuple[int, int, int]) -> bytes:
    height, width = alpha.shape
    rows, columns = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)[None, :]
    light = 1 - SHADE * np.hypot(rows, columns) / 2**0.5
    backdrop = np.maximum(np.array(colour, np.float64), 255 * SHADE) * light[..., None]
    backdrop += np.random.default_rng(1).normal(0, NOISE, (height, width, 1))
    weight = alpha[..., None].astype(np.float64)
    mixed = weight * front + (1 - weight) * backdrop
    file = io.BytesIO()
    Image.fromarray(np.asarray(np.rint(np.clip(mixed, 0, 255)), np.uint8)).save(file, "PNG")
    return file.getvalue()
