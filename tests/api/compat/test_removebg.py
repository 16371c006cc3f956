"""remove.bg's wire format: every parameter, header and error of its v1.0."""

from __future__ import annotations

import base64
import io
import zipfile
from contextlib import ExitStack
from typing import Any

import numpy as np
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from accounts.models import User
from processing.api import waiting
from processing.api.compat import removebg_options as options
from processing.models import Job
from processing.pipeline.recipe import Recipe
from tests import fakes
from tests.api.compat.conftest import Caller, content, file

HERE = "/v1.0/removebg"


def picture(answer: Any) -> Image.Image:
    assert answer.status_code == 200, answer.content
    return Image.open(io.BytesIO(content(answer)))


def error(answer: Any) -> tuple[int, str]:
    assert answer["Content-Type"] == "application/json; charset=utf-8"
    (only,) = answer.json()["errors"]
    return answer.status_code, only.get("code", "")


def alpha(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("RGBA"))[..., 3]


def test_it_works(caller):
    answer = caller.form(HERE, {"image_file": file()})
    assert answer["Content-Type"] == "image/png"
    facts = {name: answer[name] for name in answer.headers if name.startswith("X-") and "Rate" not in name}
    assert (
        facts.items()
        >= {
            "X-Type": "other",
            "X-Width": "96",
            "X-Height": "64",
            "X-Max-Width": "96",
            "X-Max-Height": "64",
            "X-Credits-Charged": "0.25",
        }.items()
    )
    left, top, width, height = (
        int(facts[f"X-Foreground-{name}"]) for name in ("Left", "Top", "Width", "Height")
    )
    assert abs(left - 24) < 4 and abs(top - 16) < 4 and abs(width - 49) < 8 and abs(height - 33) < 8
    assert answer["X-RateLimit-Limit"] == "10" and answer["X-RateLimit-Remaining"] == "9"
    assert answer["Access-Control-Allow-Origin"] == "*"
    made = picture(answer)
    assert made.size == (96, 64) and alpha(made)[32, 48] == 255 and alpha(made)[2, 2] == 0


@pytest.mark.parametrize("send", ["file", "form", "json", "data url"])
def test_three_kinds_of_body(caller, send):
    text = base64.b64encode(fakes.photo()).decode()
    if send == "file":
        answer = caller.form(HERE, {"image_file": file(), "size": "", "bg_color": "", "nonsense": "1"})
    elif send == "form":
        form = f"image_file_b64={text.replace('+', '%2B')}&size=&roi=0+0+100%25+100%25"
        answer = caller.client.post(HERE, form, "application/x-www-form-urlencoded", headers=caller.headers)
    elif send == "json":
        answer = caller.json(HERE, {"image_file_b64": text, "size": None, "crop": False, "more": {"a": [1]}})
    else:
        answer = caller.json(HERE, {"image_file_b64": f"data:image/png;base64,{text}"})
    assert picture(answer).size == (96, 64)


LARGE = fakes.photo(1200, 800)  # 0.96 megapixels


@pytest.mark.parametrize(
    ("size", "expected", "price"),
    [
        ("preview", (612, 408), "0.25"),
        ("small", (612, 408), "0.25"),
        ("regular", (612, 408), "0.25"),
        ("full", (1200, 800), "1"),
        ("4k", (1200, 800), "1"),
        ("50MP", (1200, 800), "1"),
        ("medium", (1200, 800), "1"),
        ("hd", (1200, 800), "1"),
        ("auto", (1200, 800), "1"),
    ],
)
def test_sizes_are_caps_and_prices(caller, size, expected, price):
    answer = caller.form(HERE, {"image_file": file(LARGE), "size": size})
    assert picture(answer).size == expected
    assert (answer["X-Credits-Charged"], answer["X-Max-Width"]) == (price, "1200")
    user = User.objects.get(email="alice@example.org")
    assert user.credits == 10 - float(price)


def test_auto_is_a_preview_for_who_has_little(caller):
    User.objects.filter(email="alice@example.org").update(balance=99)
    answer = caller.form(HERE, {"image_file": file(LARGE), "size": "auto"})
    assert (picture(answer).size, answer["X-Credits-Charged"]) == ((612, 408), "0.25")


def test_a_small_photo_in_auto_costs_a_quarter(caller):
    assert caller.form(HERE, {"image_file": file(), "size": "auto"})["X-Credits-Charged"] == "0.25"


