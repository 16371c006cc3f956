"""Matting of the unknown band, haze, several looks: on pictures whose truth is known."""

import cv2
import numpy as np
import pytest

from processing.pipeline.codec import Photo
from processing.pipeline.edges import with_veils
from processing.pipeline.fusion import Opinions, told_by_colours
from processing.pipeline.looks import look
from processing.pipeline.matting import solve
from processing.pipeline.recipe import Recipe
from processing.pipeline.regions import Box, without_haze
from processing.pipeline.run import refine
from processing.pipeline.scale import resize_alpha
from processing.pipeline.strands import believed, hairy, matted, plain_beside
from processing.pipeline.trimap import unknown

from .pictures import blended, disc, gradient

TRUTH = disc(200, 60, 6)
PICTURE = blended(TRUTH, (220, 60, 40), (30, 90, 200))


def error(alpha):
    return float(np.abs(alpha - TRUTH).sum())


def test_colours_correct_a_matte_that_is_off():
    shifted = np.roll(disc(200, 60, 10), 3, axis=1)
    solved = solve(PICTURE, shifted, unknown(shifted, 4))
    assert error(solved) < 0.8 * error(shifted)


def test_what_is_known_stays():
    rough = disc(200, 55, 20)
    band = unknown(rough, 1)
    solved = solve(PICTURE, rough, band)
    np.testing.assert_array_equal(solved[~band], rough[~band])


@pytest.mark.parametrize("level", [0, 127, 255])
def test_colours_that_say_nothing_change_nothing(level):
    rough = disc(100, 30, 8)
    solved = solve(np.full((100, 100, 3), level, np.uint8), rough, unknown(rough, 2))
    # Without colours only smoothness counts.
    assert np.abs(solved - rough).mean() < 0.05


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (16, 3000), (17, 33)])
def test_any_shape_and_noise_end_well(size):
    rgb = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    rough = resize_alpha(disc(32, 10, 6), size[::-1])
    solved = solve(rgb, rough, np.ones(size, bool))
    assert solved.shape == size
    assert np.isfinite(solved).all() and solved.min() >= 0 and solved.max() <= 1


def test_nothing_unknown_is_nothing_to_solve():
    sure = np.ones((20, 30), np.float32)
    assert (solve(gradient(30, 20), sure, np.zeros((20, 30), bool)) == 1).all()
    assert (matted(gradient(30, 20), sure) == 1).all()


def test_the_best_preset_is_closer_to_the_truth_than_the_net():
    coarse = resize_alpha(TRUTH, (24, 24))
    best = refine(Photo(PICTURE), coarse, Recipe(preset="best"))
    assert error(best) < 0.6 * error(resize_alpha(coarse, (200, 200)))


def test_a_matte_of_all_pixels_stays_as_it_was_delivered():
    delivered = np.zeros((40, 1100), np.float32)
    delivered[10:30, 500:600], delivered[5, 5] = 0.7, 0.3
    rgb = np.zeros((40, 1100, 3), np.uint8)
    np.testing.assert_array_equal(refine(Photo(rgb), delivered, Recipe(preset="best")), delivered)


def test_loose_haze_goes_and_veils_stay():
    matte = np.zeros((60, 60), np.float32)
    matte[10:40, 10:40], matte[40:50, 20:30] = 1, 0.3  # a veil hangs from the subject
    matte[50:58, 50:58] = 0.3  # haze in a corner
    matte[2, 50] = 1  # a crumb
    clean = without_haze(np.kron(matte, np.ones((2, 2), np.float32)))[::2, ::2]
    assert (clean[45, 25], clean[54, 54]) == (pytest.approx(0.3), 0)
    assert clean[20, 20] == 1
    assert without_haze(matte)[2, 50] == 1  # one of 900 pixels is no crumb


def test_haze_alone_is_all_there_is():
    faint = disc(60, 10, 2) * np.float32(0.4)
    np.testing.assert_array_equal(without_haze(faint), faint)


def test_the_second_look_is_mirrored():
    seen = []
    rgb = np.tile(np.arange(200, dtype=np.uint8)[None, :, None], (200, 1, 3))

    def predict(picture):
        seen.append(int(picture[0, 0, 0]) < int(picture[0, -1, 0]))
        return disc(64, 12, 2)

    look(rgb, predict, "2")
    assert seen == [True, False]
    look(rgb, predict, "4")
    assert seen[2:] == [True, False, True, False]


@pytest.mark.parametrize("reach", [8, 24])
def test_where_looks_contradict_each_other_the_colours_decide(reach):
    wide, narrow = disc(64, 24, 1), disc(64, 24, 1) * np.float32(0.02) + disc(64, 8, 1) * np.float32(0.98)
    answers = iter([wide, narrow])
    rgb = blended(resize_alpha(disc(64, reach, 1), (64, 64)), (220, 60, 40), (30, 90, 200))
    matte = look(rgb, lambda rgb: next(answers), "2")
    disputed = resize_alpha(disc(64, 20, 1) - disc(64, 12, 1), matte.shape[::-1]) > 0.9
    # The closer look counts twice, so it takes colours to say that it is wrong.
    found = float(np.median(matte[disputed]))
    assert found > 0.8 if reach == 24 else found < 0.01


