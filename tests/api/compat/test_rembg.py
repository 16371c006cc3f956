"""rembg's server: same names and defaults; and who may come without a key."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from accounts import keys
from accounts.models import User
from processing import fetch as fetching
from processing import jobs
from processing.api.compat import rembg, work
from processing.api.reading import Fields
from processing.fetch import HEADERS
from processing.models import Job, Source
from processing.pipeline.recipe import Recipe
from tests import fakes
from tests.api.compat.conftest import Caller, file

HERE = "/api/remove"


def pixels(answer: Any) -> np.ndarray:
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/png"), answer.content
    return np.asarray(Image.open(io.BytesIO(answer.content)))


def test_it_works_without_a_key(nobody):
    made = pixels(nobody.form(HERE, {"file": file()}))
    assert made.shape == (64, 96, 4) and made[32, 48, 3] == 255 and made[2, 2, 3] == 0


def test_of_a_visitor_nothing_stays(nobody):
    pixels(nobody.form(HERE, {"file": file()}))
    assert not (Job.objects.exists() or Source.objects.exists() or User.objects.exists())


def test_of_a_failed_visitor_nothing_stays(nobody, monkeypatch):
    monkeypatch.setattr(fakes.Model, "predict", lambda self, rgb: np.zeros(rgb.shape[:2], np.float32))
    answer = nobody.form(HERE, {"file": file()})
    assert (answer.status_code, list(answer.json())) == (422, ["detail"])
    assert not User.objects.exists()


def test_with_a_key_it_is_paid_and_kept(caller):
    pixels(caller.form(HERE, {"file": file()}))
    assert Job.objects.get().owner.email == "alice@example.org"
    assert User.objects.get().credits == 9


def test_by_address(nobody, monkeypatch):
    asked = []

    def fetch(url: str) -> jobs.Upload:
        asked.append(url)
        return jobs.Upload("a.png", fakes.photo())

    monkeypatch.setattr(work, "fetch_image", fetch)
    made = pixels(nobody.get(f"{HERE}?url=https://example.org/a.png&om=true"))
    assert (asked, made.ndim) == (["https://example.org/a.png"], 2)


def test_by_address_every_parameter_counts(alice, worker, monkeypatch):
    """With GET all stands in the address, under the names and with the defaults of the form."""
    monkeypatch.setattr(work, "fetch_image", lambda url: jobs.Upload("a.png", fakes.photo()))
    address = f"{HERE}?url=https://example.org/a.png&model=u2net&a=true&af=200&ab=5&ppm=true&bgc=1,2,3,255"
    assert pixels(Caller(alice.key).get(address)).shape[:2] == (64, 96)
    wanted = {"preset": "best", "trimap": "200,5,10", "specks": True, "background": "#010203"}
    assert Job.objects.get().recipe == Recipe(format="png", **wanted).canonical()
    for name, value in {"a": "maybe", "af": "256", "bgc": "1", "extras": "{", "model": "none"}.items():
        answer = Caller(alice.key).get(f"{HERE}?url=https://example.org/a.png&{name}={value}")
        assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["query", name])


def test_what_an_address_answers_is_told(nobody, monkeypatch):
    def fetch(url: str) -> jobs.Upload:
        raise fetching.failed("status", http_status=404)

    monkeypatch.setattr(work, "fetch_image", fetch)
    answer = nobody.get(f"{HERE}?url=https://example.org/a.png")
    assert answer.status_code == 400 and "its server answered 404" in answer.json()["detail"]


def test_what_is_too_large_or_none_is_told(nobody, settings):
    assert nobody.form(HERE, {"file": file(b"no picture")}).status_code == 415
    settings.IMAGE_LIMITS = replace(settings.IMAGE_LIMITS, max_pixels=1000)
    large = nobody.form(HERE, {"file": file()})
    assert large.status_code == 413 and "megapixels" in large.json()["detail"]
    assert nobody.client.options(HERE)["Access-Control-Allow-Origin"] == "*"


def test_addresses_of_this_network_are_refused(nobody):
    answer = nobody.get(f"{HERE}?url=http://127.0.0.1:22/")
    assert (answer.status_code, list(answer.json())) == (400, ["detail"])


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, {}),
        ({"a": "true"}, {"preset": "best", "trimap": "240,10,10"}),
        ({"a": "true", "af": "200", "ab": "5", "ae": "900"}, {"preset": "best", "trimap": "200,5,500"}),
        ({"af": "200"}, {}),
        ({"om": "1"}, {"channels": "alpha"}),
        ({"ppm": "on"}, {"specks": True}),
        ({"bgc": "255,0,0,255"}, {"background": "#ff0000"}),
        ({"bgc": "0, 0, 255, 128"}, {"background": "#0000ff80"}),
        ({"bgc": "1,2,3,0"}, {}),
        ({"extras": '{"anything": 1}'}, {}),
        ({"preset": "balanced"}, {"preset": "balanced"}),
        ({"preset": "fast", "a": "true"}, {"preset": "fast", "trimap": "240,10,10"}),
    ],
)
def test_parameters(fields, expected):
    assert rembg.read_recipe(Fields(fields)) == Recipe(**{"format": "png", "preset": "fast"} | expected)


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"a": "perhaps"}, "a"),
        ({"preset": "superb"}, "preset"),
        ({"af": "256"}, "af"),
        ({"ab": "-1"}, "ab"),
        ({"ae": "x"}, "ae"),
        ({"bgc": "1,2,3"}, "bgc"),
        ({"bgc": "1,2,3,256"}, "bgc"),
        ({"model": "../../etc/passwd"}, "model"),
        ({"extras": "{"}, "extras"),
        ({"extras": '{"model_path": "/etc/passwd"}'}, "extras"),
        ({"model": "sam", "extras": '{"sam_prompt": []}'}, "extras"),
        ({"model": "sam", "extras": '{"sam_prompt": [1]}'}, "extras"),
        ({"model": "sam", "extras": '{"sam_prompt": [{"type": "point", "data": ["x", 1]}]}'}, "extras"),
        ({"model": "sam", "extras": '{"sam_prompt": [{"type": "lasso", "data": [1, 1]}]}'}, "extras"),
    ],
)
def test_validation_errors(nobody, fields, where):
    answer = nobody.form(HERE, {"file": file(), **fields})
    (detail,) = answer.json()["detail"]
    assert (answer.status_code, detail["loc"]) == (422, ["body", where])
    assert not User.objects.exists()


MARKS = [
    {"type": "point", "data": [10, 20.5], "label": 1},
    {"type": "point", "data": [1, 2], "label": 0},
    {"type": "rectangle", "data": [5, 6, 70, 80], "label": 1},
]


@pytest.mark.parametrize(
    ("model", "extras", "name", "prompt"),
    [
        ("sam", {"sam_prompt": MARKS}, "sam", "point:10px,20.5px;not:1px,2px;box:5px,6px,70px,80px"),
        ("sam", {"sam_quant": True}, "sam-quant", "none"),
        ("sam", {"sam_model": "sam_vit_l_0b3195"}, "sam-large", "none"),
        ("u2net", {"sam_prompt": MARKS}, "u2net", "none"),
        ("u2net_cloth_seg", {"cc": "upper"}, "clothes-upper", "none"),
        ("u2net_cloth_seg", {}, "u2net_cloth_seg", "none"),
    ],
)
def test_extras_of_a_model(alice, worker, model, extras, name, prompt):
    key = Caller(keys.issue(alice.user)[1])
    key.form(HERE, {"file": file(), "model": model, "extras": json.dumps(extras)})
    job = Job.objects.get()
    assert (job.model, Recipe.from_canonical(job.recipe).prompt) == (name, prompt)


def test_nothing_sent(nobody):
    posted, got = nobody.form(HERE, {}), nobody.get(HERE)
    assert (posted.status_code, posted.json()["detail"][0]["loc"]) == (422, ["body", "file"])
    assert (got.status_code, got.json()["detail"][0]["loc"]) == (422, ["query", "url"])


def test_settings_of_the_address_count_too(nobody):
    assert pixels(nobody.form(f"{HERE}?bgc=0,255,0,255", {"file": file()}))[2, 2].tolist()[:3] == [0, 255, 0]


def test_visitors_are_counted_by_address(nobody):
    codes = [nobody.form(HERE, {"file": file()}).status_code for _ in range(6)]
    assert codes == [200] * 5 + [429]


def test_visitors_may_be_switched_off(nobody, settings):
    settings.KEYLESS_API = "off"
    assert nobody.form(HERE, {"file": file()}).status_code == 401
    settings.KEYLESS_API, settings.GUEST_CREDITS = "visitors", 0
    assert nobody.form(HERE, {"file": file()}).status_code == 401


def test_an_account_for_requests_without_a_key(alice, worker, settings):
    settings.KEYLESS_API = "Alice@example.org"
    pixels(Caller().form(HERE, {"file": file()}))
    assert User.objects.get().credits == 9
    page = Caller().form(HERE, {"file": file()}, Origin="https://elsewhere.example")
    assert page.status_code == 401, "a page of another site does not spend it"


def test_a_wrong_key_is_not_nobody(nobody):
    assert Caller("wrong").form(HERE, {"file": file()}).status_code == 401


def test_an_address_that_leads_back_here_is_not_followed(nobody):
    answer = nobody.get(f"{HERE}?url=https://example.org/a.png", **{"User-Agent": HEADERS["User-Agent"]})
    assert (answer.status_code, list(answer.json())) == (400, ["detail"])
