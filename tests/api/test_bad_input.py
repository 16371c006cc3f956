"""Whatever comes in: an answer below 500 with a code, and nothing left behind."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from processing import messages, storage
from processing.models import Job
from tests import fakes, ledger

pytestmark = pytest.mark.both

TEXT = base64.b64encode(fakes.photo()).decode()
BOUNDARY = "multipart/form-data; boundary=x"

BODIES = [
    # (content type, body, code)
    ("application/json", b"", "missing_source"),
    ("application/json", b"{}", "missing_source"),
    ("application/json", b"{", "invalid_json"),
    ("application/json", b"[]", "invalid_json"),
    ("application/json", b"null", "invalid_json"),
    ("application/json", b"\xff\xfe{\x00}\x00", "invalid_json"),
    ("application/json", b"\xef\xbb\xbf{}", "invalid_json"),
    ("application/json", b'{"feather": NaN}', "invalid_json"),
    ("application/json", b'{"feather": -Infinity}', "invalid_json"),
    ("application/json", b'{"feather": 1, "feather": 2}', "invalid_json"),
    ("application/json", b'{"name": "\\ud800"}', "invalid_json"),
    ("application/json", b'{"feather": ' + b"9" * 5000 + b"}", "invalid_json"),
    ("application/json", b'{"recipe": ' + b"[" * 5000 + b"]" * 5000 + b"}", "invalid_json"),
    ("application/json", b"[" * 100_000, "invalid_json"),
    ("application/json", json.dumps({f"k{n}": n for n in range(10_000)}).encode(), "unknown_parameter"),
    ("application/json", json.dumps({f"k{n}": n for n in range(100_000)}).encode(), "invalid_json"),
    ("application/json", b'{"__proto__": {}}', "unknown_parameter"),
    ("application/json", b'{"owner": 1, "credits": 0}', "unknown_parameter"),
    ("application/json", b'{"base64": "%%%"}', "invalid_base64"),
    ("application/json", b'{"base64": "aGFsbG8="}', "unsupported_format"),
    ("application/json", b'{"base64": 5}', "invalid_parameter"),
    ("application/json", b'{"base64": ["a"]}', "invalid_parameter"),
    ("application/json", b'{"base64": "aGFsbG8=", "url": "https://example.org/a.png"}', "multiple_sources"),
    ("application/json", b'{"url": "file:///etc/passwd"}', "invalid_image_url"),
    ("application/json", b'{"url": "http://127.0.0.1/a.png"}', "invalid_image_url"),
    ("application/json", b'{"file": "aGFsbG8="}', "invalid_parameter"),
    ("text/plain", b"{}", "unsupported_media_type"),
    ("image/png", fakes.photo(), "unsupported_media_type"),
    ("application/x-www-form-urlencoded", b"", "missing_source"),
    ("application/x-www-form-urlencoded", b"file=x", "invalid_parameter"),
    ("application/x-www-form-urlencoded", b"feather=1&feather=2", "invalid_parameter"),
    ("application/x-www-form-urlencoded", b"a=1&" * 2000, "malformed_request"),
    ("multipart/form-data", b"x", "malformed_request"),
    (BOUNDARY, b"", "missing_source"),
    (BOUNDARY, b"--y\r\n\r\n", "missing_source"),
    (BOUNDARY, b"--x\r\nContent-Disposition: form-data; name=feather\r\n\r\n1", "missing_source"),
]


@pytest.mark.parametrize(("content_type", "body", "code"), BODIES, ids=range(len(BODIES)))
def test_bodies(alice, bell, content_type, body, code):
    answer = alice("post", "jobs", data=body, content_type=content_type)
    assert answer.json()["code"] == code
    assert answer.status_code == messages.message(code).status < 500
    assert_nothing_is_left()


RECIPES = [
    ({"feather": 11}, "feather"),
    ({"feather": -0.5}, "feather"),
    ({"feather": 1e300}, "feather"),
    ({"feather": True}, "feather"),
    ({"feather": "1e3"}, "feather"),
    ({"feather": "٣"}, "feather"),
    ({"feather": "1_0"}, "feather"),
    ({"feather": "0x1"}, "feather"),
    ({"feather": [1]}, "feather"),
    ({"feather": {"a": 1}}, "feather"),
    ({"max_side": 1.5}, "max_side"),
    ({"crop": 2}, "crop"),
    ({"crop": "maybe"}, "crop"),
    ({"format": "bmp"}, "format"),
    ({"format": "\0"}, "format"),
    ({"background": "zzz"}, "background"),
    ({"background": "#12345"}, "background"),
    ({"background": "a,b"}, "background"),
    ({"background": "f" * 10_000}, "background"),
    ({"recipe": {"quality": 0}}, "quality"),
]


@pytest.mark.parametrize(("sent", "field"), RECIPES, ids=range(len(RECIPES)))
def test_recipes(alice, bell, sent, field):
    answer = alice.post("jobs", {"base64": TEXT, **sent})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_recipe")
    assert answer.json()["facts"]["field"] == field
    assert len(answer.content) < 2000
    assert_nothing_is_left()


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"recipe": [1]}, "invalid_parameter"),
        ({"recipe": "{"}, "invalid_json"),
        ({"recipe": "[" * 5000}, "invalid_json"),
        ({"recipe": {"wings": 1}}, "unknown_parameter"),
        ({"model": "../../x"}, "unknown_model"),
        ({"model": "xu2netpx"}, "unknown_model"),
        ({"model": "\0"}, "unknown_model"),
        ({"model": 5}, "invalid_parameter"),
        ({"name": ["a"]}, "invalid_parameter"),
    ],
)
def test_other_fields(alice, bell, sent, code):
    answer = alice.post("jobs", {"base64": TEXT, **sent})
    assert answer.json()["code"] == code
    assert_nothing_is_left()


def test_an_unknown_field_is_named(alice, bell):
    answer = alice.post("jobs", {"base64": TEXT, "fether": 1})
    problem = answer.json()
    assert problem["detail"].startswith(
        "There is no parameter “fether”. These are known, the likeliest first: feather, "
    )
    assert (problem["facts"]["names"], problem["facts"]["expected"][0]) == (["fether"], "feather")
    assert sorted(problem["facts"]["expected"])[0] == "background"


def test_a_problem_names_the_request(alice, bell):
    """By the id that the log has, so that who asks for help can say which request it was."""
    answer = alice.post("jobs", {}, headers={"X-Request-ID": "checkout-17"})
    assert (answer["X-Request-ID"], answer.json()["request_id"]) == ("checkout-17", "checkout-17")
    unnamed = alice.post("jobs", {})
    assert unnamed.json()["request_id"] == unnamed["X-Request-ID"] != ""


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "C:\\CON", "\u202egnp.exe", "a\nb", "x" * 5000, "<b>.png"]
)
def test_names_are_only_shown(alice, bell, name):
    made = alice.post("jobs", {"base64": TEXT, "name": name})
    assert made.status_code == 202
    shown = made.json()["name"]
    assert not set(shown) & set("/\\\n\u202e")
    assert len(shown) <= 255


def test_base64_bombs(alice, bell, settings):
    settings.API_BODY_BYTES = 1_000_000
    assert alice.post("jobs", {"base64": "A" * 1_000_001}).json()["code"] == "request_too_large"
    limit = settings.IMAGE_LIMITS.max_bytes
    settings.API_BODY_BYTES = 2 * limit
    assert alice.post("jobs", {"base64": "A" * (limit * 4 // 3 + 8)}).json()["code"] == "file_too_large"
    assert alice.post("jobs", {"base64": " \n" * 500_000}).json()["code"] == "missing_source"
    assert_nothing_is_left()


def test_forms_that_are_too_much(alice, bell, settings):
    field = {"file": SimpleUploadedFile("a.png", fakes.photo()), "name": "x" * 3_000_000}
    assert alice.post("jobs", field).json()["code"] == "request_too_large"
    files = {"file": [SimpleUploadedFile("a.png", fakes.photo()) for _ in range(2)]}
    assert alice("post", "jobs", files).json()["code"] == "multiple_sources"
    many = {"file": [SimpleUploadedFile("a.png", b"x") for _ in range(60)]}
    assert alice("post", "jobs", many).json()["code"] == "multiple_sources"
    assert_nothing_is_left()


def test_a_file_that_is_too_large(alice, bell, settings):
    settings.IMAGE_LIMITS = replace(settings.IMAGE_LIMITS, max_bytes=1000)
    answer = alice.upload(b"\x89PNG\r\n\x1a\n" + b"x" * 2000)
    assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")
    assert_nothing_is_left()


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Content-Encoding": "gzip"}, "unsupported_media_type"),
        ({"Transfer-Encoding": "chunked", "Content-Length": ""}, "length_required"),
    ],
)
def test_bodies_in_other_wrappings(alice, bell, headers, code):
    answer = alice.post("jobs", {"base64": TEXT}, headers=headers)
    assert answer.json()["code"] == code


@pytest.mark.parametrize("wait", ["-1", "nan", "inf", "1e3", "", "٣", "a"])
def test_waiting_for_nonsense(alice, bell, wait):
    answer = alice.post(f"jobs?wait={wait}", {"base64": TEXT})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")
    assert_nothing_is_left()


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
def test_methods_that_are_none(alice, method):
    answer = alice(method, "jobs")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert set(answer["Allow"].split(", ")) == {"GET", "POST", "HEAD"}


def assert_nothing_is_left() -> None:
    assert not Job.objects.exists()
    assert list(storage.names_under("u")) == []
    ledger.check()


def test_a_form_in_one_piece_is_bounded(alice, bell, settings) -> None:
    settings.API_BODY_BYTES = 1000
    body = b"base64=" + b"A" * 5000
    answer = alice("post", "jobs", data=body, content_type="application/x-www-form-urlencoded")
    assert (answer.status_code, answer.json()["code"]) == (413, "request_too_large")
    assert_nothing_is_left()
