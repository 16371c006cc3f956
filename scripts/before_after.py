"""Makes docs/before-after.jpg from the sample that `manage.py prepare` made: source, transparency, two colours.

.venv/bin/python scripts/before_after.py
"""

from __future__ import annotations

import os
from pathlib import Path

from PIL import Image, ImageDraw

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = Path(os.environ.get("DATA_DIR", ROOT / "var")) / "sample"
SIDE = 380  # pixels of a panel
COLOURS = ("#0f766e", "#f5b32e")


def main() -> None:
    source = Image.open(SAMPLE / "source.jpg").convert("RGBA").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    cutout = Image.open(SAMPLE / "cutout.png").convert("RGBa").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    panels = [
        source,
        *(_over(ground, cutout.convert("RGBA")) for ground in (_checkers(), *map(_plain, COLOURS))),
    ]
    picture = Image.new("RGB", (SIDE * len(panels), SIDE))
    for place, panel in enumerate(panels):
        picture.paste(panel.convert("RGB"), (place * SIDE, 0))
    picture.save(ROOT / "docs" / "before-after.jpg", quality=88)


def _over(ground: Image.Image, cutout: Image.Image) -> Image.Image:
    return Image.alpha_composite(ground, cutout)


def _plain(colour: str) -> Image.Image:
    return Image.new("RGBA", (SIDE, SIDE), colour)


def _checkers(square: int = 12) -> Image.Image:
    ground = _plain("#ffffff")
    draw = ImageDraw.Draw(ground)
    for top in range(0, SIDE, square):
        for left in range(top // square % 2 * square, SIDE, 2 * square):
            draw.rectangle((left, top, left + square - 1, top + square - 1), fill="#dfe3e8")
    return ground


if __name__ == "__main__":
    main()
