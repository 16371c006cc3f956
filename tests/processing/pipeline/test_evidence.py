"""What a picture shows, told by pixels alone. Two seconds."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter
from skimage import data

from processing.pipeline.evidence import kind_of

SHARED = Path(__file__).resolve().parents[4] / "shared" / "photos"


def drawing(seed=0):
    """Outlined discs in flat colours, as JPEG leaves them."""
    random = np.random.default_rng(seed)
    picture = Image.new("RGB", (900, 1200), (240, 220, 200))
    pen = ImageDraw.Draw(picture)
    for _ in range(25):
        (x, y), (w, h) = random.integers(0, 900, 2), random.integers(60, 400, 2)
        fill = tuple(random.integers(0, 255, 3))
        pen.ellipse((x - w / 2, y - h / 2, x + w / 2, y + h / 2), fill=fill, outline=(20, 20, 30), width=5)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=75)
    return np.asarray(Image.open(file))


def product(noise=1.5):
    """A blurred, shaded disc before a ground that gets darker to one side, as a lamp leaves it."""
    random = np.random.default_rng(1)
    ground = np.linspace(235, 205, 900)[None, :, None] * np.ones((700, 1, 3))
    disc = Image.new("L", (900, 700))
    ImageDraw.Draw(disc).ellipse((250, 150, 650, 550), fill=255)
    cover = np.asarray(disc.filter(ImageFilter.GaussianBlur(3)), float)[..., None] / 255
    shades = 60 + 90 * np.linspace(0, 1, 700)[:, None, None] * np.array([1, 0.7, 0.4])
    mixed = ground * (1 - cover) + shades * cover + random.normal(0, noise, (700, 900, 1))
    return mixed.clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("seed", range(3))
def test_drawings(seed):
    assert kind_of(drawing(seed)) == "drawing"


def test_a_thing_on_a_plain_ground():
    assert kind_of(product()) == "plain"


def test_a_portrait():
    assert kind_of(data.astronaut()) == "person"


@pytest.mark.parametrize("name", ["chelsea", "coffee", "rocket"])
def test_anything_else(name):
    assert kind_of(getattr(data, name)()) == "general"


@pytest.mark.parametrize("size", [(1, 1), (4000, 1), (1, 4000), (20, 20)])
def test_any_shape(size):
    assert kind_of(np.zeros((size[1], size[0], 3), np.uint8)) in {"general", "plain"}


@pytest.mark.skipif(not SHARED.is_dir(), reason="shared")
@pytest.mark.parametrize("name", ["db_dog6_00", "am2k_sample8", "davis_bear_00012", "db_cat_00", "sam_truck"])
def test_animals_and_things_are_no_people_and_no_drawings(name):
    assert kind_of(np.asarray(Image.open(SHARED / f"{name}.jpg").convert("RGB"))) in {"general", "plain"}