def test_a_test_key_costs_nothing(another_key, worker):
    caller = Caller(another_key("carol@example.org", is_test=True).key)
    answer = caller.form(HERE, {"image_file": file(), "size": "full"})
    assert (answer.status_code, answer["X-Credits-Charged"]) == (200, "0")


@pytest.mark.parametrize(
    ("fields", "media_type"),
    [
        ({"format": "png"}, "image/png"),
        ({"format": "jpg"}, "image/jpeg"),
        ({"format": "webp"}, "image/webp"),
        ({"bg_color": "fff"}, "image/jpeg"),
        ({"bg_color": "#81d4fa77"}, "image/png"),
        ({"channels": "alpha"}, "image/png"),
    ],
)
def test_formats(caller, fields, media_type):
    answer = caller.form(HERE, {"image_file": file(), **fields})
    assert answer["Content-Type"] == media_type
    picture(answer)


def test_zip_is_colour_and_alpha(caller):
    answer = caller.form(HERE, {"image_file": file(), "format": "zip"})
    assert answer["Content-Type"] == "application/zip"
    assert sorted(zipfile.ZipFile(io.BytesIO(content(answer))).namelist()) == ["alpha.png", "color.jpg"]


def test_alpha_is_grey(caller):
    assert picture(caller.form(HERE, {"image_file": file(), "channels": "alpha"})).mode == "L"


@pytest.mark.parametrize(
    ("fields", "same_as"),
    [
        ({"roi": "0 0 50% 100%"}, {"roi": "0 0 50 100"}),
        ({"roi": "0px 0px 48px 64px"}, {"roi": "0 0 48px 64px"}),
        ({"roi": "0% 0% 48 64"}, {"roi": "0 0 48px 64px"}),
        ({"crop": "true"}, {"crop": True}),
        ({"crop": "1", "crop_margin": "10% 20px"}, {"crop": True, "margin": "10 20px"}),
        ({"crop_margin": "1px 2px 3px 90%"}, {"margin": "1px 2px 3px 50"}),
        ({"crop_margin": "900px"}, {"margin": "500px"}),
        ({"scale": "50%"}, {"scale": "50"}),
        ({"position": "10% 90%"}, {"position": "10 90"}),
        ({"position": "center"}, {"position": "center"}),
        ({"position": "original"}, {"position": "original"}),
        ({"semitransparency": "false"}, {"semitransparency": False}),
        ({"bg_color": "red"}, {"background": "#ff0000"}),
        ({"shadow_type": "drop"}, {"shadow": "drop"}),
        ({"shadow_type": "3D", "shadow_opacity": "20"}, {"shadow": "3d", "shadow_opacity": 20.0}),
        ({"shadow_type": "auto"}, {"shadow": "drop"}),
        ({"shadow_type": "auto", "type": "car"}, {"shadow": "car", "shadow_opacity": 90.0}),
        ({"shadow_type": "auto", "type": "person"}, {"shadow": "3d"}),
        ({"add_shadow": "true", "type": "car"}, {"shadow": "car", "shadow_opacity": 90.0}),
        ({"add_shadow": "true", "type": "person"}, {}),
        ({"shadow_type[person]": "car", "type": "product"}, {}),
        ({"shadow_type": "drop", "shadow_type[car]": "3D", "type": "car"}, {"shadow": "3d"}),
        ({"shadow_type": "car", "shadow_opacity[car]": "7", "type": "car"}, {"shadow": "car", "shadow_opacity": 7.0}),
    ],
)  # fmt: skip
def test_parameters_become_the_recipe(caller, fields, same_as):
    answer = caller.form(HERE, {"image_file": file(), **fields})
    assert answer.status_code == 200, content(answer)
    assert Job.objects.get().recipe == Recipe(max_megapixels=0.25, **same_as).canonical()


@pytest.mark.parametrize(
    ("fields", "header"),
    [
        ({}, "other"),
        ({"type": "person"}, "person"),
        ({"type": "transportation"}, "other"),
        ({"type": "transportation", "type_level": "2"}, "transportation"),
        ({"type": "graphic", "type_level": "latest"}, "graphics"),
        ({"type": "car", "type_level": "none"}, None),
    ],
)
def test_types(caller, fields, header):
    answer = caller.form(HERE, {"image_file": file(), **fields})
    assert (answer.status_code, answer.headers.get("X-Type")) == (200, header)


