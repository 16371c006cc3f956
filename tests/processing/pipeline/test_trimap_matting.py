"""Trimaps: what is sure stays, what is not is solved, whatever the net said."""

from __future__ import annotations

import numpy as np
import pytest

from processing.pipeline.codec import Photo
from processing.pipeline.recipe import Recipe
from processing.pipeline.run import refine
from processing.pipeline.trimap_matting import from_trimap, thresholded

from .pictures import blended, disc

SIDE = 300
TRUTH = disc(SIDE, 90, 12)
PICTURE = blended(TRUTH, (220, 60, 40), (30, 90, 200))


def band(inner: float, outer: float) -> np.ndarray:
    """½ between two radii, 1 within, 0 outside."""
    return np.where(disc(SIDE, inner) > 0.5, 1, np.where(disc(SIDE, outer) > 0.5, 0.5, 0)).astype(np.float32)


@pytest.mark.parametrize("guess", [0.0, 1.0])
def test_colours_decide_in_the_band_whatever_was_guessed(guess):
    trimap = band(60, 120)
    found = from_trimap(PICTURE, np.full((SIDE, SIDE), guess, np.float32), trimap)
    assert (found[trimap == 1] == 1).all() and (found[trimap == 0] == 0).all()
    assert np.abs(found - TRUTH)[trimap == 0.5].mean() < 0.04


@pytest.mark.parametrize("shape", [(1, 1), (40, 900), (2000, 30)])
def test_any_shape_and_a_trimap_of_another_size(shape):
    rgb = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    found = from_trimap(rgb, np.full(shape, 0.5, np.float32), band(60, 120))
    assert found.shape == shape and found.dtype == np.float32
    assert np.isfinite(found).all() and found.min() >= 0 and found.max() <= 1


def test_thresholds_as_rembg_has_them():
    alpha = np.tile(np.linspace(0, 1, 101, dtype=np.float32), (20, 1))
    trimap = thresholded(alpha, 0.8, 0.2, 1)
    assert (trimap[:, 82:] == 1).all() and (trimap[:, :19] == 0).all() and (trimap[:, 30:70] == 0.5).all()
    eroded = thresholded(alpha, 0.8, 0.2, 9)
    assert (eroded == 0.5).sum() > (trimap == 0.5).sum()
    assert (eroded[:, 0] == 0).all(), "the rim of the background is background"


def test_the_levels_of_a_recipe_have_an_effect():
    photo, matte = Photo(PICTURE), disc(SIDE, 90, 60)
    plain = refine(photo, matte, Recipe(preset="best"))
    narrow = refine(photo, matte, Recipe(preset="best", trimap="200,55,0"))
    wide = refine(photo, matte, Recipe(preset="best", trimap="250,5,30"))
    assert len({round(float(np.abs(alpha - TRUTH).mean()), 5) for alpha in (plain, narrow, wide)}) == 3
    # What is surely foreground or background by the levels is opaque or clear.
    assert (narrow[matte > 0.8] == 1).all() and (narrow[matte < 0.2] == 0).all()


@pytest.mark.parametrize("levels", ["240,10", "256,0,0", "1,2,501", "a,b,c", "-1,2,3", "1,2,3,4", ""])
def test_levels_that_are_none(levels):
    from processing.pipeline.errors import PipelineError

    with pytest.raises(PipelineError, match="trimap"):
        Recipe(trimap=levels)
