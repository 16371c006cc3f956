"""Strokes on small masks, in literal numbers (levels of 0..65535 where nothing else is said)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from processing.pipeline.replay import replay
from processing.pipeline.smart import likeness_in
from processing.pipeline.strokes import parse

CORNER = 41118  # of a hard dot of 3 px: s = 2 - √2


def drawn(alpha: Any, *raw: dict[str, Any], **more: Any) -> Any:
    before = np.asarray(alpha, np.float32)
    kept = before.copy()
    after = replay(before, parse(list(raw), (before.shape[1], before.shape[0])), **more)
    assert (before == kept).all(), "the array that came in was changed"
    assert after.dtype == np.float32
    return np.rint(after * 65535).astype(int).tolist()


def dot(tool: str = "restore", **more: Any) -> dict[str, Any]:
    return {"tool": tool, "size": 3, "hardness": 1, "strength": 1, "points": [[2.5, 2.5]], **more}


def test_it_works() -> None:
    assert drawn(np.zeros((5, 5)), dot()) == [
        [0, 0, 0, 0, 0],
        [0, CORNER, 65535, CORNER, 0],
        [0, 65535, 65535, 65535, 0],
        [0, CORNER, 65535, CORNER, 0],
        [0, 0, 0, 0, 0],
    ]


def test_erase_is_the_other_way_round() -> None:
    assert drawn(np.ones((5, 5)), dot("erase"))[1] == [65535, 65535 - CORNER, 0, 65535 - CORNER, 65535]


def test_strength_counts_once_for_a_stroke_and_again_for_the_next() -> None:
    back_and_forth = dot(strength=0.5, points=[[1, 2.5], [4, 2.5], [1, 2.5]])
    assert drawn(np.zeros((5, 5)), back_and_forth)[2][2] == 32768
    assert drawn(np.zeros((5, 5)), back_and_forth, back_and_forth)[2][2] == 49152
    erased = {**back_and_forth, "tool": "erase"}
    assert drawn(np.ones((5, 5)), erased)[2][2] == 32768
    assert drawn(np.ones((5, 5)), erased, erased)[2][2] == 16384


def test_a_stroke_may_lie_outside() -> None:
    assert drawn([[0, 1]], dot(points=[[-7, -7], [-3, 8]])) == [[0, 65535]]


def test_a_lasso_counts_parts_of_pixels() -> None:
    square = {"tool": "lasso", "mode": "add", "points": [[0.5, 1], [3, 1], [3, 2], [0.5, 2]]}
    assert drawn(np.zeros((3, 4)), square) == [[0, 0, 0, 0], [32768, 65535, 65535, 0], [0, 0, 0, 0]]
    assert drawn(np.ones((3, 4)), {**square, "mode": "remove"})[1] == [32767, 0, 0, 65535]


def test_a_lasso_that_crosses_itself_has_no_hole() -> None:
    twice = [[0, 0], [4, 0], [4, 4], [0, 4]] * 2
    assert drawn(np.zeros((4, 4)), {"tool": "lasso", "mode": "add", "points": twice}) == [[65535] * 4] * 4


def test_holes_become_opaque_and_the_outside_does_not() -> None:
    ring = np.zeros((9, 9))
    ring[1:8, 1:8] = 1
    ring[4, 4] = 0.3
    filled = drawn(ring, {"tool": "fill_holes"})
    assert filled[4][4] == 65535 and filled[0] == [0] * 9
    ring[0:5, 4] = 0  # a way out: no hole any more
    assert drawn(ring, {"tool": "fill_holes"})[4][4] == 0


@pytest.mark.parametrize("turns", range(4))
def test_a_bay_at_any_side_of_the_picture_is_no_hole(turns: int) -> None:
    bay = np.ones((9, 9))
    bay[:4, 4] = 0
    assert drawn(np.rot90(bay, turns), {"tool": "fill_holes"}) == np.rot90(bay * 65535, turns).tolist()


def test_invert() -> None:
    assert drawn([[0, 0.25, 1]], {"tool": "invert"}) == [[65535, 49151, 0]]


def test_grow_and_shrink_by_a_disc() -> None:
    point = np.zeros((5, 5))
    point[2, 2] = 1
    X = 65535  # noqa: N806
    disc = [[0, 0, X, 0, 0], [X] * 5, [X] * 5, [X] * 5, [0, 0, X, 0, 0]]
    assert drawn(point, {"tool": "grow", "px": 2}) == disc
    assert drawn(point, {"tool": "grow", "px": 0})[2] == [0, 0, X, 0, 0]
    assert drawn(1 - point, {"tool": "grow", "px": -2}) == [[X - v for v in row] for row in disc]


def test_smooth_removes_a_tooth_and_keeps_what_is_flat() -> None:
    edge = np.zeros((40, 40))
    edge[20:] = 1
    edge[19, 20] = 1
    smooth = drawn(edge, {"tool": "smooth", "px": 3})
    assert smooth[19][20] < 32768 and smooth[0] == [0] * 40 and smooth[39] == [65535] * 40


def test_a_smart_stroke_keeps_to_the_edge_of_the_colour_under_it() -> None:
    photo = np.zeros((80, 120, 3), np.uint8)
    photo[:, :60] = (200, 60, 40)
    photo[:, 60:] = (30, 90, 160)
    photo += np.random.default_rng(7).integers(0, 12, photo.shape, np.uint8)
    over_the_edge = dot(size=40, points=[[50, 20], [50, 60]], smart=True)
    levels = np.asarray(drawn(np.zeros((80, 120)), over_the_edge, likeness=likeness_in(photo)))
    assert levels[40, 34:58].min() > 60_000
    assert levels[40, 63:].max() < 3_000
    assert (levels == drawn(np.zeros((80, 120)), over_the_edge, likeness=likeness_in(photo))).all()


def test_a_smart_stroke_on_one_colour_is_a_plain_one() -> None:
    flat = np.full((60, 60, 3), 90, np.uint8)
    plain = dot(size=10, points=[[30, 30]])
    assert drawn(np.zeros((60, 60)), {**plain, "smart": True}, likeness=likeness_in(flat)) == drawn(
        np.zeros((60, 60)), plain
    )


def test_a_smart_stroke_needs_the_picture() -> None:
    with pytest.raises(ValueError, match="picture"):
        drawn(np.zeros((5, 5)), dot(smart=True))


def test_it_refuses_what_is_no_alpha() -> None:
    with pytest.raises(ValueError, match="alpha"):
        replay(np.full((2, 2), np.nan, np.float32), ())
