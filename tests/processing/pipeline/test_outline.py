"""The way around a shape, drawn as a lasso, gives the shape again: parts, holes and all."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from processing.pipeline.outline import MOST, outline
from processing.pipeline.replay import replay
from processing.pipeline.strokes import parse


def filled(rings, shape):
    """What the editor makes of rings: one way, from the first point and back to it after each ring."""
    home = rings[0][0]
    way = [point for ring in rings for point in (*ring, ring[0], home)]
    strokes = parse([{"tool": "lasso", "mode": "add", "points": [list(p) for p in way]}], shape[::-1])
    return replay(np.zeros(shape, np.float32), strokes)


def disc(shape, middle, radius):
    y, x = np.mgrid[: shape[0], : shape[1]]
    return (np.hypot(x + 0.5 - middle[0], y + 0.5 - middle[1]) < radius).astype(np.float32)


SHAPES = {
    "a disc": disc((120, 160), (80, 60), 40),
    "a ring": disc((120, 160), (80, 60), 50) - disc((120, 160), (80, 60), 25),
    "two parts": disc((120, 160), (40, 60), 30) + disc((120, 160), (120, 50), 30),
    "an island in a hole": sum(
        sign * disc((200, 200), (100, 100), radius) for sign, radius in ((1, 90), (-1, 60), (1, 30))
    ),
    "over the rim": disc((120, 160), (0, 0), 70),
    "everything": np.ones((50, 60), np.float32),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
def test_the_shape_comes_back(shape):
    again = filled(outline(shape), shape.shape)
    inner = cv2.erode(shape, np.ones((5, 5)), borderValue=1) > 0.5
    outer = cv2.dilate(shape, np.ones((5, 5))) > 0.5
    assert (again[inner] == 1).all() and (again[~outer] == 0).all()
    assert abs(again.sum() - shape.sum()) < 0.03 * shape.sum() + 20


def test_nothing_has_no_way():
    assert outline(np.zeros((10, 10), np.float32)) == []
    assert outline(np.full((10, 10), 0.49, np.float32)) == []


def test_specks_are_no_parts():
    shape = disc((300, 300), (150, 150), 100)
    shape[5:8, 5:8] = 1
    shape[148:151, 148:151] = 0
    assert (filled(outline(shape), shape.shape)[:20, :20] == 0).all()
    assert filled(outline(shape), shape.shape)[149, 149] == 1


def test_a_ragged_shape_stays_within_the_limit():
    shape = cv2.GaussianBlur(np.random.default_rng(1).random((3000, 3000), np.float32), (0, 0), 6) - 0.5
    rings = outline(np.asarray(0.5 + 10 * shape, np.float32))
    assert 3 <= sum(len(ring) + 2 for ring in rings) <= MOST
