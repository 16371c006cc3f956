"""Pictures of nothing and answers of nonsense have defined ends: unknown_foreground or a sound matte, never NaN."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from processing.pipeline.codec import Photo, decode
from processing.pipeline.confidence import confidence
from processing.pipeline.errors import PipelineError
from processing.pipeline.probe import Limits
from processing.pipeline.recipe import LOOKS, Recipe
from processing.pipeline.run import look, refine

from .pictures import disc, gradient, saved

ROOT = Path(__file__).parents[3]
SEED = np.random.default_rng(0)

FLAT = {
    "white": np.full((60, 80, 3), 255, np.uint8),
    "black": np.zeros((60, 80, 3), np.uint8),
    "one pixel": np.full((1, 1, 3), 90, np.uint8),
    "three by two": SEED.integers(0, 256, (2, 3, 3), np.uint8),
    "flat 1x4000": np.full((4000, 1, 3), 7, np.uint8),
}
ODD = {
    "noise": SEED.integers(0, 256, (90, 120, 3), np.uint8),
    "noise 1x4000": SEED.integers(0, 256, (4000, 1, 3), np.uint8),
    "noise 8000x16": SEED.integers(0, 256, (16, 8000, 3), np.uint8),
    "ramp": gradient(64, 48),
}
NETS = {
    "a disc": disc(32, 10, 3),
    "everything": np.ones((32, 32), np.float32),
    "one pixel": np.pad(np.ones((1, 1), np.float32), 15),
    "grey": np.full((32, 32), 0.5, np.float32),
    "noise": SEED.random((32, 32), np.float32),
}


@pytest.mark.parametrize("preset", LOOKS)
@pytest.mark.parametrize("picture", FLAT.values(), ids=FLAT)
def test_where_nothing_is_nothing_is_found_however_sure_the_net(picture, preset):
    with pytest.raises(PipelineError) as caught:
        look(picture, lambda rgb: NETS["a disc"], LOOKS[preset])
    assert caught.value.code == "unknown_foreground"


@pytest.mark.parametrize("preset", LOOKS)
@pytest.mark.parametrize("picture", ODD.values(), ids=ODD)
def test_a_faint_answer_about_noise_is_no_answer(picture, preset):
    with pytest.raises(PipelineError) as caught:
        look(picture, lambda rgb: NETS["a disc"] * np.float32(0.2), LOOKS[preset])
    assert caught.value.code == "unknown_foreground"


@pytest.mark.parametrize("preset", LOOKS)
@pytest.mark.parametrize("answer", NETS.values(), ids=NETS)
@pytest.mark.parametrize("picture", ODD.values(), ids=ODD)
def test_whatever_a_net_answers_the_matte_is_sound(picture, answer, preset):
    raw = look(picture, lambda rgb: answer, LOOKS[preset])
    matte = refine(Photo(picture), raw, Recipe(preset=preset))
    assert (matte.shape, matte.dtype) == (picture.shape[:2], np.float32)
    assert np.isfinite(matte).all() and matte.min() >= 0 and matte.max() <= 1
    assert 0 <= confidence(raw) <= 1


@pytest.mark.parametrize("preset", ["balanced", "best"])
def test_a_net_that_breaks_at_a_later_look_is_its_own_mistake(preset):
    answers = iter([NETS["a disc"], *[np.full((32, 32), np.nan, np.float32)] * 2])
    with pytest.raises(ValueError, match="finite"):
        look(ODD["noise"], lambda rgb: next(answers), LOOKS[preset])


def test_a_source_that_is_fully_transparent_has_no_foreground():
    clear = np.dstack([ODD["noise"], np.zeros((90, 120), np.uint8)])
    photo = decode(saved(clear, "PNG"), Limits())
    with pytest.raises(PipelineError) as caught:
        look(photo.rgb, lambda rgb: NETS["a disc"], "2")
    assert caught.value.code == "unknown_foreground"


# Peak memory of a process of its own: 50 MP from a file's bytes to a file's bytes, at the dearest preset, with a
# stand-in for the net. It counts from the process's start, unlike ru_maxrss, which begins with the parent's.
FIFTY_MEGAPIXELS = """
import io, sys
import numpy as np
from PIL import Image
from bench.peak import peak_mb
from processing.pipeline.probe import Limits
from processing.pipeline.recipe import Recipe
from processing.pipeline.run import cutout
from tests.processing.pipeline.pictures import disc

matte = disc(320, 100, 12)
data = open(sys.argv[1], "rb").read()
made = cutout(data, lambda rgb: matte, Recipe(preset="best", format="png"), Limits(max_pixels=60_000_000))
print(made.width * made.height, peak_mb())
"""


@pytest.mark.slow
def test_fifty_megapixels_within_two_gigabytes(tmp_path):
    tile = SEED.integers(0, 256, (577, 866, 3), np.uint8)
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(saved(np.repeat(np.repeat(tile, 10, 0), 10, 1), "JPEG", quality=80))
    command = [sys.executable, "-c", FIFTY_MEGAPIXELS, str(photo)]
    answer = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    pixels, megabytes = int(answer[0]), float(answer[1])
    assert pixels == 5770 * 8660
    # The rest of the 2 GB is for u2net's weights and activations: 0.8 GB in fp32, measured 1.6 GB in all.
    assert megabytes < 1200