def test_a_background_picture_lies_behind(caller):
    behind = io.BytesIO()
    Image.new("RGB", (30, 30), (0, 0, 255)).save(behind, "PNG")
    answer = caller.form(HERE, {"image_file": file(), "bg_image_file": file(behind.getvalue(), "sky.png")})
    assert answer["Content-Type"] == "image/jpeg"
    red, _, blue = np.asarray(picture(answer))[2, 2]
    assert red < 20 and blue > 235


def test_json_for_who_takes_nothing_else(caller):
    answer = caller.form(HERE, {"image_file": file()}, Accept="application/json")
    data = answer.json()["data"]
    assert Image.open(io.BytesIO(base64.b64decode(data["result_b64"]))).size == (96, 64)
    assert data["foreground_width"] > 40
    axios = caller.form(HERE, {"image_file": file()}, Accept="application/json, text/plain, */*")
    assert axios["Content-Type"] == "image/png"


B64 = {"image_file_b64": "aGVsbG8="}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "missing_source"),
        ({"image_file": "", "image_url": ""}, "missing_source"),
        ({"image_url": "https://example.org/a.png", **B64}, "multiple_sources"),
        ({"image_url": "ftp://example.org/a.png"}, "invalid_image_url"),
        ({"image_url": "http://127.0.0.1/a.png"}, "invalid_image_url"),
        ({"image_file_b64": "%%%"}, "failed_to_read_image"),
        (B64, "invalid_file_type"),
        ({**B64, "size": "huge"}, "invalid_size"),
        ({**B64, "type": "house"}, "invalid_type"),
        ({**B64, "format": "gif"}, "invalid_format"),
        ({**B64, "channels": "rgb"}, "invalid_channels"),
        ({**B64, "scale": "5%"}, "invalid_scale"),
        ({**B64, "position": "left"}, "invalid_position"),
        ({**B64, "semitransparency": "perhaps"}, "invalid_semitransparency"),
        ({**B64, "bg_color": "bluish"}, "invalid_bg_color"),
        ({**B64, "bg_color": "red", "bg_image_url": "https://example.org/"}, "multiple_bg_sources"),
        ({**B64, "crop_margin": "1 2 3"}, "invalid_crop_margin"),
        ({**B64, "crop_margin": "-5px"}, "invalid_crop_margin"),
        ({**B64, "shadow_type": "round"}, "invalid_shadow_type"),
        ({**B64, "shadow_opacity": "101"}, "invalid_shadow_opacity"),
        ({**B64, "roi": "1 2 3"}, "invalid_roi"),
        ({**B64, "roi": "a b c d"}, "invalid_roi"),
        ({"image_file": file(), "roi": "0 0 97px 64px"}, "roi_exceeds_bounds"),
        ({"image_file": file(), "roi": "0 0 101% 50%"}, "roi_exceeds_bounds"),
        ({"image_file": file(), "roi": "50% 0 50% 100%"}, "roi_region_empty"),
        ({"image_file": file(), "bg_image_url": "http://127.0.0.1/"}, "invalid_bg_image_url"),
        ({"image_file": SimpleUploadedFile("a.png", b"")}, "failed_to_read_image"),
    ],
)  # fmt: skip
def test_refusals(caller, fields, expected):
    for value in fields.values():
        if isinstance(value, SimpleUploadedFile):
            value.seek(0)
    assert error(caller.form(HERE, fields)) == (400, expected)
    assert not Job.objects.exists()
    assert User.objects.get(email="alice@example.org").credits == 10


def test_words_of_an_error(caller, nobody):
    assert nobody.form(HERE, {}).json() == {"errors": [{"title": "Missing API Key", "code": "auth_failed"}]}
    wrong = Caller("wrong").form(HERE, {})
    assert (wrong.status_code, wrong.json()["errors"][0]["title"]) == (403, "API Key invalid")
    assert wrong["Access-Control-Allow-Origin"] == "*"
    detail = caller.form(HERE, {}).json()["errors"][0]["detail"]
    assert detail.startswith("Please provide the source image")


def test_nothing_to_find(caller, worker, monkeypatch):
    monkeypatch.setattr(fakes.Model, "predict", lambda self, rgb: np.zeros(rgb.shape[:2], np.float32))
    assert error(caller.form(HERE, {"image_file": file()})) == (400, "unknown_foreground")
    assert User.objects.get(email="alice@example.org").credits == 10


def test_no_credits(caller):
    User.objects.filter(email="alice@example.org").update(balance=24)
    assert error(caller.form(HERE, {"image_file": file()})) == (402, "insufficient_credits")


