"""Small pictures and files that the tests of the pipeline make for themselves."""

import io
import struct
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from processing.pipeline.arrays import Alpha, Rgb


def gradient(width: int = 48, height: int = 32) -> Rgb:
    """Red grows to the right, green downwards, blue is 100: no two corners alike."""
    red = np.linspace(0, 255, width)[None, :].repeat(height, 0)
    green = np.linspace(0, 255, height)[:, None].repeat(width, 1)
    return np.stack([red, green, np.full((height, width), 100)], -1).round().astype(np.uint8)


def disc(size: int = 96, radius: float = 30, soft: float = 0.0) -> Alpha:
    """A disc in the middle; its edge falls from 1 to 0 over `soft` px."""
    axis = np.arange(size) - (size - 1) / 2
    distance = np.hypot(axis[:, None], axis[None, :])
    return np.asarray(np.clip((radius - distance) / max(soft, 1e-6) + 0.5, 0, 1), np.float32)


def blended(alpha: Alpha, front: tuple[int, int, int], back: tuple[int, int, int]) -> Rgb:
    """A picture of a plain foreground over a plain background."""
    weight = alpha[..., None].astype(np.float64)
    return np.asarray(np.rint(weight * front + (1 - weight) * back), np.uint8)


def saved(pixels: npt.NDArray[Any] | Image.Image, format: str, **options: Any) -> bytes:
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    target = io.BytesIO()
    image.save(target, format, **options)
    return target.getvalue()


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_header(width: int, height: int, depth: int = 8, kind: int = 2) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0))
