"""Feathering is as wide as asked, measured across the edge, and leaves thin things and the outline alone. 2 s."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processing.pipeline.arrays import Alpha
from processing.pipeline.feathering import feather

from .pictures import disc

WIDTHS = st.floats(0.5, 10)


def straight(angle: float, size: int = 80) -> tuple[Alpha, np.ndarray]:
    """Half of a picture beyond a line through its middle, and how far each pixel is from the line."""
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    away = x * np.cos(angle) + y * np.sin(angle)
    return np.clip(away + 0.5, 0, 1).astype(np.float32), away


@st.composite
def blobs(draw: st.DrawFn) -> Alpha:
    """Soft things of every thickness, such as nets give."""
    noise = np.random.default_rng(draw(st.integers(0, 999))).normal(size=(48, 64)).astype(np.float32)
    rough = np.asarray(cv2.GaussianBlur(noise, (0, 0), draw(st.floats(0.7, 8))), np.float32)
    rough /= np.abs(rough).max()
    return np.asarray(np.clip(0.5 + draw(st.floats(0.5, 20)) * rough, 0, 1), np.float32)


@settings(deadline=None, max_examples=25)
@given(angle=st.floats(0, 6.28), width=st.floats(2, 10))
def test_the_transition_is_as_wide_as_asked_in_every_direction(angle: float, width: float) -> None:
    edge, away = straight(angle)
    near = np.hypot(*(np.mgrid[:80, :80] - 39.5)) < 25
    soft = feather(edge, width)[near]
    away = away[near]
    # All of it lies within half of the width (and the edge's own pixel) to either side, and it uses that room.
    assert (soft[away > width / 2 + 1] == 1).all() and (soft[away < -width / 2 - 1] == 0).all()
    ramp = np.clip(away / (width / 2), -1, 1)
    assert soft == pytest.approx(0.5 + 0.25 * ramp * (3 - ramp**2), abs=0.8 / width + 0.02)


@settings(deadline=None, max_examples=30)
@given(alpha=blobs(), width=WIDTHS)
def test_the_outline_stays_where_it_is(alpha: Alpha, width: float) -> None:
    before = alpha.copy()
    soft = feather(alpha, width)
    assert (alpha == before).all() and soft.dtype == np.float32
    assert np.isfinite(soft).all() and soft.min() >= 0 and soft.max() <= 1
    sure = np.abs(alpha - 0.5) > 1e-3
    assert ((soft >= 0.5) == (alpha >= 0.5))[sure].all()
    # Nothing gets surer than it was.
    assert (np.abs(soft - 0.5) <= np.abs(alpha - 0.5) + 1e-5).all()


@settings(deadline=None, max_examples=25)
@given(alpha=blobs(), width=WIDTHS)
def test_nothing_changes_far_from_the_outline(alpha: Alpha, width: float) -> None:
    outline = cv2.morphologyEx((alpha >= 0.5).astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    far = cv2.distanceTransform(1 - outline, cv2.DIST_L2, 5) > width / 2 + 1
    assert feather(alpha, width)[far] == pytest.approx(alpha[far], abs=1e-5)


@pytest.mark.parametrize("thick", [1, 2, 3, 5])
@pytest.mark.parametrize("width", [3, 10])
def test_a_thin_line_neither_fades_nor_grows_a_halo(thick: int, width: float) -> None:
    line = np.zeros((40, 61), np.float32)
    line[:, 30 : 30 + thick] = 1
    soft = feather(line, width)[20]
    assert soft.max() == pytest.approx(1, abs=0.1)
    assert soft.sum() == pytest.approx(thick, abs=0.1)
    assert soft[: 30 - thick].max() == 0, "no glow further away than the line is thick"
    gap = feather(1 - line, width)[20]
    assert gap.min() == pytest.approx(0, abs=0.1)
    assert (1 - gap).sum() == pytest.approx(thick, abs=0.1)


def test_a_strand_at_a_head_is_left_and_the_head_is_softened() -> None:
    alpha = disc(121, 30)
    alpha[59:61, 85:118] = 1
    soft = feather(alpha, 10)
    assert soft[59:61, 98:112].min() > 0.9
    assert soft[50:55, 98:112].max() == 0
    assert 0.3 < soft[60, 30] < 0.7 and 0.05 < soft[60, 27] < 0.3 and 0.7 < soft[60, 33] < 0.95


def test_a_corner_keeps_its_tip() -> None:
    square = np.zeros((60, 60), np.float32)
    square[20:60, 20:60] = 1
    soft, blurred = feather(square, 10), cv2.GaussianBlur(square, (0, 0), 10 / 3)
    assert soft[20, 20] >= 0.5 > 0.45 > blurred[20, 20]
    assert soft[16, 16] == 0, "nothing bleeds off the tip"


def test_what_is_half_transparent_inside_stays() -> None:
    glass = disc(96, 30)
    glass[glass > 0] = 0.35
    assert feather(glass, 8) == pytest.approx(glass)
    glass[(disc(96, 30) == 1) & (disc(96, 18) == 0)] = 1
    soft = feather(glass, 8)
    assert soft[48, 48] == pytest.approx(0.35)


def test_the_seams_of_the_parts_do_not_show() -> None:
    alpha = np.tile(disc(200, 70, 6), (3, 1))
    upright, turned = feather(alpha, 9), feather(np.ascontiguousarray(alpha.T), 9).T
    assert upright == pytest.approx(turned, abs=0.06)
    assert upright[60:140] == pytest.approx(upright[260:340], abs=1e-6)


def test_nothing_to_soften() -> None:
    for level in (0.0, 0.3, 1.0):
        flat = np.full((8, 9), level, np.float32)
        assert (feather(flat, 5) == flat).all()
    alpha = disc(20, 5)
    assert feather(alpha, 0) is alpha
    assert feather(np.array([[0, 1]], np.float32), 10).shape == (1, 2)
