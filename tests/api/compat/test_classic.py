"""The classic format, and the addresses of its results."""

from __future__ import annotations

import base64
import io
import uuid

from django.core import signing
from django.utils import timezone
from PIL import Image

from accounts.models import User
from processing import links
from processing.models import Job
from processing.pipeline.recipe import Recipe
from tests.api.compat.conftest import Caller, content, file

HERE = "/api/remove-background"


def opened(data_url: str) -> Image.Image:
    kind, _, data = data_url.partition(",")
    assert kind == "data:image/png;base64"
    return Image.open(io.BytesIO(base64.b64decode(data)))


def test_it_works(nobody):
    body = nobody.form(HERE, {"image": file(), "feather": "2", "model": "u2net"}).json()
    assert body["success"] and body["message"]
    assert opened(body["image"]).size == (96, 64)
    assert Job.objects.get().recipe == Recipe(feather=2, format="png").canonical()
    loaded = nobody.get(f"/api/download/{body['filename']}")
    assert (loaded.status_code, loaded["Content-Type"]) == (200, "image/png")
    assert loaded["Content-Disposition"].startswith("attachment")
    assert Image.open(io.BytesIO(content(loaded))).mode == "RGBA"


def test_health(nobody):
    for _ in range(100):  # a balancer asks often, and from one address
        answer = nobody.get("/api/health")
    assert (answer.status_code, answer.json()["success"], answer.json()["status"]) == (200, True, "ok")


def test_the_key_may_be_a_field(alice, worker):
    assert Caller().form(HERE, {"image": file(), "api_key": alice.key}).status_code == 200
    assert User.objects.get(pk=alice.user.pk).credits == 9
    assert Caller().form(HERE, {"image": file(), "api_key": "wrong"}).status_code == 401


def test_json_with_a_data_url(caller):
    made = caller.form(HERE, {"image": file()}).json()["image"]
    assert caller.json(HERE, {"image": made}).json()["success"]


def test_refusals(caller):
    for fields, code in (
        ({}, "missing_source"),
        ({"image": file(b"no picture")}, "unsupported_format"),
        ({"image": file(), "feather": "11"}, "invalid_recipe"),
        ({"image": file(), "model": "none"}, "unknown_model"),
    ):
        answer = caller.form(HERE, fields)
        assert answer.status_code >= 400
        assert (answer.json()["success"], answer.json()["code"]) == (False, code)


def test_addresses_of_results_cannot_be_made(nobody, monkeypatch):
    name = nobody.form(HERE, {"image": file()}).json()["filename"]
    job = Job.objects.get()
    for wrong in (
        f"{job.pk}.png",
        f"{job.pk.hex}.png",
        name.replace(job.pk.hex, uuid.uuid4().hex),
        signing.TimestampSigner(sep=".").sign(job.pk.hex) + ".png",
        "x" * 500,
    ):
        assert nobody.get(f"/api/download/{wrong}").status_code == 404, wrong
    later = timezone.now().timestamp() + links.GOOD_FOR.total_seconds() + 1
    monkeypatch.setattr("django.core.signing.time.time", lambda: later)
    assert nobody.get(f"/api/download/{name}").status_code == 404
