import numpy as np
import pytest

from processing.pipeline.compose import shaded
from processing.pipeline.placement import place
from processing.pipeline.recipe import Recipe
from processing.pipeline.regions import box_of
from processing.pipeline.shadow import ground_of, shadow

BLACK = (0, 0, 0, 255)


def cast(alpha, **fields):
    recipe = Recipe(**fields)
    return shadow(alpha, place(box_of(alpha), (alpha.shape[1], alpha.shape[0]), recipe), recipe)


def block(height=600, width=800, rows=slice(200, 400), columns=slice(300, 500)):
    alpha = np.zeros((height, width), np.float32)
    alpha[rows, columns] = 1
    return alpha


def test_it_works():
    alpha = np.zeros((4, 5), np.float32)
    alpha[1, 1:3] = 1
    made = cast(alpha, shadow="drop", shadow_offset="2px 1px", shadow_blur="0", shadow_opacity=100)
    assert made.tolist() == [[0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 255, 255], [0, 0, 0, 0, 0]]


def test_percentages_are_of_the_subjects_longer_side():
    made = cast(block(), shadow="drop", shadow_offset="-50 100", shadow_blur="0", shadow_opacity=60)
    assert (made == 153).sum() == 200 * 200
    assert (made[400:600, 200:400] == 153).all()


def test_a_wider_blur_is_paler_and_reaches_further():
    narrow, wide = (
        cast(block(), shadow="drop", shadow_offset="0 0", shadow_blur=blur) for blur in ("5", "30")
    )
    assert narrow.max() > wide.max()
    assert (wide > 0).sum() > (narrow > 0).sum()


@pytest.mark.parametrize("kind", ["drop", "3d", "car"])
def test_opacity_scales_all_kinds(kind):
    strong, weak = (cast(block(), shadow=kind, shadow_opacity=opacity).astype(int) for opacity in (80, 40))
    assert strong.max() > 60
    assert np.abs(strong - 2 * weak).max() <= 2
    assert cast(block(), shadow=kind, shadow_opacity=0).max() == 0


@pytest.mark.parametrize("kind", ["3d", "car"])
def test_a_subject_stands_on_its_shadow(kind):
    made = cast(block(), shadow=kind, shadow_opacity=100).astype(int)
    assert made[400:403, 320:480].min() > 100, "dark right below"
    assert made[:200].max() < 40, "nothing above"
    assert made[550:].max() < 40, "nor far below"


def test_the_dark_under_a_car_is_between_its_wheels():
    car = block(rows=slice(200, 340), columns=slice(100, 700))
    car[340:400, 160:240] = car[340:400, 560:640] = 1
    made = cast(car, shadow="car", shadow_opacity=100)
    assert made[360, 400] > 200
    assert made[360, 400] > made[405, 400] > made[420, 400]


def test_the_ground_runs_below_the_lowest_points_and_not_up_the_flanks():
    legs = block(60, 80, rows=slice(10, 30), columns=slice(10, 70))
    legs[30:50, 20:24] = legs[30:46, 60:64] = 1
    ground = ground_of(legs)
    assert ground is not None
    assert (ground.line[22], ground.line[63]) == (49, 45)
    assert (ground.line[0], ground.line[79]) == (49, 45)
    assert 46 <= ground.line[42] <= 48
    assert ground.gap[22] == 0 and ground.gap[42] > 15 and ground.gap[5] == np.inf


@pytest.mark.parametrize("kind", ["drop", "3d", "car"])
@pytest.mark.parametrize(
    "alpha", [np.zeros((9, 7), np.float32), np.ones((9, 7), np.float32), np.ones((1, 1), np.float32)]
)
def test_extremes_end_well(kind, alpha):
    made = cast(alpha, shadow=kind)
    assert made.shape == alpha.shape and made.dtype == np.uint8
    assert alpha.any() or made.max() == 0


LEVELS = np.array([[0, 51, 255]], np.uint8)


@pytest.mark.parametrize(
    ("back", "ink", "mixed"),
    [
        ((200, 100, 50, 255), BLACK, [[200, 100, 50], [160, 80, 40], [0, 0, 0]]),
        ((0, 0, 0, 255), (100, 200, 50, 255), [[0, 0, 0], [20, 40, 10], [100, 200, 50]]),
        (np.full((1, 3, 3), 100, np.uint8), BLACK, [[100] * 3, [80] * 3, [0] * 3]),
        (np.full((1, 3, 3), 100, np.uint8), (200, 100, 0, 255), [[100] * 3, [120, 100, 80], [200, 100, 0]]),
        (None, (9, 8, 7, 255), [[0, 0, 0, 0], [9, 8, 7, 51], [9, 8, 7, 255]]),
    ],
)
def test_a_shadow_lies_on_what_is_behind(back, ink, mixed):
    assert shaded(back, LEVELS, ink).tolist() == [mixed]


def test_a_shadow_on_a_half_clear_colour_adds_up():
    made = shaded((255, 255, 255, 128), LEVELS, BLACK)
    assert made[0, 0].tolist() == [255, 255, 255, 128]
    assert made[0, 2].tolist() == [0, 0, 0, 255]
    assert made[0, 1, 3] == pytest.approx(255 * (0.2 + 0.8 * 128 / 255), abs=1)


def standing_person():
    """A head, a body with arms that hang beside it, two legs."""
    person = block(rows=slice(100, 380), columns=slice(370, 430))
    person[180:330, 340:460] = 1
    person[380:500, 375:390] = person[380:500, 410:425] = 1
    return person


def test_a_car_shadow_leaves_the_ground_beside_feet_light():
    """What hangs high is no underbody: no dark blocks beside a person."""
    made = cast(standing_person(), shadow="car", shadow_opacity=100).astype(int)
    assert made[500, 382] > 150
    assert made[490:510, :335].max() < 60 and made[490:510, 465:].max() < 60
    # It fades in everywhere: nowhere an edge as of a block.
    assert np.abs(np.diff(made[503])).max() < 40


@pytest.mark.parametrize(("angle", "side"), [(60, 1), (-60, -1)])
def test_a_3d_shadow_falls_where_it_is_told_to(angle, side):
    made = cast(standing_person(), shadow="3d", shadow_angle=angle, shadow_opacity=100).astype(int)
    right, left = made[380:460, 470:].sum(), made[380:460, :330].sum()
    assert side * (right - left) > 0.8 * (right + left) > 0


def test_a_3d_shadow_straight_back_is_even():
    made = cast(standing_person(), shadow="3d", shadow_angle=0, shadow_opacity=100).astype(int)
    assert np.abs(made - made[:, ::-1]).mean() < 1.5


def test_a_speck_beside_the_subject_is_no_ground():
    alpha = standing_person()
    alpha[590:594, 20:24] = 1
    ground = ground_of(alpha)
    assert ground is not None and (ground.line[382], ground.line[22]) == (499, 499)
