"""Segment Anything on tiny graphs of its inputs and outputs: what is pointed at is cut out. Two seconds."""

import numpy as np
import pytest

from processing.pipeline.prompts import Prompt, prompts
from processing.registry import cache, sam
from processing.registry.errors import ModelFailedError
from processing.registry.specs import get_spec
from tests.processing.registry import sam_graphs


@pytest.fixture
def model(tmp_path):
    sam_graphs.install(tmp_path, get_spec("sam"))
    yield cache.get("sam", tmp_path)
    cache.clear()


def grey(width=300, height=200):
    return np.full((height, width, 3), 120, np.uint8)


def centre_of(alpha):
    rows, columns = np.nonzero(alpha > 0.5)
    return columns.mean() / alpha.shape[1], rows.mean() / alpha.shape[0]


@pytest.mark.parametrize("size", [(300, 200), (200, 300), (3000, 2000), (40, 40)])
def test_a_point_is_found_in_pictures_of_any_shape(model, size):
    alpha = model.select(grey(*size), prompts("point:25,75", size))
    assert alpha.dtype == np.float32 and max(alpha.shape) <= sam.WIDTH
    assert alpha.shape[1] / alpha.shape[0] == pytest.approx(size[0] / size[1], rel=0.01)
    assert centre_of(alpha) == pytest.approx((0.25, 0.75), abs=0.02)


def test_without_a_prompt_the_middle_is_meant(model):
    assert centre_of(model.predict(grey())) == pytest.approx((0.5, 0.5), abs=0.01)


def test_a_point_beside_the_subject_takes_its_surroundings_away(model):
    both = model.select(grey(), [Prompt("point", (0.5, 0.5)), Prompt("not", (0.55, 0.5))])
    assert centre_of(both)[0] < 0.48


def test_a_box_becomes_its_corners(model, monkeypatch):
    asked = []
    answers = model.decoder.answers
    monkeypatch.setattr(model.decoder, "answers", lambda feed: asked.append(feed) or answers(feed))
    model.select(grey(1024, 684), prompts("box:10,20,512px,342px;not:0,0", (1024, 684)))
    np.testing.assert_allclose(
        asked[0]["point_coords"], [[[102.4, 136.8], [512, 342], [0, 0], [0, 0]]], rtol=1e-5
    )
    np.testing.assert_array_equal(asked[0]["point_labels"], [[2, 3, 0, -1]])


def test_the_same_photo_is_looked_at_once(model, monkeypatch):
    looks = []
    run = model.encoder.run
    monkeypatch.setattr(model.encoder, "run", lambda frame: looks.append(1) or run(frame))
    for place in ("point:20,20", "point:80,80", "box:10,10,50,50"):
        model.select(grey(), prompts(place, (300, 200)))
    assert len(looks) == 1
    model.select(grey() + 1, prompts("point:20,20", (300, 200)))
    assert len(looks) == 2


def test_only_the_last_pictures_are_kept(model):
    for shade in range(sam.KEPT + 2):
        model.seen(np.full((20, 30, 3), shade, np.uint8))
    assert len(model._seen) == sam.KEPT


def test_masks_of_another_shape_are_refused(model, monkeypatch):
    monkeypatch.setattr(model.decoder, "answers", lambda feed: [np.zeros((1, 1, 9, 9), np.float32)])
    with pytest.raises(ModelFailedError, match="shape"):
        model.predict(grey())
