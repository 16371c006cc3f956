"""The arithmetic around a graph."""

import numpy as np
import pytest

from processing.registry.errors import ModelFailedError
from processing.registry.predictor import Predictor
from processing.registry.sessions import OnnxSession
from processing.registry.specs import HALF, ONE

from .graphs import SIDE, brightness, not_a_matte, put, tiny


class Echo:
    """A session that answers one number everywhere and keeps what it was given."""

    provider = "cpu"

    def __init__(self, answer=0.5):
        self.answer = answer

    def run(self, batch):
        self.batch = batch
        return np.full((1, 1, SIDE, SIDE), self.answer, np.float32)


def grey(level, height=SIDE, width=SIDE):
    return np.full((height, width, 3), level, np.uint8)


def predictor(session, compatible=False, **changes):
    return Predictor(tiny(b"", **changes), "abc", session, compatible)


def test_it_works(tmp_path):
    data = brightness()
    spec = tiny(data, mean=(0.0, 0.0, 0.0), std=ONE)
    real = Predictor(spec, "abc", OnnxSession(put(tmp_path, spec, data)))
    alpha = real.predict(grey(51))
    assert alpha.shape == (SIDE, SIDE)
    assert alpha.dtype == np.float32
    np.testing.assert_allclose(alpha, 0.2, atol=1e-6)
    assert real.device == "cpu"


def test_a_dark_picture_stays_dark():
    session = Echo()
    predictor(session, mean=HALF, std=ONE).predict(grey(51))
    np.testing.assert_allclose(session.batch, 51 / 255 - 0.5, atol=1e-6)


def test_rembgs_arithmetic_brightens_it():
    session = Echo()
    predictor(session, compatible=True, mean=HALF, std=ONE).predict(grey(51))
    np.testing.assert_allclose(session.batch, 0.5, atol=1e-6)


def test_channels_keep_their_order():
    session = Echo()
    predictor(session, mean=(0.0, 0.0, 0.0), std=ONE).predict(grey(0) + np.array([255, 0, 51], np.uint8))
    np.testing.assert_allclose(session.batch[0, :, 0, 0], [1, 0, 0.2], atol=1e-6)


@pytest.mark.parametrize(
    ("activation", "answer", "expected"),
    [
        ("none", 0.25, 0.25),
        ("none", 1.5, 1.0),
        ("none", -3.0, 0.0),
        ("none", np.nan, 0.0),
        ("sigmoid", 0.0, 0.5),
        ("sigmoid", 1000.0, 1.0),
        ("sigmoid", -1000.0, 0.0),
        ("minmax", 0.9, 0.0),  # flat: nothing stands out, so nothing is found
    ],
)
def test_the_answer_becomes_a_matte(activation, answer, expected):
    alpha = predictor(Echo(answer), activation=activation).predict(grey(100))
    np.testing.assert_allclose(alpha, expected)


def test_min_max_stretches():
    class Ramp(Echo):
        def run(self, batch):
            return np.linspace(0.2, 0.4, SIDE * SIDE, dtype=np.float32).reshape(1, 1, SIDE, SIDE)

    alpha = predictor(Ramp(), compatible=True).predict(grey(100))
    assert (alpha.min(), alpha.max()) == (0, 1)


@pytest.mark.parametrize("size", [(1, 1), (1, 4000), (16, 8000), (333, 31), (2000, 3000)])
def test_any_size_of_picture(size):
    session = Echo()
    assert predictor(session).predict(grey(90, *size)).shape == (SIDE, SIDE)
    assert session.batch.shape == (1, 3, SIDE, SIDE)


def test_fast_scaling_is_close_to_exact():
    rows, columns = np.mgrid[0:600, 0:900]
    picture = np.dstack([rows % 256, columns % 256, (rows + columns) // 6 % 256]).astype(np.uint8)
    fast, exact = Echo(), Echo()
    plain = {"mean": (0.0, 0.0, 0.0), "std": ONE}
    predictor(fast, **plain).predict(picture)
    predictor(exact, compatible=True, **plain).predict(picture)
    assert np.abs(fast.batch - exact.batch).mean() < 0.02


def test_a_graph_that_gives_no_matte_is_refused(tmp_path):
    data = not_a_matte()
    spec = tiny(data)
    with pytest.raises(ModelFailedError, match="not a matte") as caught:
        Predictor(spec, "abc", OnnxSession(put(tmp_path, spec, data))).predict(grey(9))
    assert caught.value.code == "model_failed"
