"""Bria's formats line by line: statuses and shapes of what is refused, of what ended, and fields of both versions."""

from __future__ import annotations

import base64
import io
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image

from accounts.models import User
from processing import announce
from processing.api.compat import work
from processing.errors import Refused
from processing.jobs import Upload
from processing.messages import CATALOGUE
from processing.models import Job
from tests import fakes
from tests.api.compat.conftest import Caller, file

V1, V2 = "/v1/background/remove", "/v2/image/edit/remove_background"
PHOTO = base64.b64encode(fakes.photo()).decode()
BRIAS = {400, 401, 403, 404, 405, 413, 415, 422, 429, 500, 502, 503, 504}


@pytest.fixture
def bria(alice: Any, worker: fakes.Model) -> Caller:
    caller = Caller()
    caller.headers = {"api-token": alice.key}
    return caller


def error(answer: Any) -> dict[str, Any]:
    """The shape is the same at every address; `code` repeats the status."""
    body = answer.json()
    assert body.keys() == {"error", "request_id"} and body["error"].keys() == {"code", "message", "details"}
    assert body["error"]["code"] == answer.status_code
    return dict(body["error"])


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_refusal_has_a_status_of_brias(code):
    told = announce.bria_error(Refused(code))
    assert told["code"] in BRIAS and told["message"]


def test_what_is_too_large(bria, monkeypatch, settings):
    settings.IMAGE_LIMITS = replace(settings.IMAGE_LIMITS, max_bytes=1000)
    assert error(bria.json(V2, {"image": base64.b64encode(bytes(3000)).decode()}))["code"] == 413
    assert error(bria.form(V1, {"file": file(bytes(3000))}))["code"] == 413


def test_too_often_says_when_to_come_again(bria):
    answers = [bria.json(V2, {"image": PHOTO}) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [202] * 10 + [429]
    assert error(answers[-1]) and 0 < int(answers[-1]["Retry-After"]) <= 60


def test_who_may_not(bria, another_key):
    for caller in (Caller(), Caller("wrong")):
        for answer in (
            caller.json(V2, {"image": PHOTO}),
            caller.form(V1, {"file": file()}),
            caller.get("/v2/status/1"),
        ):
            assert error(answer)["code"] == 401
    reader = Caller(another_key("eve@example.org", scopes=["read"]).key)
    assert error(reader.json(V2, {"image": PHOTO}))["code"] == 403
    User.objects.update(balance=0)
    assert error(bria.form(V1, {"file": file()}))["code"] == 403
    assert not Job.objects.exists()


@pytest.mark.parametrize("path", [V1, V2])
@pytest.mark.parametrize(
    "word", ["visual_input_content_moderation", "visual_output_content_moderation", "content_moderation"]
)
def test_moderation_is_refused_and_may_be_off(bria, path, word):
    sent = {"image": PHOTO, "file": ""} if path == V2 else {"image_url": "https://example.org/a.png"}
    assert error(bria.json(path, {**sent, word: True}))["code"] == 422
    if path == V2:
        assert bria.json(path, {**sent, word: False}).status_code == 202


def test_switches_are_checked(bria):
    for name in ("sync", "preserve_alpha"):
        assert error(bria.json(V2, {"image": PHOTO, name: "perhaps"}))["code"] == 400
        assert bria.json(V2, {"image": PHOTO, name: False}).status_code == 202


@pytest.mark.parametrize(("path", "field"), [(V1, "image_url"), (V2, "image")])
def test_by_address_in_json_and_form(bria, monkeypatch, path, field):
    monkeypatch.setattr(work, "fetch_image", lambda url: Upload("a.png", fakes.photo()))
    sent = {field: "HTTPS://example.org/a.png", "sync": "true"}
    for answer in (bria.json(path, sent), bria.form(path, sent)):
        assert answer.status_code == 200, answer.content
    assert ("result_url" if path == V1 else "result") in answer.json()


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "CMYK", "L"])
def test_modes_of_colour(bria, mode):
    picture = Image.open(io.BytesIO(fakes.photo())).convert(mode)
    out = io.BytesIO()
    picture.save(out, "JPEG" if mode == "CMYK" else "PNG")
    answer = bria.json(V2, {"image": base64.b64encode(out.getvalue()).decode(), "sync": True})
    assert answer.status_code == 200, answer.content


def test_at_once_has_a_status_address_too(bria):
    """A client of ComfyUI reads it even where the result is there."""
    body = bria.json(V2, {"image": PHOTO, "sync": True}).json()
    status = bria.get("/v2/status/" + body["status_url"].rpartition("/")[2]).json()
    assert status["status"] == "COMPLETED" and status["request_id"] == body["request_id"]


def test_a_cancelled_job_is_an_error_of_its_status(alice, bell):
    caller = Caller(alice.key)
    made = caller.json(V2, {"image": PHOTO}).json()["request_id"]
    alice.post(f"jobs/{made}/cancel")
    status = caller.get(f"/v2/status/{made}").json()
    assert (status["status"], status["error"]["code"]) == ("ERROR", 404)


def test_version_1_tells_nobody(bria):
    assert error(bria.form(V1, {"file": file(), "webhook_url": "https://8.8.8.8/"}))["code"] == 422