@pytest.mark.parametrize("grain", [0, 70])
def test_before_a_plain_ground_a_look_that_misses_what_is_no_ground_counts_less(grain):
    whole, top = disc(128, 48, 1), disc(128, 48, 1)
    top[48:] = 0
    rgb = blended(whole, (220, 60, 40), (30, 90, 200))
    rgb[88:][whole[88:] > 0.5] = (130, 200, 90)  # a colour that tells nothing: it is met nowhere else
    noise = np.random.default_rng(0).integers(-grain, grain + 1, rgb.shape)
    rgb = np.where(whole[..., None] > 0.01, rgb, np.clip(rgb + noise, 0, 255)).astype(np.uint8)
    opinions = Opinions(rgb, whole)
    opinions.hear(Box(0, 0, 128, 128), np.ones_like(whole), [top])
    untold = opinions.joined[96:104, 56:72]
    assert untold.min() > 0.9 if grain == 0 else untold.max() < 0.1


def test_colours_of_nothing_say_nothing():
    nowhere = np.zeros((32, 48), bool)
    assert not told_by_colours(gradient(), nowhere, ~nowhere).any()
    half = np.arange(48)[None, :].repeat(32, 0) < 24
    told = told_by_colours(gradient(), half, ~half)
    assert told[:, :12].max() < 0 < told[:, 36:].min()


def test_what_all_looks_see_as_soft_stays_soft():
    half = disc(64, 24, 1) * np.float32(0.5) + disc(64, 8, 1) * np.float32(0.5)
    matte = look(gradient(200, 200), lambda rgb: half, "4")
    there = resize_alpha(half, matte.shape[::-1])
    assert abs(float(np.median(matte[(there > 0.45) & (there < 0.55)])) - 0.5) < 0.1


def test_a_second_look_that_finds_nothing_is_passed_over():
    answers = iter([disc(64, 12, 2), np.zeros((64, 64), np.float32)])
    matte = look(gradient(200, 200), lambda rgb: next(answers), "2")
    assert matte.max() == pytest.approx(1, abs=0.01)


def test_a_glass_is_not_thinned():
    glass = disc(200, 60, 4) * np.float32(0.35)
    glass[140:, 80:120] = 1  # its foot
    made = refine(Photo(np.full((200, 200, 3), 90, np.uint8)), glass, Recipe())
    assert abs(float(made[100, 100]) - 0.35) < 0.01
    assert made[180, 100] == 1


def test_edges_are_no_veils():
    edge = disc(320, 100, 6)
    np.testing.assert_array_equal(with_veils(edge), edge)


def hair(side: int = 400) -> np.ndarray:
    """A head, and strands of one or two px that stand away from it."""
    lines = (disc(side, 90, 1) * 255).astype(np.uint8)
    random = np.random.default_rng(0)
    for angle in random.uniform(0, 2 * np.pi, 260):
        ends = [side / 2 + reach * np.array([np.cos(angle), np.sin(angle)]) for reach in (85, 112)]
        ends[1] += random.normal(0, 6, 2)
        cv2.polylines(lines, [np.array(ends, np.int32)], False, 255, 1, cv2.LINE_AA)
    return lines.astype(np.float32) / 255


def test_strands_are_drawn_where_the_net_saw_their_mean():
    truth = hair()
    rgb = blended(truth, (120, 80, 50), (150, 170, 200))
    seen = cv2.GaussianBlur(resize_alpha(truth, (100, 100)), (0, 0), 1.0)
    plain = np.abs(resize_alpha(seen, (400, 400)) - truth).sum()
    for choice in ("on", "off"):
        assert np.abs(refine(Photo(rgb), seen, Recipe(hair=choice)) - truth).sum() < 0.7 * plain


def test_the_outline_of_hair_is_told_from_that_of_a_coin():
    coin = hairy(disc(320, 90, 1), 320)
    curls = hairy(resize_alpha(cv2.GaussianBlur(hair(), (0, 0), 2.0), (320, 320)), 320)
    ring = unknown(disc(320, 76, 8), 2)
    assert coin[unknown(disc(320, 90, 1), 2)].max() < 0.2
    assert curls[ring].mean() > 0.5


@pytest.mark.parametrize("size", [(320, 320), (900, 640), (5, 400)])
def test_plain_is_the_ground_that_does_not_vary(size):
    subject = resize_alpha(disc(320, 90, 4), size[::-1])
    edge = unknown(subject, 2)
    flat = blended(subject, (220, 60, 40), (30, 90, 200))
    noise = np.random.default_rng(0).integers(-60, 61, flat.shape)
    busy = np.clip(flat + noise, 0, 255).astype(np.uint8)
    assert plain_beside(flat, subject, max(size)).shape == size
    if min(size) > 5:
        assert plain_beside(flat, subject, max(size))[edge].mean() > 0.9
    assert plain_beside(busy, subject, max(size)).max() == 0


def test_where_there_is_no_ground_none_is_plain():
    assert not plain_beside(PICTURE, np.ones_like(TRUTH), 200).any()


def test_colours_that_contradict_the_net_are_not_believed():
    rough = disc(320, 90, 8)
    assert believed(rough, rough, 320).min() == 1
    moved = np.roll(rough, 12, axis=1)
    assert believed(moved, rough, 320)[160, 250] == 0
