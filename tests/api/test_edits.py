"""Masks edited by programs: strokes, masks, trimaps, revisions; nothing overwritten unseen, nothing charged."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from processing import storage, sweeping, tasks
from processing.models import Mask, MaskRevision
from processing.pipeline import codec

ERASE: dict[str, Any] = {
    "tool": "erase",
    "size": 20,
    "hardness": 1,
    "strength": 1,
    "points": [[48, 32], [48, 50]],
}


@pytest.fixture
def job(alice, worker) -> str:
    return str(alice.upload(path="jobs?wait=5").json()["id"])


def grey(levels: Any, kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.fromarray(levels).save(file, kind)
    return file.getvalue()


def send(alice: Any, job: str, wait: str = "?wait=5", **fields: Any) -> Any:
    given = {
        name: SimpleUploadedFile(f"{name}.png", value) if isinstance(value, bytes) else value
        for name, value in fields.items()
    }
    return alice.post(f"jobs/{job}/edits{wait}", given)


def mask_of(alice: Any, job: str, number: int) -> Any:
    return codec.decode_grey(alice.get(f"jobs/{job}/revisions/{number}/mask").getvalue())


def result_alpha(alice: Any, job: str) -> Any:
    return np.asarray(Image.open(io.BytesIO(alice.get(f"jobs/{job}/result").getvalue())))[..., 3]


def test_it_works(alice, job):
    assert result_alpha(alice, job)[32, 48] == 255
    made = send(alice, job, strokes=[ERASE])
    body = made.json()
    assert (made.status_code, body["head"], body["shown"], body["pending"]) == (201, 1, 1, False)
    assert [(one["number"], one["kind"], one["ready"]) for one in body["revisions"]] == [
        (0, "strokes", True),
        (1, "strokes", True),
    ]
    assert made["Location"].endswith(f"/jobs/{job}/revisions/1")
    assert result_alpha(alice, job)[32, 48] == 0
    assert alice.get(f"jobs/{job}").json()["revision"] == 1
    assert alice.get(f"jobs/{job}/revisions/1").json()["strokes"][0]["tool"] == "erase"
    assert alice.get("account").json()["credits"] == 9, "nothing was charged"


def test_a_stale_head_is_a_conflict_and_changes_nothing(alice, job):
    send(alice, job, strokes=[ERASE])
    late = send(alice, job, strokes=[ERASE], base_revision=0)
    assert (late.status_code, late.json()["code"]) == (409, "version_conflict")
    assert alice.get(f"jobs/{job}/revisions").json()["head"] == 1
    on_top = send(alice, job, strokes=[{"tool": "invert"}], base_revision=0, head=1)
    assert (on_top.json()["head"], on_top.json()["revisions"][2]["base"]) == (2, 0)


@pytest.mark.parametrize(("kind", "dtype"), [("PNG", np.uint8), ("PNG", np.uint16), ("TIFF", np.uint16)])
def test_a_mask_of_another_size_is_taken_as_it_is(alice, job, kind, dtype):
    most = np.iinfo(dtype).max
    levels = np.zeros((128, 192), dtype)
    levels[:, 96:] = most
    made = send(alice, job, mask=grey(levels, kind))
    assert made.status_code == 201, made.content
    found = mask_of(alice, job, 1)
    assert found.shape == (64, 96) and found[:, :46].max() == 0 and found[:, 50:].min() == 1
    assert result_alpha(alice, job)[5, 90] == 255


def test_a_trimap_is_solved_in_its_band(alice, job):
    levels = np.full((64, 96), 128, np.uint8)
    levels[:8], levels[-8:], levels[28:36, 40:56] = 0, 0, 255
    made = send(alice, job, trimap=base64.b64encode(grey(levels)).decode())
    assert made.status_code == 201, made.content
    found = mask_of(alice, job, 1)
    assert found[:8].max() == 0 and found[28:36, 40:56].min() == 1
    # The disc is found by its colour, far from what was said to be sure.
    assert found[32, 30] > 0.9 and found[32, 10] < 0.1


def test_files_go_with_their_job(alice, job):
    send(alice, job, mask=grey(np.zeros((64, 96), np.uint8)))
    given = MaskRevision.objects.get(number=1).given
    assert given in set(storage.names_under("u")) and sweeping.known([given])
    alice("delete", f"jobs/{job}")
    assert not list(storage.names_under("u"))


def test_revisions_are_restored_and_rendered(alice, job):
    send(alice, job, strokes=[ERASE])
    back = alice.post(f"jobs/{job}/revisions/0/restore?wait=5", {"head": 1})
    assert (back.status_code, back.json()["head"], back.json()["shown"]) == (200, 0, 0)
    assert result_alpha(alice, job)[32, 48] == 255
    old = alice.post(f"jobs/{job}/renditions?wait=5", {"revision": 1, "channels": "alpha"}).json()
    assert (old["revision"], old["status"]) == (1, "made")
    file = alice.get(f"jobs/{job}/renditions/{old['id']}/file").getvalue()
    assert np.asarray(Image.open(io.BytesIO(file)))[32, 48] == 0
    stale = alice.post(f"jobs/{job}/revisions/1/restore", {"head": 1})
    assert (stale.status_code, stale.json()["code"]) == (409, "version_conflict")


def test_an_edit_that_nobody_made_yet_is_told_so(alice, job, monkeypatch):
    monkeypatch.setattr(tasks.mask, "apply_async", lambda **options: None)
    made = send(alice, job, wait="", strokes=[ERASE])
    assert (made.status_code, made.json()["pending"], made.json()["shown"]) == (202, True, 0)
    assert alice.get(f"jobs/{job}/revisions/1/mask").json()["code"] == "not_ready"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "invalid_parameter"),
        ({"strokes": []}, "invalid_parameter"),
        ({"strokes": [ERASE], "mask": "AAAA"}, "invalid_parameter"),
        ({"strokes": "erase"}, "invalid_stroke"),
        ({"strokes": [{**ERASE, "size": 0}]}, "invalid_stroke"),
        ({"strokes": [{**ERASE, "colour": 1}]}, "invalid_stroke"),
        ({"strokes": [ERASE], "base_revision": 7, "head": 0}, "unknown_revision"),
        ({"strokes": [ERASE], "base_revision": -1}, "invalid_parameter"),
        ({"strokes": [ERASE], "head": True}, "invalid_parameter"),
        ({"strokes": [ERASE], "brush": 1}, "unknown_parameter"),
        ({"mask": b"no picture"}, "unsupported_format"),
        ({"mask": grey(np.zeros((64, 64), np.uint8))}, "invalid_mask"),
        ({"mask": grey(np.zeros((64, 96, 3), np.uint8))}, "invalid_mask"),
        ({"mask": grey(np.zeros((64, 96, 4), np.uint8))}, "invalid_mask"),
        ({"mask": grey(np.zeros((64, 96), np.uint8))[:60]}, "unreadable_image"),
        ({"trimap": "%%%"}, "invalid_base64"),
    ],
)
def test_refusals_leave_nothing(alice, job, fields, code):
    before = set(storage.names_under("u"))
    refused = send(alice, job, **fields)
    assert (refused.status_code // 100, refused.json()["code"]) == (4, code), refused.content
    assert not Mask.objects.exclude(head=0).exists()
    left = {name for name in set(storage.names_under("u")) - before if "given" in name}
    assert not left


def test_floods_of_edits_wait(alice, job):
    answers = [send(alice, job, wait="").status_code for _ in range(31)]
    assert answers[-1] == 429


def test_jobs_without_a_result_have_no_mask(alice, bell):
    waiting = alice.upload(path="jobs").json()["id"]
    refused = send(alice, waiting, strokes=[ERASE])
    assert (refused.status_code, refused.json()["code"]) == (409, "not_ready")


def test_an_edit_that_is_repeated_is_one(alice, job):
    key = {"Idempotency-Key": "edit-1"}
    first, again = (alice.post(f"jobs/{job}/edits?wait=5", {"strokes": [ERASE]}, headers=key) for _ in "12")
    assert first.json() == again.json() and again["Idempotent-Replayed"] == "true"
    assert Mask.objects.get().latest == 1


@pytest.mark.parametrize("path", ["", "/result", "/revisions", "/revisions/0/mask"])
def test_what_is_known_is_not_sent_again(alice, job, path):
    alice.get(f"jobs/{job}/revisions")
    first = alice.get(f"jobs/{job}{path}")
    assert first.status_code == 200 and first["Cache-Control"] == "private, no-cache"
    again = alice.get(f"jobs/{job}{path}", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    other = alice.get(f"jobs/{job}{path}", headers={"If-None-Match": '"other", W/"x"'})
    assert other.status_code == 200
