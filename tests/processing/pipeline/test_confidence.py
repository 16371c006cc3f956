"""The number that says how far a matte can be trusted."""

import numpy as np
import pytest

from processing.pipeline import LOW_CONFIDENCE
from processing.pipeline.codec import decode_alpha16, encode_alpha16
from processing.pipeline.confidence import confidence
from processing.pipeline.scale import resize_alpha

from .pictures import disc

SURE = disc(320, 90, 3)


def test_a_clean_subject_is_trusted():
    assert confidence(SURE) > 0.75


def test_grey_areas_and_wide_edges_cost_trust():
    grey = SURE.copy()
    grey[40:90, 120:200] = 0.5
    greyer = SURE.copy()
    greyer[20:90, 60:260] = 0.5
    wide = disc(320, 90, 60)
    assert confidence(grey) < LOW_CONFIDENCE < confidence(SURE)
    assert confidence(greyer) < confidence(grey)
    assert confidence(wide) < confidence(SURE)


@pytest.mark.parametrize(
    "matte",
    [
        np.zeros((50, 70), np.float32),
        np.full((50, 70), 0.3, np.float32),
        np.ones((50, 70), np.float32),
        np.full((1, 1), 0.6, np.float32),
        np.full((1, 4000), 0.5, np.float32),
    ],
)
def test_any_matte_has_a_number(matte):
    assert 0 <= confidence(matte) <= 1


def test_nothing_found_is_no_confidence():
    assert confidence(np.full((50, 70), 0.3, np.float32)) == 0


def test_a_kept_matte_gives_the_same_number():
    assert confidence(decode_alpha16(encode_alpha16(SURE))) == confidence(SURE)


def test_the_size_hardly_matters():
    assert confidence(resize_alpha(SURE, (960, 960))) == pytest.approx(confidence(SURE), abs=0.1)


def test_a_broken_matte_is_refused():
    with pytest.raises(ValueError, match="finite"):
        confidence(np.full((4, 4), np.nan, np.float32))
