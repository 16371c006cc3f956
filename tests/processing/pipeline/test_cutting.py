import numpy as np

from processing.pipeline.codec import Photo
from processing.pipeline.cutting import opaque_inside, within
from processing.pipeline.frames import edges
from processing.pipeline.recipe import Recipe
from processing.pipeline.run import finish

from .pictures import gradient


def test_it_works():
    alpha = np.ones((2, 4), np.float32)
    assert within(alpha, "25 0 3px 1px", (4, 2)).tolist() == [[0, 1, 1, 0], [0, 0, 0, 0]]
    assert alpha.min() == 1, "the matte itself is unchanged"


def test_px_are_those_of_the_source():
    assert within(np.ones((2, 4), np.float32), "20px 0 100 10px", (40, 20)).tolist() == [
        [0, 0, 1, 1],
        [0, 0, 0, 0],
    ]


def test_all_of_it_is_no_copy():
    alpha = np.ones((2, 4), np.float32)
    assert within(alpha, "0 0 100 100", (4, 2)) is alpha
    assert within(alpha, "0 0 9000px 9000px", (4, 2)) is alpha


def test_outside_of_the_picture_there_is_nothing():
    assert edges("50px 0 60px 100", (40, 20)) == (40, 0, 40, 20)
    assert within(np.ones((20, 40), np.float32), "50px 0 60px 100", (40, 20)).max() == 0


def test_the_region_decides_where_the_foreground_is():
    alpha = np.zeros((32, 48), np.float32)
    alpha[4:12, 4:12] = alpha[20:30, 30:40] = 1
    made = finish(Photo(gradient()), alpha, Recipe(roi="50 50 100 100", crop=True))
    assert (made.box.left, made.box.top, made.width, made.height) == (30, 20, 10, 10)


def test_windows_become_opaque_and_edges_stay_soft():
    car = np.zeros((200, 300), np.float32)
    car[20:180, 20:280] = 1
    car[60:120, 100:200] = 0.3
    car[20:180, 16:20] = 0.5
    car[140:160, 50:70] = 0
    made = opaque_inside(car)
    assert made[60:120, 100:200].min() == 1
    assert (made[100, 16], made[100, 0], made[150, 60]) == (0.5, 0, 0)
    assert (made >= car).all()


def test_a_picture_without_any_clear_pixel_is_all_opaque():
    assert opaque_inside(np.full((9, 9), 0.5, np.float32)).min() == 1
