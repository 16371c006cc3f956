"""The shape in which a net sees a picture."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing.pipeline.views import View
from processing.registry.predictor import Predictor
from processing.registry.sessions import OnnxSession
from processing.registry.shapes import suited

from .graphs import brightness, put, tiny


@pytest.mark.parametrize(
    ("picture", "seen"),
    [
        ((1000, 1000), (288, 288)),
        ((3000, 4000), (256, 352)),
        ((4000, 3000), (352, 256)),
        ((1000, 1500), (256, 352)),
        ((1080, 1920), (224, 384)),
        ((1, 4000), (128, 704)),  # no side below four strides
    ],
)
def test_it_works(picture, seen):
    assert suited(*picture, 320, 32) == seen


@pytest.mark.parametrize(("share", "side"), [(0.81, 288), (1.0, 320), (1.21, 352)])
def test_a_square_view(share, side):
    assert suited(1000, 1500, 320, 32, View(share, square=True)) == (side, side)


def test_a_larger_view_sees_more():
    assert suited(1000, 1500, 320, 32, View(1.44)) == (320, 448)


def test_a_net_of_one_shape_sees_squares():
    assert suited(1000, 1500, 320, 0) == (320, 320)


def test_a_net_too_small_for_strides_sees_squares():
    assert suited(1000, 1500, 64, 32) == (64, 64)


@given(st.integers(1, 20_000), st.integers(1, 20_000))
def test_any_picture_has_a_shape_within_the_budget(height, width):
    down, across = suited(height, width, 320, 32)
    assert down % 32 == across % 32 == 0
    assert min(down, across) >= 128
    assert 0.6 * 0.88 * 320 * 320 < down * across <= 0.88 * 320 * 320
    assert suited(width, height, 320, 32) == (across, down)


@given(st.floats(1 / 3, 3))
def test_usual_pictures_are_hardly_squeezed(aspect):
    down, across = suited(1000, round(1000 * aspect), 320, 32)
    assert across / down == pytest.approx(aspect, rel=0.16)


def test_a_graph_is_freed_of_the_sides_it_names(tmp_path):
    data = brightness(320)
    spec = tiny(data, size=320)
    session = OnnxSession(put(tmp_path, spec, data), free=True)
    predictor = Predictor(spec, "abc", session, stride=32)
    assert predictor.predict(np.zeros((90, 160, 3), np.uint8)).shape == (224, 384)


def test_it_is_asked_for_a_view(tmp_path):
    data = brightness(320)
    spec = tiny(data, size=320)
    predictor = Predictor(spec, "abc", OnnxSession(put(tmp_path, spec, data), free=True), stride=32)
    assert predictor.seeing(View(0.81, square=True))(np.zeros((90, 160, 3), np.uint8)).shape == (288, 288)


def test_a_comparison_with_rembg_keeps_the_square(tmp_path):
    data = brightness(320)
    spec = tiny(data, size=320)
    predictor = Predictor(spec, "abc", OnnxSession(put(tmp_path, spec, data)), True, stride=32)
    assert predictor.predict(np.zeros((90, 160, 3), np.uint8)).shape == (320, 320)