def test_too_often(caller):
    answers = [caller.form(HERE, {"image_file": file()}) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert error(answers[-1])[1] == "rate_limit_exceeded"
    assert 0 < int(answers[-1]["Retry-After"]) <= 60
    assert "X-RateLimit-Limit" not in answers[-1].headers


def test_late_is_not_charged(alice, bell, monkeypatch):
    monkeypatch.setattr(settings, "API_WAIT_SECONDS", 0.1)
    answer = Caller(alice.key).form(HERE, {"image_file": file()})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (504, "too_slow")
    assert not Job.objects.exists()
    assert User.objects.get(email="alice@example.org").credits == 10


def test_no_seat_no_job(alice, bell):
    with ExitStack() as seats:
        for _ in range(settings.API_WAITERS):
            seats.enter_context(waiting.seat())
        answer = Caller(alice.key).form(HERE, {"image_file": file()})
    assert error(answer) == (429, "rate_limit_exceeded")
    assert int(answer["Retry-After"]) > 0 and not Job.objects.exists()


def test_a_session_is_no_key(alice, worker):
    caller = Caller()
    caller.client.force_login(alice.user)
    assert error(caller.form(HERE, {"image_file": file()})) == (403, "auth_failed")


def test_browsers_may_ask(nobody):
    answer = nobody.client.options(HERE)
    assert answer.status_code == 204 and "X-Api-Key" in answer["Access-Control-Allow-Headers"]


def test_account(caller, nobody):
    assert caller.get("/v1.0/account").json() == {
        "data": {
            "attributes": {
                "credits": {"subscription": 0, "payg": 10, "enterprise": 0, "total": 10},
                "api": {"free_calls": 0, "sizes": "all"},
            }
        }
    }
    assert error(nobody.get("/v1.0/account")) == (403, "auth_failed")


def test_improve(caller):
    answer = caller.form("/v1.0/improve", {"image_file": file(), "tag": "hair"})
    assert len(answer.json()["id"]) == 36
    assert error(caller.form("/v1.0/improve", {})) == (400, "missing_source")


def test_as_the_ruby_gem_asks(caller):
    """Its defaults: `auto` as size, a zip where it can put a png together itself, all facts read from headers.
    It sends what is unset as nothing, and switches as words."""
    fields = {
        "image_file": file(LARGE),
        "size": "auto",
        "type": "auto",
        "format": "zip",
        "crop": "false",
        "bg_color": "",
    }
    answer = caller.form(HERE, fields, Accept="*/*", **{"User-Agent": "remove-bg-ruby-2.2.1"})
    names = ("X-Type", "X-Width", "X-Height", "X-Credits-Charged", "X-RateLimit-Limit", "X-RateLimit-Remaining",
             "X-RateLimit-Reset")  # fmt: skip
    assert [answer.headers.get(name) is not None for name in names] == [True] * len(names)
    assert (answer["X-Width"], answer["X-Height"], float(answer["X-Credits-Charged"])) == ("1200", "800", 1.0)
    with zipfile.ZipFile(io.BytesIO(content(answer))) as parts:
        colour = Image.open(io.BytesIO(parts.read("color.jpg")))
        matte = Image.open(io.BytesIO(parts.read("alpha.png")))
    assert colour.size == matte.size == (1200, 800) and matte.mode == "L"
    colour.putalpha(matte)
    assert alpha(colour)[400, 600] > 200 and alpha(colour)[2, 2] < 60


def test_the_bytes_that_the_ruby_gem_sends(caller):
    """Recorded of Faraday 1.1 with multipart-post 2.0, which the gem stands on: its boundary, its heads of each part,
    a field that is unset as an empty one, and two line ends behind the last boundary."""
    edge = "-----------RubyMultipartPost-7c2e701ffbf1b9bb6eaa6198df1db4b0"
    fields = {"size": "auto", "format": "zip", "crop": "false", "bg_color": ""}
    parts = [
        f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    head = (
        f'--{edge}\r\nContent-Disposition: form-data; name="image_file"; filename="cup.png"\r\n'
        f"Content-Length: {len(LARGE)}\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    )
    body = "".join(parts).encode() + head.encode() + LARGE + f"\r\n--{edge}--\r\n\r\n".encode()
    sent = caller.headers | {
        "User-Agent": "remove-bg-ruby-2.2.1",
        "Accept-Encoding": "gzip;q=1.0,deflate;q=0.6,identity;q=0.3",
        "Accept": "*/*",
    }
    answer = caller.client.post(HERE, body, f"multipart/form-data; boundary={edge}", headers=sent)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
    assert zipfile.ZipFile(io.BytesIO(content(answer))).namelist() == ["color.jpg", "alpha.png"]
    wrong = caller.client.post(HERE, b"size=auto", "application/x-www-form-urlencoded", headers=sent)
    assert wrong.json()["errors"][0]["title"] == "No image given"  # the gem reads the first one's title


WRONG = {
    "invalid_size": ["huge", "0", "full size", "PREVIEW2"],
    "invalid_format": ["bmp", "gif", "png,jpg"],
    "invalid_channels": ["x", "rgb", "rgba,alpha"],
    "invalid_type": ["alien", "people"],
    "invalid_bg_color": ["zzz", "#12345", "rgb(1,2,3)", "a,b", "1", "#" + "f" * 100_000, "##fff"],
    "invalid_roi": [
        "",
        "0 0 10",
        "NaN% 0 100% 100%",
        "0 0 inf 10",
        "0,0,10,10",
        "0 0 10em 10em",
        "1e1 0 50 50",
    ],
    "invalid_crop_margin": ["-5px", "1 2 3", "1 2 3 4 5", "a", "5em", "NaN%"],
    "invalid_scale": ["0%", "9%", "101%", "abc", "NaN%", "-50%"],
    "invalid_position": ["101% 0%", "-1%", "left", "1% 2% 3%"],
    "invalid_crop": ["2", "maybe", "truefalse"],
    "invalid_semitransparency": ["2", "perhaps"],
    "invalid_add_shadow": ["2"],
    "invalid_shadow_type": ["round"],
    "invalid_shadow_opacity": ["101", "-1", "1e1", "٣", "1_0", "0x10", "9" * 5000],
    "invalid_type_level": ["3", "-1", "all"],
}
CASES = [(code, value) for code, values in WRONG.items() for value in values if value]


@pytest.mark.parametrize(("code", "value"), CASES, ids=range(len(CASES)))
def test_values_that_are_none(caller, code, value):
    """Named by remove.bg's code; nothing is made, counted against credits or kept."""
    answer = caller.json(HERE, {**B64, code.removeprefix("invalid_"): value})
    assert error(answer) == (400, code) and len(answer.content) < 1000
    assert not Job.objects.exists()
    assert User.objects.get(email="alice@example.org").credits == 10


@pytest.mark.parametrize("yes", ["true", "True", "1", "yes", True, 1])
def test_switches_in_any_spelling(caller, yes):
    text = base64.b64encode(fakes.photo()).decode()
    assert caller.json(HERE, {"image_file_b64": text, "crop": yes}).status_code == 200
    assert Job.objects.get().recipe == Recipe(max_megapixels=0.25, crop=True).canonical()


def test_the_last_of_two_counts(caller):
    """As the original does with a parameter that comes twice."""
    text = base64.b64encode(fakes.photo()).decode().replace("+", "%2B")
    form = f"image_file_b64={text}&bg_color=red&bg_color=00f&format=png"
    answer = caller.client.post(HERE, form, "application/x-www-form-urlencoded", headers=caller.headers)
    assert tuple(np.asarray(picture(answer).convert("RGB"))[2, 2]) == (0, 0, 255)


def test_caps_of_megapixels(caller, monkeypatch):
    """25 in general and 10 as PNG for `full`; 50 for `50MP`; never enlarged. Small numbers stand for large ones."""
    monkeypatch.setattr(options, "SIZES", {**options.SIZES, "full": (0.64, 0.16), "50mp": (0.96, 0.16)})
    sizes = {}
    for size in ("full", "50MP"):
        for kind in ("png", "jpg"):
            sent = {"image_file": file(LARGE), "size": size, "format": kind, "bg_color": "fff"}
            sizes[size, kind] = picture(caller.form(HERE, sent)).size
    assert sizes["full", "jpg"] == (979, 653) and sizes["50MP", "jpg"] == (1200, 800)
    assert sizes["full", "png"] == sizes["50MP", "png"] == (489, 326)


def test_a_paid_plan_weighs_and_says_so(caller):
    User.objects.update(plan_name="pro")
    first = caller.form(HERE, {"image_file": file(fakes.photo(1600, 1200))})
    second = caller.form(HERE, {"image_file": file(fakes.photo(2500, 1600))})
    assert first["X-RateLimit-Limit"] == "500"
    assert (first["X-RateLimit-Remaining"], second["X-RateLimit-Remaining"]) == ("498", "494")
    assert int(first["X-RateLimit-Reset"]) > 1_700_000_000
