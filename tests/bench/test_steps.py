"""bench.steps: every step can be left out, what is left out comes back, and figures are with it and without it."""

import numpy as np
import pytest
from PIL import Image

from bench import steps
from bench.steps import STEPS, Step
from processing.pipeline import fusion, looks
from processing.pipeline.scale import resize_alpha
from tests.processing.pipeline.pictures import blended, disc

TRUTH = disc(96, 30, 1)


def predict(rgb):
    """What a net says that sees the picture's colours at a quarter of the size."""
    red = rgb[..., 0].astype(np.float32) / 255
    return np.clip(resize_alpha(red, (24, 24)) * 1.6 - 0.4, 0, 1)


@pytest.fixture
def pair(tmp_path):
    photo, truth = tmp_path / "disc.png", tmp_path / "mask.png"
    Image.fromarray(blended(TRUTH, (220, 60, 40), (30, 90, 200))).save(photo)
    Image.fromarray(np.rint(TRUTH * 255).astype(np.uint8)).save(truth)
    return photo, truth


@pytest.mark.parametrize("step", STEPS, ids=lambda step: f"{step.name}, {step.preset}")
def test_each_step_can_be_left_out(step, pair):
    cut = step.without(predict)(pair[0].read_bytes())
    assert cut.shape == (96, 96, 4) and cut[48, 48, 3] == 255


def test_what_was_left_out_comes_back():
    step = Step("two", "best", instead={"fusion:COLOURS": 0.0, "looks:_GAMMA": 1.0})
    before = fusion.COLOURS, looks._GAMMA
    with pytest.raises(ZeroDivisionError), step.left_out():
        assert (fusion.COLOURS, looks._GAMMA) == (0.0, 1.0)
        raise ZeroDivisionError
    assert before == (fusion.COLOURS, looks._GAMMA)


def test_gains_are_with_it_and_without_it(pair, monkeypatch):
    monkeypatch.setattr(steps, "composites", lambda pairs: [])  # bench.quality's tests make some
    edges = next(step for step in STEPS if step.name == "edges of the picture")
    found = steps._gains([pair], [edges], predict)
    better, plain = found[0]["sad"]
    assert better < plain, "edges of the picture are those of the truth here"
    assert {"iou", "success", "gradient", "boundary"} <= set(found[0])


def test_a_cost_is_told_for_each_step(pair, monkeypatch):
    monkeypatch.setattr(steps, "Remembered", lambda net: net)
    found = steps._costs([STEPS[0], STEPS[-1]], predict, pair[0].read_bytes())
    assert len(found) == 2 and all("ms" in each and "%" in each for each in found)
