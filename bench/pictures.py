"""The pictures of the benchmarks: real files where they are there, else what comes with scikit-image."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

PHOTOS = Path(__file__).resolve().parents[2] / "shared" / "photos"
REAL_UP_TO = 2.0  # megapixels; larger ones are made
NOISE = 2.0  # standard deviation in levels, as a sensor leaves it: without, PNG would be too easy
QUALITY = 90


def photo(megapixels: float) -> bytes:
    """A photo of about this size, the same at every call: a real file up to 2 MP, else one scaled up."""
    real = _nearest(megapixels)
    if real and megapixels <= REAL_UP_TO:
        return real.read_bytes()
    return _scaled(_largest(), megapixels)


def mixed(sizes: list[float]) -> Iterator[bytes]:
    """JPEGs of these megapixels, made from as many different photos as there are."""
    real = [path for _, path in _real()]
    for number, size in enumerate(sizes):
        if not real:
            yield _scaled(_largest(), size)
            continue
        # Spread over the list, as neighbours by name often show the same thing.
        with Image.open(real[number * len(real) // len(sizes) % len(real)]) as image:
            yield _scaled(image.convert("RGB"), size)


def _real() -> list[tuple[float, Path]]:
    """(megapixels, path) of each real JPEG, by name."""
    found = []
    for path in sorted(PHOTOS.glob("*.jpg")) if PHOTOS.is_dir() else []:
        with Image.open(path) as image:
            found.append((image.width * image.height / 1e6, path))
    return found


def _nearest(megapixels: float) -> Path | None:
    real = _real()
    return min(real, key=lambda pair: (abs(pair[0] - megapixels), pair[1].name))[1] if real else None


def _largest() -> Image.Image:
    real = _real()
    if real:
        with Image.open(max(real, key=lambda pair: (pair[0], pair[1].name))[1]) as image:
            return image.convert("RGB")
    from skimage import data

    return Image.fromarray(np.asarray(data.coffee(), dtype=np.uint8))  # type: ignore[no-untyped-call]


def _scaled(image: Image.Image, megapixels: float) -> bytes:
    factor = (megapixels * 1e6 / (image.width * image.height)) ** 0.5
    size = round(image.width * factor), round(image.height * factor)
    pixels = np.asarray(image.resize(size, Image.Resampling.BICUBIC), dtype=np.float32)
    noise = np.random.default_rng(1).normal(0, NOISE, pixels.shape).astype(np.float32)
    made = Image.fromarray(np.clip(np.rint(pixels + noise), 0, 255).astype(np.uint8))
    file = io.BytesIO()
    made.save(file, "JPEG", quality=QUALITY)
    return file.getvalue()
