"""The real u2net: what it sees, and that it sees what rembg sees."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from skimage import data

from processing.pipeline.views import View
from processing.registry import cache
from processing.registry.rembg_adapter import RembgPredictor

pytestmark = pytest.mark.weights


@pytest.fixture(scope="module")
def predictor(real_models):
    # The float weights, whether or not an INT8 copy was made beside them.
    return cache.get("u2net", real_models, threads=2, engine="fp32")


def test_it_works(predictor):
    alpha = predictor.predict(data.astronaut())
    assert (alpha.shape, alpha.dtype) == ((288, 288), np.float32)
    assert alpha[100, 140] > 0.95  # her face
    assert alpha[20, 20] < 0.05  # the flag behind her
    assert predictor.weights_id == "60024c5c889b"


@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea"])
def test_parity_with_rembg(predictor, rembg_session, name):
    """In compatible mode our mask is rembg's to 1 of 255 everywhere."""
    picture = Image.fromarray(getattr(data, name)())
    theirs = np.asarray(rembg_session.predict(picture)[0], dtype=np.int16)
    matte = replace(predictor, rembg_compatible=True).predict(np.asarray(picture))
    ours = Image.fromarray((matte * 255).astype(np.uint8)).resize(picture.size, Image.Resampling.LANCZOS)
    assert np.abs(np.asarray(ours, dtype=np.int16) - theirs).max() <= 1


def test_own_arithmetic_stays_near(predictor):
    picture = np.asarray(Image.fromarray(data.astronaut()).resize((2048, 2048), Image.Resampling.BICUBIC))
    fast = predictor.seeing(View(1.0, square=True))(picture)
    exact = replace(predictor, rembg_compatible=True).predict(picture)
    assert np.abs(fast - exact).mean() < 0.01


def test_the_adapter_gives_rembgs_mask(predictor, rembg_session, real_models):
    picture = data.coffee()
    adapted = RembgPredictor(predictor.spec, "abc", real_models).predict(picture)
    theirs = np.asarray(rembg_session.predict(Image.fromarray(picture))[0]) / 255
    assert adapted.shape == picture.shape[:2]
    np.testing.assert_allclose(adapted, theirs, atol=1 / 255)
