import io

import numpy as np
import pytest
from PIL import Image

from processing.pipeline.codec import Photo, decode
from processing.pipeline.probe import Limits
from processing.pipeline.proxy import needed, open_small, reduced
from processing.pipeline.recipe import Recipe
from processing.pipeline.run import render

from .pictures import blended, disc, gradient, saved

ALPHA = disc(640, 200, 4)
PICTURE = blended(ALPHA, (220, 60, 40), (30, 90, 200))
DATA = saved(PICTURE, "JPEG", quality=95)
SIZE = (640, 640)
RAW = disc(160, 50, 1)


def shown(photo, recipe):
    return np.asarray(Image.open(io.BytesIO(render(photo, RAW, recipe).data)).convert("RGBA")).astype(int)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"background": "#ffffff", "shadow": "drop", "shadow_offset": "60px 30px"},
        {"feather": 8.0, "expand": 12.0},
        {"crop": True, "margin": "40px"},
        {"roi": "100px 0 400px 100"},
        {"background": "blur:3"},
    ],
)
def test_it_works(fields):
    recipe = Recipe(max_side=100, format="png", **fields)
    photo = open_small(DATA, RAW, SIZE, recipe, Limits())
    assert photo.source_size == SIZE and max(photo.size) < 200
    near, exact = shown(photo, recipe), shown(decode(DATA, Limits()), recipe)
    assert near.shape == exact.shape
    assert np.abs(near - exact)[exact[..., 3] > 0].mean() < 6
    assert np.abs(near[..., 3] - exact[..., 3]).mean() < 4


def test_the_box_is_in_px_of_the_source():
    recipe = Recipe(max_side=100)
    box = render(open_small(DATA, RAW, SIZE, recipe, Limits()), RAW, recipe).box
    assert abs(box.left - 120) < 14 and abs(box.width - 400) < 28


def test_what_is_not_small_is_opened_whole():
    assert open_small(DATA, RAW, SIZE, Recipe(max_side=1601), Limits()).full is None
    assert open_small(DATA, RAW, SIZE, Recipe(), Limits()).size == SIZE


def test_a_crop_needs_more_of_the_photo():
    whole, close = (needed(RAW, SIZE, Recipe(max_side=100, crop=crop)) for crop in (False, True))
    assert whole == 100
    assert 140 < close < 180


def test_never_more_than_there_is():
    assert needed(RAW, SIZE, Recipe(max_side=1600, canvas="7000x7000", scale="100", enlarge=True)) == 640


@pytest.mark.parametrize("turn", [1, 6])
def test_a_turned_photo_knows_its_upright_size(turn):
    exif = Image.Exif()
    exif[0x0112] = turn
    photo = decode(saved(gradient(800, 400), "JPEG", exif=exif), Limits(), least=90)
    assert photo.source_size == ((400, 800) if turn == 6 else (800, 400))
    assert max(photo.size) == 100
    assert photo.reduction == 1 / 8


def test_transparency_is_reduced_as_well():
    photo = reduced(Photo(PICTURE, ALPHA), 64)
    assert photo.alpha is not None and photo.alpha.shape == (64, 64)
    assert reduced(photo, 100) is photo
