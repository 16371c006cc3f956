"""Batches over the API: many photos in, each with its own answer; one ZIP and one table out."""

from __future__ import annotations

import base64
import csv
import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts import quotas
from accounts.models import CREDIT
from processing.models import Batch, Job, Rendition
from tests import fakes, ledger


def file(name: str, shade: int = 40, data: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, fakes.photo(shade=shade) if data is None else data, "image/png")


def form(alice, fields, path: str = "batches", **headers):
    return alice("post", path, fields, headers=headers)


def piece(shade: int, **more: str) -> dict[str, str]:
    return {"base64": base64.b64encode(fakes.photo(shade=shade)).decode(), **more}


def test_it_works(alice, worker) -> None:
    made = form(
        alice, {"file": [file("a.png", 1), file("b.png", 2), file("no.png", data=b"%PDF-1.7")], "name": "may"}
    )
    assert made.status_code == 201, made.content
    body = made.json()
    assert [item["state"] for item in body["items"]] == ["succeeded", "succeeded", "refused"]
    assert (body["items"][2]["error"]["code"], body["items"][2]["credits"]) == ("unsupported_format", 0)
    batch = alice.get(made["Location"].partition("/api/v1/")[2]).json()
    assert (batch["status"], batch["name"], batch["progress"]["share"]) == ("finished", "may", 1)
    assert batch["progress"]["counts"]["refused"] == 1
    packed = alice.get(f"batches/{batch['id']}/archive")
    assert packed["Content-Type"] == "application/zip"
    names = zipfile.ZipFile(io.BytesIO(b"".join(packed.streaming_content))).namelist()
    assert names == ["a.png", "b.png", "report.csv"] or names == ["a.jpg", "b.jpg", "report.csv"]
    table = b"".join(alice.get(f"batches/{batch['id']}/report").streaming_content).decode()
    assert [row["code"] for row in csv.DictReader(io.StringIO(table))] == ["", "", "unsupported_format"]
    ledger.check()


def test_json_a_recipe_for_all_and_keys(alice, worker) -> None:
    asked = {
        "background": "#fff",
        "format": "jpg",
        "items": [piece(1, key="x", name="sub/a.png"), piece(2, key="y")],
    }
    body = alice.post("batches", asked | {"close": False}).json()
    assert (body["status"], body["recipe"]["format"]) == ("open", "jpg")
    again = alice.post(
        f"batches/{body['id']}/items", {"items": [piece(1, key="x"), piece(3, key="z")], "close": True}
    )
    assert [item["position"] for item in again.json()["items"]] == [1, 3]
    assert (again.json()["status"], Job.objects.count()) == ("finished", 3)
    assert again.json()["items"][0]["name"] == "sub/a.png"


def test_a_zip(alice, worker) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.png", fakes.photo())
        archive.writestr("b.txt", "no")
    body = form(alice, {"archive": SimpleUploadedFile("photos.zip", packed.getvalue())}).json()
    assert [item["state"] for item in body["items"]] == ["succeeded", "refused"]
    refused = form(alice, {"archive": SimpleUploadedFile("photos.zip", b"no zip")})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_archive")
    assert Batch.objects.count() == 1


def test_idempotency(alice, worker) -> None:
    ask = {"items": [piece(1), piece(2)]}
    first = alice.post("batches", ask, headers={"Idempotency-Key": "k"})
    second = alice.post("batches", ask, headers={"Idempotency-Key": "k"})
    assert (second.json(), second["Idempotent-Replayed"]) == (first.json(), "true")
    assert (Batch.objects.count(), Job.objects.count()) == (1, 2)


def test_what_died_in_the_middle_is_taken_up_by_the_same_request(alice, worker, monkeypatch) -> None:
    from processing import batches

    add, calls = batches.add, []

    def dies(batch, piece):
        calls.append(piece)
        if len(calls) == 2:
            raise RuntimeError("the process is gone")
        return add(batch, piece)

    monkeypatch.setattr(batches, "add", dies)
    ask, key = {"items": [piece(1), piece(2), piece(3)]}, {"Idempotency-Key": "k"}
    assert alice.post("batches", ask, headers=key).status_code == 500
    assert alice.post("batches", ask, headers=key).status_code == 201
    assert (Batch.objects.count(), Job.objects.count()) == (1, 3)
    alice.user.refresh_from_db()
    assert alice.user.balance == 7 * CREDIT


def test_pause_resume_cancel_delete(alice, bell) -> None:
    batch = alice.post("batches", {"items": [piece(1), piece(2)]}).json()["id"]
    assert alice.post(f"batches/{batch}/pause").json()["status"] == "paused"
    again = alice.post(f"batches/{batch}/pause")
    assert (again.status_code, again.json()["code"]) == (409, "batch_conflict")
    assert alice.post(f"batches/{batch}/resume").json()["status"] == "running"
    assert alice.post(f"batches/{batch}/cancel").json()["progress"]["counts"]["cancelled"] == 2
    closed = alice.post(f"batches/{batch}/items", {"items": [piece(3)]})
    assert (closed.status_code, closed.json()["code"]) == (409, "batch_closed")
    assert alice("delete", f"batches/{batch}").status_code == 204
    assert alice.get(f"batches/{batch}").status_code == 404
    assert not Job.objects.exists()


