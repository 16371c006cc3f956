import pickle

import numpy as np
import pytest

from processing.pipeline.arrays import check_alpha, check_rgb
from processing.pipeline.errors import PipelineError


def test_it_carries_code_and_facts():
    error = PipelineError("image_too_small", width=3, height=4, min_side=16)
    assert (error.code, error.facts["min_side"]) == ("image_too_small", 16)
    assert str(error) == "image_too_small (width=3, height=4, min_side=16)"


def test_it_survives_the_way_between_processes():
    copy = pickle.loads(pickle.dumps(PipelineError("file_too_large", bytes=5, max_bytes=4)))
    assert (copy.code, copy.facts) == ("file_too_large", {"bytes": 5, "max_bytes": 4})


def test_an_unknown_code_is_a_mistake():
    with pytest.raises(ValueError, match="no such code"):
        PipelineError("oops")


@pytest.mark.parametrize(
    "alpha",
    [
        np.zeros((2, 2), np.float64),
        np.zeros((2, 2, 1), np.float32),
        np.zeros((0, 2), np.float32),
        np.full((2, 2), 1.5, np.float32),
        np.full((2, 2), -0.1, np.float32),
        np.array([[0, np.nan]], np.float32),
        np.array([[0, np.inf]], np.float32),
    ],
)
def test_alpha_is_refused_at_the_border(alpha):
    with pytest.raises(ValueError):
        check_alpha(alpha)


@pytest.mark.parametrize("shape", [(2, 2), (2, 2, 4), (0, 2, 3)])
def test_rgb_is_refused_at_the_border(shape):
    with pytest.raises(ValueError, match="H×W×3"):
        check_rgb(np.zeros(shape, np.uint8))


def test_float_rgb_is_refused():
    with pytest.raises(ValueError):
        check_rgb(np.zeros((2, 2, 3), np.float32))
