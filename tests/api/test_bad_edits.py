"""Edits that are misshapen: an answer below 500 with a code; mask, files and credits stay as they were."""

from __future__ import annotations

import base64
import io
import json
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image

from accounts.plans import Rate
from processing import messages, storage
from processing.api import edits
from processing.models import Job, Mask
from tests import ledger
from tests.api.test_edits import ERASE, grey, job, send  # noqa: F401  (a fixture)
from tests.together import at_once

BRUSH = {name: value for name, value in ERASE.items() if name != "points"}


def strokes(**changes: Any) -> list[dict[str, Any]]:
    return [{**ERASE, **changes}]


WRONG_SHARES: list[Any] = [-0.1, 1.1, "1", None, []]

CASES: list[tuple[Any, str]] = [
    # More than an edit may have
    ([{"tool": "invert"}] * 2001, "too_many_strokes"),
    (strokes(points=[[1, 1]] * 20_001), "too_many_points"),
    # Points that are none
    (strokes(points=[]), "invalid_stroke"),
    (strokes(points=None), "invalid_stroke"),
    (strokes(points="1,2"), "invalid_stroke"),
    (strokes(points=[1, 2]), "invalid_stroke"),
    (strokes(points=[[[1, 2]]]), "invalid_stroke"),
    (strokes(points=[[1]]), "invalid_stroke"),
    (strokes(points=[[1, 2, 0.5, 4]]), "invalid_stroke"),
    (strokes(points=[["1", "2"]]), "invalid_stroke"),
    (strokes(points=[[None, 2]]), "invalid_stroke"),
    (strokes(points=[{"x": 1, "y": 2}]), "invalid_stroke"),
    (strokes(points=[[True, False]]), "invalid_stroke"),
    (strokes(points=[[1, 2, 7]]), "invalid_stroke"),
    # Points that are far away
    (strokes(points=[[1e9, 1]]), "invalid_stroke"),
    (strokes(points=[[1, -1e9]]), "invalid_stroke"),
    (strokes(points=[[1e308, 1e308]]), "invalid_stroke"),
    (strokes(points=[[10**400, 1]]), "invalid_stroke"),
    # Brushes
    *[(strokes(size=size), "invalid_stroke") for size in (0, -5, 501, 1e9, "20", None, True, [20])],
    *[(strokes(hardness=share), "invalid_stroke") for share in WRONG_SHARES],
    *[(strokes(strength=share), "invalid_stroke") for share in WRONG_SHARES],
    *[(strokes(tool=tool), "invalid_stroke") for tool in ("Erase", "keep", "", None, 5, ["erase"])],
    (strokes(__proto__={"tool": "erase"}), "invalid_stroke"),
    (strokes(constructor=1), "invalid_stroke"),
    ([ERASE, "erase"], "invalid_stroke"),
    ([None], "invalid_stroke"),
    ({"tool": "invert"}, "invalid_stroke"),
    # The other tools
    ([{"tool": "lasso", "mode": "add", "points": [[1, 1], [2, 2]]}], "invalid_stroke"),
    ([{"tool": "lasso", "mode": "cut", "points": [[1, 1], [2, 2], [3, 1]]}], "invalid_stroke"),
    *[([{"tool": "grow", "px": px}], "invalid_stroke") for px in (99_999, 2**31 + 1, 1.5, -21, "2", None)],
    *[([{"tool": "smooth", "px": px}], "invalid_stroke") for px in (0, 21, 2**31 + 1, -1, "2")],
    ([{"tool": "invert", "px": 1}], "invalid_stroke"),
]


@pytest.mark.parametrize(("sent", "code"), CASES, ids=range(len(CASES)))
def test_strokes(alice, job, sent, code):  # noqa: F811
    before = state(alice, job)
    answer = send(alice, job, strokes=sent)
    assert (answer.status_code, answer.json()["code"]) == (messages.message(code).status, code)
    assert answer.status_code < 500 and len(answer.content) < 2000
    assert state(alice, job) == before


BODIES = [
    ("application/json", b'{"strokes": [{"tool": "erase", "size": NaN}]}', "invalid_json"),
    ("application/json", b'{"strokes": [{"tool": "grow", "px": Infinity}]}', "invalid_json"),
    ("application/json", b'{"strokes": [], "strokes": [{"tool": "invert"}]}', "invalid_json"),
    ("application/json", b'{"strokes": [' + b"[" * 3000 + b"]" * 3000 + b"]}", "invalid_json"),
    ("application/json", b'{"strokes": [' + b"{}," * 200_000 + b"{}]}", "invalid_json"),
    ("application/json", b"[1, 2", "invalid_json"),
    ("application/json", b"\xef\xbb\xbf{}", "invalid_json"),
    ("text/plain", b'{"strokes": [{"tool": "invert"}]}', "unsupported_media_type"),
    ("application/x-www-form-urlencoded", b"strokes=invert", "unsupported_media_type"),
    ("multipart/form-data; boundary=x", b"--x", "invalid_parameter"),
]


