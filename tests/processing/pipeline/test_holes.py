"""Holes that a matte covers are opened where they show the ground, and only there. 3 s."""

import cv2
import numpy as np
import pytest

from processing.pipeline.arrays import Alpha, Rgb
from processing.pipeline.codec import Photo
from processing.pipeline.holes import with_holes_open
from processing.pipeline.recipe import Recipe
from processing.pipeline.run import refine

HEIGHT, WIDTH = 400, 500
FRONT = (60, 50, 160)


def ring() -> np.ndarray:
    """More hole than ring."""
    return np.asarray(cv2.circle(np.zeros((HEIGHT, WIDTH), np.uint8), (250, 200), 120, 255, 36, cv2.LINE_AA))


def mug() -> np.ndarray:
    drawn = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.ellipse(drawn, (285, 200), (85, 75), 0, 0, 360, 255, 20, cv2.LINE_AA)
    return np.asarray(cv2.rectangle(drawn, (100, 80), (280, 330), 255, -1))


def letters() -> np.ndarray:
    drawn = np.zeros((HEIGHT, WIDTH), np.uint8)
    return np.asarray(
        cv2.putText(drawn, "ABO8", (20, 270), cv2.FONT_HERSHEY_SIMPLEX, 6, 255, 30, cv2.LINE_AA)
    )


def plain() -> np.ndarray:
    return np.full((HEIGHT, WIDTH, 3), 235.0)


def shaded() -> np.ndarray:
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    return np.stack([180 + 60 * x / WIDTH, 190 + 30 * y / HEIGHT, np.full(x.shape, 200.0)], axis=-1)


def grainy() -> np.ndarray:
    noise = cv2.GaussianBlur(np.random.default_rng(2).normal(size=(HEIGHT, WIDTH, 3)), (0, 0), 2)
    return np.asarray((90, 140, 70) + 18 * noise / noise.std())


def shot(truth: Alpha, ground: np.ndarray) -> Rgb:
    """The thing before the ground, with a sensor's noise."""
    noise = np.random.default_rng(3).normal(0, 3, (HEIGHT, WIDTH, 1))
    mixed = truth[..., None] * np.array(FRONT) + (1 - truth[..., None]) * ground + noise
    return np.asarray(np.rint(np.clip(mixed, 0, 255)), np.uint8)


def covered(truth: Alpha) -> Alpha:
    """As a net does that does not see holes."""
    outlines, _ = cv2.findContours(
        (truth >= 0.5).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
    )
    filled = cv2.drawContours(np.zeros(truth.shape, np.uint8), outlines, -1, 1, -1)
    return np.maximum(truth, filled.astype(np.float32))


@pytest.mark.parametrize("ground", [plain, shaded, grainy])
@pytest.mark.parametrize("thing", [ring, mug, letters])
def test_holes_of_things_are_opened_to_their_edge(thing, ground) -> None:
    truth = thing().astype(np.float32) / 255
    matte = covered(truth)
    opened = with_holes_open(shot(truth, ground()), matte)
    theirs, ours = matte - truth > 0.5, matte - opened > 0.5
    assert (theirs & ours).sum() / (theirs | ours).sum() > 0.96
    assert np.abs(opened - truth).mean() < 0.1 * np.abs(matte - truth).mean()
    assert opened[~cv2.dilate(theirs.astype(np.uint8), np.ones((13, 13))).astype(bool)] == pytest.approx(
        matte[~cv2.dilate(theirs.astype(np.uint8), np.ones((13, 13))).astype(bool)], abs=1e-6
    ), "away from holes nothing changes"


@pytest.mark.parametrize("size", [(90, 60), (1500, 1200)])
def test_holes_are_found_at_any_size(size: tuple[int, int]) -> None:
    truth = mug().astype(np.float32) / 255
    rgb, small = cv2.resize(shot(truth, plain()), size), cv2.resize(truth, size)
    opened = with_holes_open(np.asarray(rgb, np.uint8), covered(np.asarray(small, np.float32)))
    assert np.abs(opened - small).mean() < 0.4 * np.abs(covered(np.asarray(small, np.float32)) - small).mean()


def test_what_is_of_another_colour_stays() -> None:
    truth = covered(mug().astype(np.float32) / 255)
    rgb = shot(truth, plain())
    rgb[150:250, 130:250] = (200, 160, 40)
    assert (with_holes_open(rgb, truth) == truth).all()


def test_shading_towards_the_ground_is_no_hole() -> None:
    """A highlight that ends in the ground's own colour has no rim."""
    truth = covered(ring().astype(np.float32) / 255)
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    light = np.exp(-(((x - 250) / 60) ** 2 + ((y - 200) / 60) ** 2))[..., None]
    front = np.array(FRONT) + light * (235 - np.array(FRONT))
    rgb = np.rint(truth[..., None] * front + (1 - truth[..., None]) * plain()).astype(np.uint8)
    assert (with_holes_open(rgb, truth) == truth).all()


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_flat_mattes_end_well(level: float) -> None:
    rgb = shot(mug().astype(np.float32) / 255, plain())
    flat = np.full((HEIGHT, WIDTH), level, np.float32)
    assert (with_holes_open(rgb, flat) == flat).all()
    assert with_holes_open(rgb[:1, :1], flat[:1, :1]).shape == (1, 1)


def test_the_recipe_opens_and_closes() -> None:
    truth = ring().astype(np.float32) / 255
    photo, matte = Photo(shot(truth, plain())), covered(truth)
    assert refine(photo, matte, Recipe())[200, 250] == 1
    assert refine(photo, matte, Recipe(holes="open"))[200, 250] == 0
    assert refine(photo, truth, Recipe())[200, 250] == 0
    assert refine(photo, truth, Recipe(holes="close"))[200, 250] == 1
