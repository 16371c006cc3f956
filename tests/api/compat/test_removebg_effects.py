"""What each parameter of remove.bg does to the picture: 96 × 64 px, with a disc from 24, 16 to 72, 48."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from django.conf import settings
from PIL import Image

from processing import downloads
from processing.api.compat import removebg, work
from processing.errors import Refused
from processing.jobs import Upload
from tests import fakes
from tests.api.compat.conftest import Caller, content, file

HERE = "/v1.0/removebg"


def made(caller: Caller, **fields: Any) -> np.ndarray:
    """RGBA of the answer."""
    answer = caller.form(HERE, {"image_file": file(), **fields})
    assert answer.status_code == 200, content(answer)
    return np.asarray(Image.open(io.BytesIO(content(answer))).convert("RGBA"))


def box(pixels: np.ndarray) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of what is more than half there."""
    rows, columns = np.nonzero(pixels[..., 3] > 127)
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1


def near(found: tuple[int, ...], wanted: tuple[int, ...], px: int = 3) -> bool:
    return all(abs(one - other) <= px for one, other in zip(found, wanted, strict=True))


def test_roi_cuts_off_what_is_outside(caller):
    half = made(caller, roi="0 0 50% 100%")
    assert half.shape == (64, 96, 4) and near(box(half), (24, 16, 48, 48))


def test_crop_and_its_margins(caller):
    assert near(made(caller, crop="true").shape[:2], (33, 49))
    wider = made(caller, crop="true", crop_margin="10px 0px 2px 20px")
    assert near(wider.shape[:2], (45, 69)) and near(box(wider), (20, 10, 69, 43))
    quarter = made(caller, crop="true", crop_margin="25%")
    assert near(quarter.shape[:2], (49, 73))
    assert made(caller, crop_margin="10px").shape == (64, 96, 4), "a margin belongs to a crop"


def test_scale_and_position(caller):
    small = box(made(caller, scale="50%"))
    assert near((small[0] + small[2], small[1] + small[3]), (96, 64)), "centred, where only a scale is given"
    assert small[2] - small[0] <= 49 and small[3] - small[1] <= 33
    corner = box(made(caller, scale="30%", position="0% 100%"))
    assert near((corner[0], corner[3]), (0, 64))
    assert near(box(made(caller, scale="50%", position="original")), (36, 24, 60, 40), 12)


@pytest.mark.parametrize("kind", ["drop", "3D", "car"])
def test_shadows_are_there_and_as_dark_as_asked(caller, kind):
    plain = made(caller)[..., 3].astype(int)
    weak, strong = (made(caller, shadow_type=kind, shadow_opacity=much)[..., 3] for much in ("20", "90"))
    outside = plain == 0
    assert weak[outside].sum() > 0 and strong[outside].sum() > 2 * weak[outside].sum()
    assert made(caller, shadow_type="none")[..., 3][outside].sum() == 0


def test_semitransparency_off_makes_windows_opaque(caller, monkeypatch):
    def window(self: fakes.Model, rgb: np.ndarray) -> np.ndarray:
        bright = (rgb.max(axis=2) > 128).astype(np.float32)
        height, width = bright.shape
        bright[height * 7 // 16 : height * 9 // 16, width * 7 // 16 : width * 9 // 16] = 0.5
        return bright

    monkeypatch.setattr(fakes.Model, "predict", window)
    seen_through, opaque = (
        made(caller, type="car", semitransparency=word)[32, 48, 3] for word in ("true", "false")
    )
    assert 60 < seen_through < 200 and opaque == 255


@pytest.mark.parametrize(
    ("text", "rgba"),
    [
        ("0f0", (0, 255, 0, 255)),
        ("#00F8", (0, 0, 255, 136)),
        ("81d4fa", (129, 212, 250, 255)),
        ("#81d4fa77", (129, 212, 250, 119)),
        ("Green", (0, 128, 0, 255)),
    ],
)
def test_background_colours(caller, text, rgba):
    assert near(tuple(map(int, made(caller, bg_color=text, format="png")[2, 2])), rgba, 1)


def test_channels_alpha_is_the_matte(caller):
    matte = made(caller, channels="alpha")
    assert matte[32, 48].tolist() == [255] * 4 and matte[2, 2].tolist() == [0, 0, 0, 255]


def test_the_foreground_is_told_in_px_of_the_photo(caller):
    """Not of the result, which is smaller here."""
    answer = caller.form(HERE, {"image_file": file(fakes.photo(1200, 800)), "size": "preview"})
    left, top, width, height = (
        int(answer[f"X-Foreground-{name}"]) for name in ("Left", "Top", "Width", "Height")
    )
    assert answer["X-Width"] == "612"
    assert near((left, top, width, height), (300, 200, 601, 401), 8)


# --- Addresses and limits, in its words --------------------------------------------------------------------


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes | Refused]:
    """What is at which address."""
    there: dict[str, bytes | Refused] = {}

    def fetch(url: str) -> Upload:
        found = there[url]
        if isinstance(found, Refused):
            raise found
        return Upload(url.rpartition("/")[2], found)

    monkeypatch.setattr(work, "fetch_image", fetch)
    return there


