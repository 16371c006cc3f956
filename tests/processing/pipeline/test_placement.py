import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing.pipeline.placement import Placement, place, scaled, target_size
from processing.pipeline.recipe import Recipe
from processing.pipeline.regions import Box

SIZE = (400, 200)
SUBJECT = Box(100, 50, 100, 100)


def test_it_works():
    assert place(SUBJECT, SIZE, Recipe()) == Placement(
        canvas=SIZE, region=Box(0, 0, 400, 200), target=Box(0, 0, 400, 200), factor=1.0, subject=SUBJECT
    )


@pytest.mark.parametrize(
    ("fields", "canvas", "region", "target"),
    [
        # Crop and margins: px, percent of the subject's own height and width, beyond the picture's edge.
        ({"crop": True}, (100, 100), (100, 50, 100, 100), (0, 0, 100, 100)),
        ({"crop": True, "margin": "10px"}, (120, 120), (90, 40, 120, 120), (0, 0, 120, 120)),
        ({"crop": True, "margin": "10 20"}, (140, 120), (80, 40, 140, 120), (0, 0, 140, 120)),
        ({"crop": True, "margin": "1px 2px 3px 4px"}, (106, 104), (96, 49, 106, 104), (0, 0, 106, 104)),
        ({"crop": True, "margin": "50 0"}, (100, 200), (100, 0, 100, 200), (0, 0, 100, 200)),
        ({"crop": True, "margin": "80px 0"}, (100, 260), (100, 0, 100, 200), (0, 30, 100, 200)),
        ({"margin": "10px"}, (400, 200), (0, 0, 400, 200), (0, 0, 400, 200)),
        # Scale and position: the subject (100 x 100) in the source's own canvas.
        ({"scale": "25"}, (400, 200), (0, 0, 400, 200), (125, 50, 200, 100)),
        ({"scale": "25", "position": "0 0"}, (400, 200), (100, 50, 300, 150), (0, 0, 150, 75)),
        ({"scale": "25", "position": "original"}, (400, 200), (0, 0, 400, 200), (75, 50, 200, 100)),
        ({"scale": "100"}, (400, 200), (0, 0, 350, 200), (50, 0, 350, 200)),
        ({"position": "100 50"}, (400, 200), (0, 0, 200, 200), (200, 0, 200, 200)),
        ({"position": "center"}, (400, 200), (0, 0, 350, 200), (50, 0, 350, 200)),
        # Exact canvases: the picture fits in, is never enlarged unasked, and nothing is covered.
        ({"canvas": "200x200"}, (200, 200), (0, 0, 400, 200), (0, 50, 200, 100)),
        ({"canvas": "800x800"}, (800, 800), (0, 0, 400, 200), (200, 300, 400, 200)),
        ({"canvas": "800x800", "enlarge": True}, (800, 800), (0, 0, 400, 200), (0, 200, 800, 400)),
        ({"canvas": "50x80", "crop": True}, (50, 80), (100, 20, 100, 160), (0, 0, 50, 80)),
        ({"canvas": "90x90", "scale": "50"}, (90, 90), (50, 0, 200, 200), (0, 0, 90, 90)),
        ({"canvas": "800x800", "scale": "50", "enlarge": True}, (800, 800), (50, 0, 200, 200), (0, 0, 800, 800)),
        # Caps come last and keep all of it.
        ({"max_side": 100}, (100, 50), (0, 0, 400, 200), (0, 0, 100, 50)),
        ({"max_megapixels": 0.02}, (200, 100), (0, 0, 400, 200), (0, 0, 200, 100)),
        ({"canvas": "200x200", "max_side": 100}, (100, 100), (0, 0, 400, 200), (0, 25, 100, 50)),
        ({"crop": True, "margin": "50", "max_side": 50}, (50, 50), (50, 0, 200, 200), (0, 0, 50, 50)),
    ],
)  # fmt: skip
def test_the_rules(fields, canvas, region, target):
    where = place(SUBJECT, SIZE, Recipe(**fields))
    assert (where.canvas, where.region, where.target) == (canvas, Box(*region), Box(*target))


def test_without_a_subject_the_whole_picture_is_it():
    where = place(Box(0, 0, 0, 0), SIZE, Recipe(crop=True, scale="50"))
    assert (where.canvas, where.region, where.target) == (SIZE, Box(0, 0, 400, 200), Box(100, 50, 200, 100))


def test_margins_do_not_make_a_picture_larger_than_any_that_is_taken():
    where = place(Box(0, 0, 8000, 6000), (8000, 6000), Recipe(crop=True, margin="50"))
    assert where.canvas[0] * where.canvas[1] <= 50e6
    assert where.canvas[0] / where.canvas[1] == pytest.approx(4 / 3, rel=1e-3)


@given(
    size=st.tuples(st.integers(1, 300), st.integers(1, 300)),
    corner=st.tuples(st.integers(0, 299), st.integers(0, 299)),
    crop=st.booleans(),
    margin=st.sampled_from(["0", "50", "7px 20 300px 0"]),
    scale=st.sampled_from(["original", "10", "33.3", "100"]),
    position=st.sampled_from(["auto", "original", "center", "0 100"]),
    canvas=st.sampled_from(["auto", "1x1", "50x3", "120x90"]),
    enlarge=st.booleans(),
    max_side=st.sampled_from([0, 1, 64]),
)
def test_what_is_seen_is_always_inside_of_both(size, corner, max_side, **fields):
    left, top = min(corner[0], size[0] - 1), min(corner[1], size[1] - 1)
    where = place(Box(left, top, size[0] - left, size[1] - top), size, Recipe(max_side=max_side, **fields))
    for box, whole in ((where.region, size), (where.target, where.canvas)):
        assert box.left >= 0 and box.left + box.width <= whole[0] and box.width >= 1
        assert box.top >= 0 and box.top + box.height <= whole[1] and box.height >= 1
    assert max(where.canvas) <= (max_side or 10_000)


@pytest.mark.parametrize(
    ("megapixels", "side", "size"),
    [
        (0, 0, (4000, 3000)),
        (0, 1600, (1600, 1200)),
        (0.25, 0, (577, 433)),
        (3, 1000, (1000, 750)),
        (50, 9999, (4000, 3000)),
    ],
)
def test_sizes_obey_every_cap(megapixels, side, size):
    assert target_size((4000, 3000), megapixels, side) == size


def test_a_thin_picture_keeps_a_pixel():
    assert target_size((8000, 16), 0, 100) == (100, 1)


def test_boxes_of_a_copy_keep_a_pixel():
    assert scaled(Box(10, 20, 30, 40), (100, 100), (50, 10)) == Box(5, 2, 15, 4)
    assert scaled(Box(99, 99, 1, 1), (100, 100), (10, 10)) == Box(9, 9, 1, 1)
