"""Changes to a cutout in the classic format: its alpha really changes, and a background lies behind it."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import numpy as np
import pytest
from PIL import Image

from processing import tasks
from tests.api.compat.conftest import Caller, file

EDIT, BEHIND = "/api/edit-mask", "/api/add-background"


@pytest.fixture
def hand(nobody: Caller, monkeypatch: pytest.MonkeyPatch) -> Caller:
    monkeypatch.setattr(tasks.picture, "apply_async", lambda args, **options: tasks.picture(*args))
    return nobody


def cutout() -> bytes:
    """40×30, orange; its left half is clear, with the colours still there."""
    pixels = np.full((30, 40, 4), (230, 120, 60, 255), np.uint8)
    pixels[:, :20, 3] = 0
    return png(pixels)


def png(pixels: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def pixels(answer: Any) -> np.ndarray:
    assert answer.status_code == 200, answer.content
    text = answer.json()["image"].partition("base64,")[2]
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(text))).convert("RGBA"))


def test_spots_are_added_and_removed(hand):
    edits = [
        {"x": 5, "y": 5, "radius": 4, "action": "add"},
        {"x": 30, "y": 15, "radius": 6, "action": "remove"},
    ]
    image = "data:image/png;base64," + base64.b64encode(cutout()).decode()
    made = pixels(hand.json(EDIT, {"image": image, "edits": edits}))
    assert made.shape == (30, 40, 4)
    assert made[5, 5].tolist() == [230, 120, 60, 255], "opaque, in the colours that were there"
    assert (made[15, 30, 3], made[15, 38, 3], made[25, 5, 3]) == (0, 255, 0)


def test_a_form_will_do(hand):
    edits = json.dumps([{"x": 30, "y": 15, "radius": 3, "action": "remove"}])
    assert pixels(hand.form(EDIT, {"image": file(cutout()), "edits": edits}))[15, 30, 3] == 0


def test_a_colour_behind(hand):
    made = pixels(hand.form(BEHIND, {"foregroundImage": file(cutout()), "backgroundColor": "#0000ff"}))
    assert made[15, 2].tolist() == [0, 0, 255, 255] and made[15, 38].tolist() == [230, 120, 60, 255]


def test_a_picture_behind(hand):
    behind = png(np.full((50, 50, 3), (0, 200, 0), np.uint8))
    made = pixels(hand.form(BEHIND, {"foregroundImage": file(cutout()), "backgroundImage": file(behind)}))
    assert made.shape == (30, 40, 4)
    assert abs(int(made[15, 2, 1]) - 200) < 3 and made[15, 38].tolist() == [230, 120, 60, 255]


@pytest.mark.parametrize(
    ("path", "fields", "code"),
    [
        (EDIT, {"edits": "[]"}, "invalid_parameter"),
        (EDIT, {"edits": "{"}, "invalid_parameter"),
        (EDIT, {"edits": '[{"x": 1, "y": 2}]'}, "invalid_parameter"),
        (EDIT, {"edits": '[{"x": 1, "y": 2, "radius": -1}]'}, "invalid_parameter"),
        (EDIT, {"edits": '[{"x": 1, "y": NaN, "radius": 1}]'}, "invalid_parameter"),
        (EDIT, {"edits": '[{"x": 1, "y": 2, "radius": 1, "action": "paint"}]'}, "invalid_parameter"),
        (EDIT, {"edits": '[{"x": 1, "y": 2, "radius": 1}]'}, "missing_source"),
        (BEHIND, {}, "invalid_parameter"),
        (BEHIND, {"backgroundColor": "bluish"}, "invalid_parameter"),
        (BEHIND, {"backgroundColor": "red"}, "missing_source"),
        (BEHIND, {"backgroundColor": "red", "backgroundImage": "aGVsbG8="}, "invalid_parameter"),
    ],
)
def test_refusals(hand, path, fields, code):
    answer = hand.form(path, fields)
    assert (answer.json()["success"], answer.json()["code"]) == (False, code)


def test_what_the_worker_refuses(hand):
    answer = hand.form(
        BEHIND, {"foregroundImage": file(cutout()), "backgroundImage": "data:image/png;base64,aGVsbG8="}
    )
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_format")


def test_nobody_works(nobody, monkeypatch, settings):
    monkeypatch.setattr(tasks.picture, "apply_async", lambda args, **options: None)
    settings.API_WAIT_SECONDS = 0.2
    answer = nobody.form(BEHIND, {"foregroundImage": file(cutout()), "backgroundColor": "red"})
    assert (answer.status_code, answer.json()["code"]) == (504, "too_slow")