def test_photo_and_background_by_address(caller, web):
    blue = io.BytesIO()
    Image.new("RGB", (30, 30), (0, 0, 255)).save(blue, "PNG")
    web |= {"https://example.org/cup.png": fakes.photo(), "https://example.org/sky.png": blue.getvalue()}
    answer = caller.json(
        HERE, {"image_url": "https://example.org/cup.png", "bg_image_url": "https://example.org/sky.png"}
    )
    found = np.asarray(Image.open(io.BytesIO(content(answer))))
    assert answer["Content-Type"] == "image/jpeg" and found[2, 2, 2] > 235 and found[32, 48, 0] > 200


def test_what_is_not_at_an_address(caller, web):
    web["https://example.org/a.png"] = Refused("failed_image_download", why="", http_status=404)
    told = caller.json(HERE, {"image_url": "https://example.org/a.png"})
    assert told.json()["errors"] == [
        {
            "title": "Failed to download image from given image_url: HTTP Status 404",
            "code": "failed_image_download",
        }
    ]
    told = caller.form(HERE, {"image_file": file(), "bg_image_url": "https://example.org/a.png"})
    assert told.json()["errors"] == [
        {
            "title": "Failed to download image from given bg_image_url: HTTP Status 404",
            "code": "failed_bg_download",
        }
    ]
    assert not downloads._running, "no turn is left taken"


WORDS = [
    (fakes.photo(1200, 800), {"max_pixels": 500_000}, "resolution_too_high",
     "Input image has 1 megapixels, maximum supported input resolution is 0 megapixels"),
    (fakes.photo(600, 400) + b" " * 1_000_001, {"max_bytes": 1_000_000}, "file_too_large", "File too large"),
    (b"\0\0\0\x18ftypmp42" + b"\0" * 100, {}, "invalid_file_type", "Invalid file type"),
    (fakes.photo()[:200], {}, "failed_to_read_image", "There was an error reading the image."),
]  # fmt: skip


@pytest.mark.parametrize(("data", "limits", "code", "title"), WORDS, ids=[words[2] for words in WORDS])
def test_words_for_photos_that_are_none(caller, monkeypatch, data, limits, code, title):
    monkeypatch.setattr(settings, "IMAGE_LIMITS", replace(settings.IMAGE_LIMITS, **limits))
    answer = caller.form(HERE, {"image_file": file(data)})
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["code"], error["title"]) == (400, code, title)
    if code == "file_too_large":
        assert error["detail"] == "File exceeds limit of 1MB"


def test_a_refused_value_says_what_it_can_be(caller):
    [error] = caller.form(HERE, {"image_file": file(), "size": "huge"}).json()["errors"]
    assert error["title"] == "Invalid value for parameter 'size'" and "preview, small" in error["detail"]


@pytest.mark.parametrize("headers", [{"x-api-key": ""}, {"Authorization": "Bearer "}])
def test_both_ways_of_a_key(alice, worker, headers):
    caller = Caller()
    caller.headers = {name: start + alice.key for name, start in headers.items()}
    assert caller.form(HERE, {"image_file": file()}).status_code == 200


def test_improve_takes_a_hundred_a_day(caller, monkeypatch):
    assert removebg.IMPROVE_A_DAY == 100
    monkeypatch.setattr(removebg, "IMPROVE_A_DAY", 1)
    sent = {"image_filename": "cup.png", "tag": "hair"}
    answers = [caller.form("/v1.0/improve", {"image_file": file(), **sent}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]
    assert answers[1].json()["errors"][0]["code"] == "rate_limit_exceeded"
    assert int(answers[1]["Retry-After"]) > 0
