"""Whatever comes, each format answers with an error of its own shape and never fails itself."""

from __future__ import annotations

import json

import pytest

from accounts.models import User
from processing import tasks
from tests.api.compat.conftest import Caller, file

PATHS = {
    "/v1.0/removebg": "errors",
    "/v1.0/improve": "errors",
    "/api/remove": "detail",
    "/api/remove-background": "error",
    "/api/edit-mask": "error",
    "/api/add-background": "error",
    "/v2/image/edit/remove_background": "error",
    "/v1/background/remove": "error",
}
NAMES = ("image_file", "image_file_b64", "image_url", "size", "roi", "bg_color", "crop_margin", "model", "bgc",
         "extras", "a", "image", "edits", "feather", "api_key", "foregroundImage", "backgroundColor", "sync", "file",
         "url", "webhook_url", "scale", "position")  # fmt: skip
VALUES = ["\0", "é\u202e", "-1", "1e999", "NaN", "x" * 5000, "{}", "[]", "%", " ", "١٢", "../..", "0 0 0 0"]
BODIES = [
    (b"", "application/json"),
    (b"{", "application/json"),
    (b"[]", "application/json"),
    (b'{"image": "\\ud800"}', "application/json"),
    (b"\xff\xfe", "application/json"),
    (b"\xff=\xfe&a=%zz&\0=1", "application/x-www-form-urlencoded"),
    (b"&".join(b"a%d=1" % number for number in range(3000)), "application/x-www-form-urlencoded"),
    (b"no boundary", "multipart/form-data"),
    (b"--x\r\n", "multipart/form-data; boundary=x"),
    (b"text", "text/plain"),
    (b"", ""),
]


@pytest.fixture
def anybody(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> Caller:
    """Of an account without limits."""
    User.objects.update(is_unlimited=True)
    monkeypatch.setattr(tasks.picture, "apply_async", lambda args, **options: tasks.picture(*args))
    return caller


@pytest.mark.parametrize("path", PATHS)
def test_bodies(anybody, path):
    for body, media_type in BODIES:
        answer = anybody.client.post(path, body, media_type, headers=anybody.headers)
        assert 400 <= answer.status_code < 500, (body[:40], answer.content)
        assert PATHS[path] in answer.json(), (body[:40], answer.content)


@pytest.mark.parametrize("path", PATHS)
def test_values(anybody, path):
    strange = [*VALUES, 1, -0.5, True, [1], {"a": {}}, 10**400]
    for number, value in enumerate(strange):
        answer = anybody.json(path, json.dumps(dict.fromkeys(NAMES[number % 3 :], value)))
        assert 400 <= answer.status_code < 500, (value, answer.content)
    for name in NAMES:
        for value in VALUES[:2]:
            form = {"image_file": file(), "image": file(), "file": file(), "foregroundImage": file()}
            answer = anybody.form(path, {**form, name: value})
            assert answer.status_code < 500, (name, value, answer.content)


def test_addresses(anybody):
    for path in (
        "/v2/status/%00",
        "/v2/status/1",
        "/api/download/a.b.c",
        "/api/download/%0d%0a",
        "/v1.0/",
        "/v2/x",
    ):
        assert anybody.get(path).status_code == 404
    assert anybody.get("/v1.0/removebg").status_code == 405
    assert anybody.client.head("/api/remove?url=http://example.org/").status_code == 405
