"""Real photos for the browser, and how well a cutout of one matches what a person drew."""

from __future__ import annotations

from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import FilePayload

FOLDER = Path(__file__).resolve().parents[2] / ".." / "shared" / "photos"
# A person, an animal, a vehicle. With u2net 12 of the 18 photos that have a drawn mask reach 0.9.
DRAWN = ["davis_lucia_00059.jpg", "davis_bear_00069.jpg", "davis_car-shadow_00006.jpg"]


def real(name: str) -> Path:
    path = FOLDER / name
    if not path.exists():
        pytest.skip("the folder `shared` beside the checkout is not there")
    return path


@cache
def astronaut(side: int = 512) -> bytes:
    """A JPEG of 512 x 512, or of another size, that comes with a dependency."""
    from skimage import data

    file = BytesIO()
    photo = Image.fromarray(data.astronaut())
    (photo if side == 512 else photo.resize((side, side))).save(file, "JPEG", quality=92)
    return file.getvalue()


def payload(name: str = "astronaut.jpg", side: int = 512) -> FilePayload:
    return {"name": name, "mimeType": "image/jpeg", "buffer": astronaut(side)}


def overlap(cutout: Path, drawn: Path) -> float:
    """Intersection over union of the two foregrounds, both cut at one half."""
    with Image.open(cutout) as ours, Image.open(drawn) as theirs:
        assert (ours.mode, ours.size) == ("RGBA", theirs.size)
        mine, wanted = np.asarray(ours)[..., 3] > 127, np.asarray(theirs.convert("L")) > 127
    return float((mine & wanted).sum() / (mine | wanted).sum())


def is_cutout(path) -> bool:
    """A picture with a subject that covers something, and nothing where there was background."""
    with Image.open(path) as picture:
        covered = float((np.asarray(picture.convert("RGBA"))[..., 3] > 127).mean())
    return 0.05 < covered < 0.95