@pytest.mark.parametrize(("content_type", "body", "code"), BODIES, ids=range(len(BODIES)))
def test_bodies(alice, job, content_type, body, code):  # noqa: F811
    before = state(alice, job)
    answer = alice("post", f"jobs/{job}/edits", data=body, content_type=content_type)
    assert (answer.status_code, answer.json()["code"]) == (messages.message(code).status, code)
    assert state(alice, job) == before


def test_a_body_that_is_too_large(alice, job, settings):  # noqa: F811
    settings.API_BODY_BYTES = 2_000_000
    body = json.dumps({"strokes": [{"tool": "invert"}]}).ljust(2_000_001)
    answer = alice("post", f"jobs/{job}/edits", data=body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (413, "request_too_large")


def picture(mode: str, size: tuple[int, int] = (96, 64), kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.new(mode, size).save(file, kind)
    return file.getvalue()


def bomb() -> bytes:
    """A PNG of a few kilobytes that says it has 30,000 × 30,000 pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 0, 0, 0, 0)
    packed = zlib.compress(bytes(100_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


MASKS = [
    (picture("P"), "invalid_mask"),
    (picture("LA"), "invalid_mask"),
    (picture("RGBA"), "invalid_mask"),
    (picture("L", (96, 96)), "invalid_mask"),
    (picture("CMYK", kind="JPEG"), "invalid_mask"),
    (picture("RGB", kind="GIF"), "invalid_mask"),
    (picture("L", kind="JPEG"), "invalid_mask"),
    (picture("L", kind="BMP"), "invalid_mask"),
    (bomb(), "resolution_too_high"),
    (b"\x89PNG\r\n\x1a\n", "unreadable_image"),
    (b"%PDF-1.7", "unsupported_format"),
    (b"", "invalid_base64"),
]


@pytest.mark.parametrize(("data", "code"), MASKS, ids=range(len(MASKS)))
def test_masks(alice, job, data, code):  # noqa: F811
    before = state(alice, job)
    for name in ("mask", "trimap"):
        answer = send(alice, job, **{name: base64.b64encode(data).decode() or "="})
        assert (answer.status_code, answer.json()["code"]) == (messages.message(code).status, code)
    assert state(alice, job) == before


def test_revisions_that_are_not_there(alice, bob, job):  # noqa: F811
    send(alice, job, strokes=[ERASE])
    for number in (2, 99, 2**31, 10**12):
        for answer in (
            alice.get(f"jobs/{job}/revisions/{number}"),
            alice.get(f"jobs/{job}/revisions/{number}/mask"),
            alice.post(f"jobs/{job}/revisions/{number}/restore"),
        ):
            assert answer.status_code == 404, answer.content
    for path in ("edits", "revisions/0/restore"):
        assert (
            bob.post(f"jobs/{job}/{path}", {"strokes": [ERASE]} if path == "edits" else {}).status_code == 404
        )
    alice("delete", f"jobs/{job}")
    assert send(alice, job, strokes=[ERASE]).status_code == 404


def test_a_job_that_is_not_finished_is_not_edited(alice, job):  # noqa: F811
    Job.objects.update(status="running")
    assert send(alice, job, strokes=[ERASE]).status_code == 409


def test_fifty_at_once_on_one_revision_and_one_is_saved(alice, job, monkeypatch):  # noqa: F811
    monkeypatch.setattr(edits, "SAVES", Rate(100, 10))  # else the rate refuses some before the mask does
    send(alice, job, strokes=[{"tool": "invert"}])
    body = {"strokes": [ERASE], "head": 1}
    answers = at_once(*[lambda: alice.post(f"jobs/{job}/edits", body).status_code] * 50)
    assert sorted(answers, key=str) in ([202] + [409] * 49, [201] + [409] * 49)
    assert Mask.objects.get().latest == 2


def state(alice: Any, job: str) -> tuple[Any, ...]:  # noqa: F811
    ledger.check()
    rows = Mask.objects.exclude(head=0).values_list("head", "latest")
    given = {name for name in storage.names_under("u") if "given" in name}
    return list(rows), given, alice.get("account").json()["credits"]


def test_grey_masks_that_are_fine_are_taken(alice, job):  # noqa: F811
    assert send(alice, job, mask=grey(np.zeros((64, 96), np.uint8))).status_code == 201
