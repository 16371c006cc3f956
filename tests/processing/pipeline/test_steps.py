"""The small steps on literal pixels: trimap, edges, regions, foreground colours, composition."""

import numpy as np
import pytest

from processing.pipeline.compose import over, resize, to_rgba
from processing.pipeline.edges import expand, snap, upsample
from processing.pipeline.feathering import feather
from processing.pipeline.foreground import colours, cut_out
from processing.pipeline.regions import Box, box_of, without_holes, without_specks
from processing.pipeline.scale import halved, resize_alpha, sample, shrink, tiles, work_size
from processing.pipeline.trimap import unknown

from .pictures import blended, disc, gradient


def alpha(*rows):
    return np.array(rows, np.float32)


def test_unknown_is_what_is_soft_or_steps():
    assert unknown(alpha([0, 0, 0.5, 0.9, 1]), 0).tolist() == [[False, True, True, True, False]]
    assert unknown(alpha([0, 0, 1, 1, 1]), 0).tolist() == [[False, True, True, False, False]]
    assert unknown(alpha([0, 0, 0, 0.5, 0, 0, 0]), 1).sum() == 5
    assert not unknown(np.ones((5, 5), np.float32), 2).any()


def test_working_copies_keep_the_aspect():
    assert work_size(4000, 3000) == (1024, 768)
    assert work_size(300, 200) == (300, 200)
    assert work_size(8000, 16) == (1024, 2)
    assert work_size(16_384, 1) == (1024, 1)


def test_shrinking_averages():
    rgb = np.zeros((4, 4, 3), np.uint8)
    rgb[:, ::2] = 200
    assert shrink(rgb, (2, 2)).tolist() == np.full((2, 2, 3), 100).tolist()
    assert halved(gradient(101, 51), 50).shape == (25, 50, 3)
    assert halved(gradient(101, 51), 51).shape == (51, 101, 3)
    assert halved(gradient(101, 1), 10).shape == (1, 101, 3)


def test_enlarged_alpha_never_leaves_its_range():
    large = resize_alpha(alpha([0, 1, 0], [1, 0, 1]), (31, 17))
    assert large.shape == (17, 31)
    assert (large.min(), large.max()) == (0, 1)


def test_tiles_cover_what_is_marked_and_nothing_far():
    where = np.zeros((10, 20), bool)
    where[0, 0] = where[9, 19] = True
    regions = list(tiles(where, (700, 350)))
    assert [(rows.start, columns.start) for rows, columns in regions] == [(0, 0), (256, 640), (320, 640)]
    everything = np.zeros((350, 700), int)
    for region in tiles(np.ones((10, 20), bool), (700, 350)):
        everything[region] += 1
    assert (everything == 1).all()


def test_samples_of_tiles_join_to_the_whole():
    small = np.linspace(0, 1, 12, dtype=np.float32)[None, :].repeat(6, 0)
    whole = sample(small, (slice(0, 300), slice(0, 600)), (600, 300))
    part = sample(small, (slice(128, 256), slice(128, 256)), (600, 300))
    np.testing.assert_allclose(part, whole[128:256, 128:256], atol=0.01)
    assert (np.diff(whole, axis=1) >= 0).all()


def test_upsampling_follows_the_edges_of_the_picture():
    truth = disc(512, 150, 1)
    rgb = blended(truth, (220, 60, 40), (30, 90, 200))
    coarse = resize_alpha(truth, (40, 40))
    refined = upsample(rgb, coarse)
    plain = resize_alpha(coarse, (512, 512))
    assert refined.shape == (512, 512)
    assert np.abs(refined - truth).sum() < 0.3 * np.abs(plain - truth).sum()


def test_upsampling_without_contrast_is_no_worse_than_plain_enlargement():
    truth = disc(256, 80, 1)
    coarse = resize_alpha(truth, (64, 64))
    refined = upsample(np.full((256, 256, 3), 77, np.uint8), coarse)
    plain = resize_alpha(coarse, (256, 256))
    assert np.abs(refined - truth).sum() <= np.abs(plain - truth).sum()


def test_no_step_changes_its_input():
    rgb, soft = gradient(64, 64), disc(64, 20, 8)
    before = rgb.copy(), soft.copy()
    for step in (upsample, cut_out, to_rgba):
        step(rgb, soft)
    for change in (lambda a: feather(a, 2), lambda a: expand(a, 3), without_specks, without_holes):
        change(soft)
    np.testing.assert_array_equal(rgb, before[0])
    np.testing.assert_array_equal(soft, before[1])


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_upsampling_leaves_sure_pictures_alone(level):
    refined = upsample(gradient(100, 60), np.full((20, 20), level, np.float32))
    assert (refined == level).all()


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (16, 8000), (17, 33)])
def test_upsampling_takes_any_shape(size):
    rgb = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    refined = upsample(rgb, disc(32, 10, 6))
    assert refined.shape == size
    assert np.isfinite(refined).all()


def test_haze_is_cleared_and_near_opaque_becomes_opaque():
    assert snap(alpha([0.03, 0.5, 0.97])).tolist() == [[0, pytest.approx(0.5), 1]]


@pytest.mark.parametrize(("pixels", "width"), [(0, 3), (1, 5), (2, 7), (-1, 1), (-2, 0)])
def test_expand_moves_the_edge(pixels, width):
    bar = np.zeros((9, 11), np.float32)
    bar[:, 4:7] = 1
    assert expand(bar, pixels)[4].sum() == width


