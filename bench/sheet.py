"""The picture of docs/quality.md: rembg's cutouts left, ours right, on a colour: python -m bench.sheet FILE.

Only pictures that come with scikit-image are shown, which are free of rights.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image
from skimage import data

from bench.contestants import models_dir
from bench.cutters import Cutter, everybody

BACKDROP = (214, 92, 140)
HEIGHT = 420  # px of each cutout
SUBJECTS = (data.astronaut, data.chelsea, data.coffee)

Pixels = npt.NDArray[np.uint8]


def main(file: str) -> None:
    cutters = everybody(models_dir(), ("balanced",), "fp32")
    pictures = [subject() for subject in SUBJECTS]  # type: ignore[no-untyped-call]
    pairs = [[_shown(picture, cutters[name]) for picture in pictures] for name in ("rembg", "balanced")]
    rows = [
        np.hstack([theirs, np.full((HEIGHT, 8, 3), 255, np.uint8), own])
        for theirs, own in zip(*pairs, strict=True)
    ]
    width = max(row.shape[1] for row in rows)
    sheet = np.vstack([_centred(row, width) for row in rows])
    Image.fromarray(sheet).save(Path(file), quality=82, optimize=True)


def _shown(rgb: Pixels, cut: Cutter) -> Pixels:
    source = io.BytesIO()
    Image.fromarray(rgb).save(source, "PNG")
    cutout = Image.fromarray(cut(source.getvalue()))
    ground = Image.new("RGBA", cutout.size, (*BACKDROP, 255))
    ground.alpha_composite(cutout)
    width = round(cutout.width * HEIGHT / cutout.height)
    return np.asarray(ground.convert("RGB").resize((width, HEIGHT), Image.Resampling.LANCZOS), dtype=np.uint8)


def _centred(row: Pixels, width: int) -> Pixels:
    room = width - row.shape[1]
    return np.pad(row, ((0, 8), (room // 2, room - room // 2), (0, 0)), constant_values=255)


if __name__ == "__main__":
    main(sys.argv[1])