def test_out_of_credits_in_the_middle(alice, worker) -> None:
    quotas.take(alice.user, 9 * CREDIT, "spent elsewhere")
    body = alice.post("batches", {"items": [piece(1), piece(2)]}).json()
    assert [item["state"] for item in body["items"]] == ["succeeded", "refused"]
    error = body["items"][1]["error"]
    assert (error["code"], error["retryable"]) == ("insufficient_credits", True)
    assert alice.post(f"batches/{body['id']}/retry").status_code == 402
    quotas.grant(alice.user, CREDIT, "top up")
    assert alice.post(f"batches/{body['id']}/retry").json()["progress"]["counts"]["succeeded"] == 2


def test_items_are_listed_by_state_removed_and_retried(alice, bell) -> None:
    ask = {"items": [piece(1), {"base64": "bm8=", "key": "bad"}, {"url": "https://example.org/a.png"}]}
    batch = alice.post("batches", ask).json()["id"]
    rows = alice.get(f"batches/{batch}/items").json()["results"]
    assert [row["state"] for row in rows] == ["queued", "refused", "loading"]
    assert rows[2]["name"] == "a.png"
    only = alice.get(f"batches/{batch}/items?state=refused").json()["results"]
    assert [row["key"] for row in only] == ["bad"]
    assert alice.post(f"batches/{batch}/items/2/retry").json()["code"] == "not_retryable"
    assert alice("delete", f"batches/{batch}/items/2").status_code == 204
    assert alice.get(f"batches/{batch}/items/2").status_code == 404
    assert alice.get(f"batches/{batch}/items/1").json()["state"] == "queued"
    replaced = alice.post(f"batches/{batch}/items", {"items": [piece(7, key="bad")]})
    assert replaced.json()["code"] == "batch_closed"


def test_a_broken_photo_is_replaced_when_the_batch_is_closed(alice, worker) -> None:
    batch = alice.post("batches", {"items": [{"base64": "bm8=", "key": "bad"}]}).json()
    assert batch["status"] == "finished"
    body = alice.post(f"batches/{batch['id']}/items", {"items": [piece(7, key="bad")]}).json()
    assert (body["items"][0]["state"], body["status"], body["rounds"]) == ("succeeded", "finished", 2)


def test_every_result_in_another_recipe(alice, worker) -> None:
    batch = alice.post("batches", {"items": [piece(1), piece(2)]}).json()["id"]
    path = f'batches/{batch}/archive?recipe={{"format":"webp"}}'
    missing = alice.get(path)
    assert (missing.status_code, missing.json()["code"]) == (409, "versions_missing")
    ordered = alice.post(f"batches/{batch}/renditions", {"format": "webp"})
    assert (ordered.status_code, ordered.json()) == (202, {"items": 2, "made": 0})
    from processing import rendition_requests

    rendition_requests.sweep()
    assert Rendition.objects.filter(status="made", recipe__contains="webp").count() >= 2
    names = zipfile.ZipFile(io.BytesIO(b"".join(alice.get(path).streaming_content))).namelist()
    assert [name.rpartition(".")[2] for name in names] == ["webp", "webp", "csv"]
    assert Job.objects.count() == 2


BAD = [
    ({"items": "x"}, 400, "invalid_parameter"),
    ({"items": [1]}, 400, "invalid_parameter"),
    ({"items": [{}]}, 400, "missing_source"),
    ({"items": [{"url": "https://x/", "base64": "eA=="}]}, 400, "multiple_sources"),
    ({"items": [{"url": 7}]}, 400, "invalid_parameter"),
    ({"items": [{"file": "x"}]}, 400, "unknown_parameter"),
    ({"items": [{"url": "https://x/", "key": "k" * 300}]}, 400, "invalid_parameter"),
    ({"items": [{"url": "https://x/"}] * 1001}, 413, "batch_too_large"),
    ({"close": "perhaps"}, 400, "invalid_parameter"),
    ({"feather": "nan"}, 400, "invalid_recipe"),
    ({"model": "none"}, 400, "unknown_model"),
    ({"file": "x"}, 400, "unknown_parameter"),
]


@pytest.mark.parametrize(("body", "status", "code"), BAD)
def test_a_misshapen_request_leaves_nothing(alice, bell, body, status, code) -> None:
    answer = alice.post("batches", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Batch.objects.exists()


def test_more_than_the_plan_takes(alice, bell) -> None:
    body = {"items": [{"url": f"https://example.org/{number}"} for number in range(51)]}
    answer = alice.post("batches", body)
    assert (answer.status_code, answer.json()["code"]) == (413, "batch_too_large")
    assert not Batch.objects.exists()


def test_a_test_key_pays_nothing_and_counts_each_photo(another_key, worker, settings) -> None:
    settings.TEST_KEY_PHOTOS = 2
    tester = another_key("carol@example.org", is_test=True)
    body = tester.post("batches", {"items": [piece(1), piece(2), piece(3)]}).json()
    assert [(item["state"], item["credits"]) for item in body["items"]] == [
        ("succeeded", 0.0), ("succeeded", 0.0), ("refused", 0.0),
    ]  # fmt: skip
    assert body["items"][2]["error"]["code"] == "rate_limited"
    retried = tester.post(f"batches/{body['id']}/retry")
    assert retried.status_code == 409
