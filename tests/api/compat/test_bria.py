"""Bria's wire format, versions 2 and 1."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import uuid
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

from accounts.models import User
from processing.models import Job
from tests import fakes
from tests.api.compat.conftest import Caller, content, file
from tests.webhooks import receiver
from webhooks import delivery
from webhooks.models import JobHook

HERE = "/v2/image/edit/remove_background"
PHOTO = base64.b64encode(fakes.photo()).decode()


@pytest.fixture
def bria(alice, worker) -> Caller:
    caller = Caller()
    caller.headers = {"api-token": alice.key}  # as Django's test client spells HTTP_API_TOKEN
    return caller


def loaded(address: str) -> Image.Image:
    answer = Caller().get(urlsplit(address).path)
    assert answer.status_code == 200
    return Image.open(io.BytesIO(content(answer)))


def test_at_once(bria):
    answer = bria.json(HERE, {"image": PHOTO, "sync": True, "preserve_alpha": True})
    body = answer.json()
    assert (answer.status_code, body["request_id"]) == (200, str(Job.objects.get().pk))
    assert loaded(body["result"]["image_url"]).mode == "RGBA"
    assert User.objects.get().credits == 9


def test_later(alice, bell):
    caller = Caller(alice.key)
    answer = caller.json(HERE, {"image": f"data:image/png;base64,{PHOTO}"})
    body = answer.json()
    assert (answer.status_code, set(body)) == (202, {"request_id", "status_url"})
    status = caller.get(urlsplit(body["status_url"]).path).json()
    assert status == {"request_id": body["request_id"], "status": "IN_PROGRESS"}


def test_status_of_what_is_done(bria):
    body = bria.json(HERE, {"image": PHOTO}).json()
    status = bria.get(f"/v2/status/{body['request_id']}").json()
    assert status["status"] == "COMPLETED" and loaded(status["result"]["image_url"])


def test_status_of_what_failed(bria, monkeypatch):
    monkeypatch.setattr(fakes.Model, "predict", lambda self, rgb: np.zeros(rgb.shape[:2], np.float32))
    body = bria.json(HERE, {"image": PHOTO, "sync": True}).json()
    failed = bria.get(f"/v2/status/{Job.objects.get().pk}").json()
    assert (failed["status"], failed["error"]["code"]) == ("ERROR", 422)
    assert body["error"]["message"] == failed["error"]["message"]


def test_status_of_others_is_not_there(bria, another_key):
    mine = bria.json(HERE, {"image": PHOTO}).json()["request_id"]
    bob = Caller(another_key("bob@example.org").key)
    for request_id in (mine, str(uuid.uuid4()), "nothing"):
        answer = bob.get(f"/v2/status/{request_id}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, 404)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 400),
        ({"image": "%%"}, 400),
        ({"image": "http://127.0.0.1/a.png"}, 400),
        ({"image": base64.b64encode(b"no picture").decode()}, 415),
        ({"image": PHOTO, "sync": "perhaps"}, 400),
        ({"image": PHOTO, "webhook_url": "http://10.0.0.1/"}, 400),
        ({"image": PHOTO, "visual_input_content_moderation": True}, 422),
    ],
)
def test_refusals(bria, fields, status):
    answer = bria.json(HERE, fields)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, status)
    assert error["message"] and error["details"] and uuid.UUID(answer.json()["request_id"])
    assert not Job.objects.exists()


def test_money_and_keys(bria, nobody):
    User.objects.update(balance=0)
    assert bria.json(HERE, {"image": PHOTO}).status_code == 403
    assert nobody.json(HERE, {"image": PHOTO}).status_code == 401


def test_the_webhook(bria, alice, settings):
    """Told once, with what its status says, signed as Bria's own client checks it."""
    with receiver.running() as program:
        settings.WEBHOOK_INTERNAL_HOSTS = [program.host]
        body = bria.json(HERE, {"image": PHOTO, "webhook_url": program.url}).json()
        assert sum(delivery.serve(pk) for pk in delivery.endpoints_due()) == 1
    [sent] = program.received
    assert (sent.event["status"], sent.event["request_id"]) == ("COMPLETED", body["request_id"])
    assert loaded(sent.event["result"]["image_url"]).size == (96, 64)
    sent_id, at = sent.headers["bria-webhook-id"], sent.headers["bria-webhook-timestamp"]
    key = hmac.new(alice.key.encode(), b"bria-webhook-signing-v1", hashlib.sha256).digest()
    expected = hmac.new(key, f"{sent_id}.{at}.".encode() + sent.body, hashlib.sha256).digest()
    assert sent.headers["bria-webhook-signature"] == f"v1={base64.b64encode(expected).decode()}"
    assert not JobHook.objects.exists()


def test_version_1(bria):
    body = bria.form("/v1/background/remove", {"file": file()}).json()
    assert loaded(body["result_url"]).size == (96, 64)
    assert bria.form("/v1/background/remove", {}).status_code == 400
    assert bria.form("/v1/background/remove", {"image_url": "http://10.0.0.1/"}).status_code == 400


@pytest.mark.parametrize(
    ("path", "switch", "sent"),
    [
        (HERE, "preserve_alpha", lambda data: {"image": base64.b64encode(data).decode(), "sync": True}),
        ("/v1/background/remove", "preserve_partial_alpha", lambda data: {"file": file(data=data)}),
    ],
)
def test_what_is_half_clear_in_the_photo(bria, path, switch, sent):
    picture = Image.open(io.BytesIO(fakes.photo())).convert("RGBA")
    levels = np.full((64, 96), 255, np.uint8)
    levels[:, 48:] = 128  # half of the subject is half clear
    levels[28:36, 60:66] = 0  # and a spot in it fully
    picture.putalpha(Image.fromarray(levels))
    saved = io.BytesIO()
    picture.save(saved, "PNG")

    def opacity(value: str) -> np.ndarray:
        body = sent(saved.getvalue()) | {switch: value}
        answer = (bria.form if "file" in body else bria.json)(path, body).json()
        address = answer["result_url"] if "result_url" in answer else answer["result"]["image_url"]
        return np.asarray(loaded(address))[..., 3]

    kept, solid = opacity("true"), opacity("false")
    assert (kept[32, 40], kept[32, 56], kept[32, 63]) == (255, 128, 0)
    assert (solid[32, 40], solid[32, 56], solid[32, 63]) == (255, 255, 0)
    assert kept[2, 2] == solid[2, 2] == 0