def test_a_large_expansion_is_round():
    dot = np.zeros((61, 61), np.float32)
    dot[30, 30] = 1
    grown = expand(dot, 20)
    rows, columns = np.nonzero(grown)
    assert np.hypot(rows - 30, columns - 30).max() < 22
    assert grown[30, 10] == grown[50, 30] == grown[44, 44] == 1


def test_half_a_pixel_is_half_of_the_way():
    bar = np.zeros((9, 11), np.float32)
    bar[:, 4:7] = 1
    assert expand(bar, 0.5)[4].tolist() == [0, 0, 0, 0.5, 1, 1, 1, 0.5, 0, 0, 0]


def test_specks_go_and_pieces_stay():
    picture = np.zeros((60, 60), np.float32)
    picture[5:40, 5:40], picture[50:58, 50:58], picture[2, 50] = 1, 1, 1
    clean = without_specks(picture)
    assert (clean[10, 10], clean[52, 52], clean[2, 50]) == (1, 1, 0)
    assert (without_specks(np.zeros((4, 4), np.float32)) == 0).all()


def test_holes_are_filled_and_bays_are_not():
    picture = np.zeros((40, 40), np.float32)
    picture[5:35, 5:35], picture[15:20, 15:20], picture[25:35, 25:30] = 1, 0.1, 0
    filled = without_holes(picture)
    assert (filled[14:21, 14:21] == 1).all()
    assert (filled[30, 27], filled[0, 0]) == (0, 0)


def test_a_hole_of_a_full_picture_is_filled():
    picture = np.ones((20, 20), np.float32)
    picture[8:12, 8:12] = 0
    assert (without_holes(picture) == 1).all()


def test_the_box_holds_the_foreground():
    picture = np.zeros((10, 20), np.float32)
    picture[3:5, 4:9] = 0.5
    assert box_of(picture) == Box(4, 3, 5, 2)
    assert box_of(np.zeros((5, 5), np.float32)).width == 0


def test_decontamination_brings_back_the_foreground_colour():
    truth = disc(128, 40, 12)
    rgb = blended(truth, (200, 40, 40), (0, 200, 0))
    clean = cut_out(rgb, truth)[..., :3]
    soft = (truth > 0.1) & (truth < 0.9)
    front = np.array((200, 40, 40))
    assert np.abs(clean[soft].astype(int) - front).mean() < 0.2 * np.abs(rgb[soft].astype(int) - front).mean()
    np.testing.assert_array_equal(clean[truth == 1], rgb[truth == 1])
    assert rgb[64, 20].tolist() == blended(truth, (200, 40, 40), (0, 200, 0))[64, 20].tolist()


def test_the_colours_of_both_layers_at_the_edge_and_the_photos_elsewhere():
    truth = disc(128, 40, 12)
    rgb = blended(truth, (200, 40, 40), (0, 200, 0))
    front, back = np.split(colours(rgb, truth).astype(int), 2)
    soft = (truth > 0.1) & (truth < 0.9)
    assert np.abs(front[soft] - (200, 40, 40)).mean() < 8
    assert np.abs(back[soft] - (0, 200, 0)).mean() < 8
    assert front[0, 0].tolist() == back[0, 0].tolist() == [0, 200, 0]
    assert front[64, 64].tolist() == back[64, 64].tolist() == [200, 40, 40]
    assert colours(rgb, truth, 32).shape == (64, 32, 3)


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_decontamination_of_flat_mattes_ends_well(level):
    assert cut_out(gradient(), np.full((32, 48), level, np.float32)).shape == (32, 48, 4)


def test_clear_pixels_have_no_colour():
    rgba = to_rgba(np.full((1, 3, 3), 200, np.uint8), alpha([0, 0.5, 1]))
    assert rgba.tolist() == [[[0, 0, 0, 0], [200, 200, 200, 128], [200, 200, 200, 255]]]


def test_resizing_never_mixes_in_hidden_colour():
    rgba = np.zeros((4, 4, 4), np.uint8)
    rgba[:, ::2] = (200, 100, 50, 255)
    assert resize(rgba, (2, 2)).tolist() == np.full((2, 2, 4), (200, 100, 50, 128)).tolist()


@pytest.mark.parametrize("size", [(96, 96), (97, 61), (40, 200)])
def test_enlarging_never_turns_opaque_pixels_clear(size):
    """Cubic enlargement overshoots beside steps, and 256 levels of opacity would be none."""
    alpha = np.zeros((32, 32), np.float32)
    alpha[8:24, 8:24] = 1
    alpha[7, 8:24] = 0.6
    large = resize(to_rgba(np.full((32, 32, 3), 70, np.uint8), alpha), size)
    opacity = large[size[1] // 3 : 2 * size[1] // 3, size[0] // 3 : 2 * size[0] // 3, 3]
    assert opacity.min() == 255
    assert (
        large[..., 3].max() == 255
        and (np.diff(large[size[1] // 2, : size[0] // 2, 3].astype(int)) >= -1).all()
    )


def test_a_background_lies_behind():
    rgba = np.array([[[0, 0, 0, 0], [200, 0, 0, 128], [200, 0, 0, 255]]], np.uint8)
    assert over(rgba, (255, 255, 255, 255)).tolist() == [[[255, 255, 255], [227, 127, 127], [200, 0, 0]]]
    half = over(rgba, (0, 0, 255, 128))
    assert half[0, 0].tolist() == [0, 0, 255, 128]
    assert half[0, 2].tolist() == [200, 0, 0, 255]
