import numpy as np
import pytest

from processing.pipeline.backdrop import blurred, gradient, picture
from processing.pipeline.background import Blur, Gradient, Picture, background, picture_of
from processing.pipeline.codec import Photo
from processing.pipeline.errors import PipelineError
from processing.pipeline.placement import place
from processing.pipeline.recipe import Recipe
from processing.pipeline.regions import Box, box_of
from processing.pipeline.run import finish

from .pictures import blended, disc

RED, GREEN, BLUE = (255, 0, 0, 255), (0, 255, 0, 255), (0, 0, 255, 255)


def test_it_works():
    across = gradient(Gradient(90, ((0, 0, 0, 255), (200, 100, 40, 255))), (5, 2))
    assert across.tolist() == [[[20, 10, 4], [60, 30, 12], [100, 50, 20], [140, 70, 28], [180, 90, 36]]] * 2


@pytest.mark.parametrize(
    ("angle", "corner"),
    [(0, (2, 0)), (180, (0, 0)), (90, (0, 0)), (270, (0, 2)), (45, (2, 0)), (225, (0, 2))],
)
def test_angles_are_those_of_css(angle, corner):
    levels = gradient(Gradient(angle, ((0, 0, 0, 255), (255, 255, 255, 255))), (3, 3))[..., 0].astype(int)
    assert levels[corner] == levels.min()
    assert levels[2 - corner[0], 2 - corner[1]] == levels.max()


def test_three_colours_meet_in_the_middle():
    line = gradient(Gradient(90, (RED, GREEN, BLUE)), (301, 1))[0]
    assert line[150].tolist() == [0, 255, 0]
    assert line[0, 0] > 250 and line[-1, 2] > 250


def test_a_see_through_colour_keeps_its_alpha():
    assert (
        gradient(Gradient(0, ((1, 2, 3, 100), (1, 2, 3, 100))), (2, 2)).tolist() == [[[1, 2, 3, 100]] * 2] * 2
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("none", None),
        ("#01020304", (1, 2, 3, 4)),
        ("gradient:30,#ff0000,#0000ff", Gradient(30, (RED, BLUE))),
        ("image:" + "0" * 64, Picture("0" * 64)),
        ("blur:2.5", Blur(2.5)),
    ],
)
def test_the_field_has_a_value(text, value):
    assert background(text) == value
    assert picture_of(text) == getattr(value, "sha256", None)


THREE = np.zeros((2, 6, 3), np.uint8)
THREE[:, :2], THREE[:, 2:4], THREE[:, 4:] = RED[:3], GREEN[:3], BLUE[:3]


@pytest.mark.parametrize(("focus", "colour"), [("0", RED), ("50", GREEN), ("100 0", BLUE)])
def test_cover_keeps_the_focal_point(focus, colour):
    made = picture(Photo(THREE), (4, 4), Recipe(background_focus=focus))
    assert made.tolist() == [[list(colour[:3])] * 4] * 4


def test_contain_shows_all_and_leaves_the_rest_clear():
    made = picture(Photo(THREE), (6, 4), Recipe(background_fit="contain"))
    assert made[..., 3].tolist() == [[0] * 6, [255] * 6, [255] * 6, [0] * 6]
    assert made[1, :, :3].tolist() == THREE[0].tolist()
    top = picture(Photo(THREE), (6, 4), Recipe(background_fit="contain", background_focus="50 0"))
    assert top[:, 0, 3].tolist() == [255, 255, 0, 0]


def test_the_blur_has_no_halo_of_the_subject():
    alpha = disc(120, 30, 2)
    photo = Photo(blended(alpha, (255, 0, 0), (20, 60, 200)))
    made = blurred(Blur(3), photo, alpha, place(box_of(alpha), photo.size, Recipe()))
    assert made.shape == (120, 120, 3)
    assert np.abs(made.astype(int) - (20, 60, 200)).max() <= 6


def test_the_blur_covers_a_canvas_that_the_photo_does_not():
    photo = Photo(np.full((40, 60, 3), (9, 90, 30), np.uint8))
    where = place(Box(10, 10, 10, 10), photo.size, Recipe(canvas="50x80"))
    assert blurred(Blur(5), photo, np.zeros((40, 60), np.float32), where).shape == (80, 50, 3)


def test_a_photo_that_is_all_subject_still_has_a_background():
    photo = Photo(np.full((40, 60, 3), (9, 90, 30), np.uint8))
    where = place(Box(0, 0, 60, 40), photo.size, Recipe())
    made = blurred(Blur(5), photo, np.ones((40, 60), np.float32), where)
    assert np.abs(made.astype(int) - (9, 90, 30)).max() <= 1


def test_a_picture_that_nobody_has_is_named():
    photo, alpha = Photo(np.zeros((8, 8, 3), np.uint8)), disc(8, 3)
    with pytest.raises(PipelineError) as caught:
        finish(photo, alpha, Recipe(background="image:" + "a" * 64))
    assert (caught.value.code, caught.value.facts) == ("background_missing", {"sha256": "a" * 64})
