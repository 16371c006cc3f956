"""More pairs from few: photos with masks altered in four ways, into a folder: python -m bench.altered FOLDER.

For bench.quality: --photos FOLDER/WAY/photos --truth FOLDER/WAY/truth. They hold no new subjects, but a net errs
elsewhere on each: what helps by chance on the photos themselves does not help on all of them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from bench.quality import SHARED, find
from processing.pipeline.arrays import Alpha, Rgb

ROOM = 0.06  # around the subject of a cropped photo, of its longer side
TURN, ENLARGED = 9.0, 1.12  # degrees, and by how much, so that few corners are empty

Pair = tuple[Rgb, Alpha]


def main(target: Path, photos: Path = SHARED, truth: Path = SHARED / "gt") -> None:
    for photo, mask in find(photos, truth):
        pair = _read(photo, "RGB"), _read(mask, "L").astype(np.float32) / np.float32(255)
        for name, (way, quality) in WAYS.items():
            rgb, alpha = way(*pair)
            for kind in ("photos", "truth"):
                (target / name / kind).mkdir(parents=True, exist_ok=True)
            Image.fromarray(rgb).save(target / name / "photos" / f"{photo.stem}.jpg", quality=quality)
            levels = np.rint(alpha * 255).astype(np.uint8)
            Image.fromarray(levels).save(target / name / "truth" / f"{photo.stem}.png")


def closer(rgb: Rgb, alpha: Alpha) -> Pair:
    """Cut to the subject."""
    left, top, width, height = cv2.boundingRect((alpha > 0.5).astype(np.uint8))
    room = round(ROOM * max(alpha.shape))
    rows, columns = (
        slice(max(0, top - room), top + height + room),
        slice(max(0, left - room), left + width + room),
    )
    return rgb[rows, columns], alpha[rows, columns]


def recoloured(rgb: Rgb, alpha: Alpha) -> Pair:
    """Colder, flatter and noisy."""
    noise = np.random.default_rng(0).normal(0, 6, rgb.shape)
    return np.clip(rgb * np.array([0.76, 0.9, 1.0]) + 8 + noise, 0, 255).astype(np.uint8), alpha


def reduced(rgb: Rgb, alpha: Alpha) -> Pair:
    """Mirrored, at 0.6 of the size."""
    size = round(alpha.shape[1] * 0.6), round(alpha.shape[0] * 0.6)
    small = [
        cv2.resize(np.ascontiguousarray(each[:, ::-1]), size, interpolation=cv2.INTER_AREA)
        for each in (rgb, alpha)
    ]
    return np.asarray(small[0], np.uint8), np.asarray(small[1], np.float32)


def turned(rgb: Rgb, alpha: Alpha) -> Pair:
    """Rotated about the middle, the corners filled with what is beside them."""
    height, width = alpha.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), TURN, ENLARGED)
    moved = [
        cv2.warpAffine(each, matrix, (width, height), borderMode=cv2.BORDER_REFLECT) for each in (rgb, alpha)
    ]
    return np.asarray(moved[0], np.uint8), np.asarray(moved[1], np.float32)


# Each with the quality that its JPEG is saved at.
WAYS: dict[str, tuple[Callable[[Rgb, Alpha], Pair], int]] = {
    "closer": (closer, 95),
    "recoloured": (recoloured, 70),
    "reduced": (reduced, 55),
    "turned": (turned, 95),
}


def _read(path: Path, mode: str) -> Rgb:
    with Image.open(path) as image:
        return np.asarray(image.convert(mode), np.uint8)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
