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


# Colorants (X, Y, Z of red, green, blue, adapted to D50) and gamma of RGB spaces wider than sRGB.
DISPLAY_P3 = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407)), 2.2
ADOBE_RGB = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457)), 2.2


def rgb_profile(colorants: tuple[tuple[float, ...], ...], gamma: float) -> bytes:
    """An ICC profile (version 2.1, matrix and one curve) of an RGB space."""

    def xyz(values: tuple[float, ...]) -> bytes:
        return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65536) for value in values))

    name = b"made for a test\0"
    white = (0.9642, 1.0, 0.8249)
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", len(name)) + name + bytes(78),
        b"cprt": b"text\0\0\0\0none\0\0\0\0",
        b"wtpt": xyz(white),
        **{key: xyz(value) for key, value in zip((b"rXYZ", b"gXYZ", b"bXYZ"), colorants, strict=True)},
        **{
            key: b"curv\0\0\0\0" + struct.pack(">IHxx", 1, round(gamma * 256))
            for key in (b"rTRC", b"gTRC", b"bTRC")
        },
    }
    table, bodies, at = struct.pack(">I", len(tags)), b"", 128 + 4 + 12 * len(tags)
    for key, body in tags.items():
        padded = body + bytes(-len(body) % 4)
        table += key + struct.pack(">II", at + len(bodies), len(body))
        bodies += padded
    header = struct.pack(
        ">I4sI4s4s4s6H4s4sIIIQI3i", at + len(bodies), b"test", 0x02100000, b"mntr", b"RGB ", b"XYZ ",
        2026, 1, 1, 0, 0, 0, b"acsp", b"\0\0\0\0", 0, 0, 0, 0, 0, 63190, 65536, 54061,
    )  # fmt: skip
    return header + bytes(128 - len(header)) + table + bodies
