"""A thousand photos in one request: answered at once, taken one by one, finished whatever happens in between.

The stand-in model costs nothing, and most photos are alike, so that the way of a photo is what takes the time.
"""

from __future__ import annotations

import base64
import csv
import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import quotas
from accounts.models import CREDIT, User
from processing import batch_arrivals, batch_load, batches, storage
from processing.models import Batch, BatchArchive, BatchItem, Job
from tests import fakes, ledger

BROKEN = {9, 499, 998}  # which of the thousand are no photos
MOST_QUERIES = 120  # for a request with a thousand: none of them may be asked for each photo


@pytest.fixture
def alice(alice):
    User.objects.update(plan_name="business")
    quotas.grant(alice.user, 2000 * CREDIT, "a thousand photos")
    return alice


def photo(number: int) -> bytes:
    return b"%PDF-1.7" if number in BROKEN else fakes.photo(shade=number % 20)


def items(count: int) -> list[dict[str, str]]:
    photos = [base64.b64encode(fakes.photo(shade=shade)).decode() for shade in range(20)]
    broken = base64.b64encode(b"%PDF-1.7").decode()
    return [
        {"base64": broken if n in BROKEN else photos[n % 20], "name": f"{n:04}.png", "key": f"k{n}"}
        for n in range(count)
    ]


def packed(count: int) -> SimpleUploadedFile:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for number in range(count):
            archive.writestr(f"may/{number:04}.png", photo(number))
    return SimpleUploadedFile("photos.zip", target.getvalue(), "application/zip")


def loaded(most: int = 10_000) -> int:
    """A worker's loader goes on until nothing is left; how many rounds it had."""
    return next((n for n in range(most) if not batch_load.load_next()), most)


def stored() -> list[str]:
    return [name for name in storage.names_under("u") if "/archives/" in name]


def progress(alice, batch_id: str) -> dict:
    return alice.get(f"batches/{batch_id}").json()["progress"]


@pytest.mark.parametrize("count", [100, pytest.param(1000, marks=(pytest.mark.slow, pytest.mark.long))])
def test_from_one_request_to_one_zip(alice, worker, settings, monkeypatch, count) -> None:
    settings.DECODER_PROCESSES = 0
    broken = sorted(n for n in BROKEN if n < count)
    made = alice.post("batches", {"items": items(count), "name": "may"}).json()

    # The worker dies in the middle of a photo; another one goes on when the lease has run out.
    loaded(30)
    take = batches._take
    monkeypatch.setattr(batches, "_take", lambda *args: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        batch_load.load_next()
    monkeypatch.setattr(batches, "_take", take)
    now = progress(alice, made["id"])
    assert (now["ended"], now["total"], now["counts"]["loading"]) == (30, count, count - 30)
    loaded()
    assert progress(alice, made["id"])["counts"]["loading"] == 1
    BatchItem.objects.update(lease_until=timezone.now() - batch_load.LEASE)
    loaded()

    batch = alice.get(f"batches/{made['id']}").json()
    assert (batch["status"], batch["progress"]["share"]) == ("finished", 1)
    assert batch["progress"]["counts"]["succeeded"] == count - len(broken)
    refused = alice.get(f"batches/{made['id']}/items?state=refused").json()["results"]
    assert [(item["key"], item["error"]["code"]) for item in refused] == [
        (f"k{n}", "unsupported_format") for n in broken
    ]
    out = zipfile.ZipFile(io.BytesIO(b"".join(alice.get(f"batches/{made['id']}/archive").streaming_content)))
    table = list(csv.DictReader(io.StringIO(out.read("report.csv").decode("utf-8-sig"))))
    assert [row["name"] for row in table] == [f"{n:04}.png" for n in range(count)]
    assert sorted(out.namelist()) == sorted([*(row["file"] for row in table if row["file"]), "report.csv"])
    assert (len(out.namelist()), out.testzip()) == (count - len(broken) + 1, None)
    assert (BatchArchive.objects.count(), stored()) == (0, [])
    ledger.check()


@pytest.mark.both
@pytest.mark.parametrize("kind", ["json", "zip", "addresses"])
def test_a_thousand_are_answered_at_once(alice, worker, kind) -> None:
    asked = {
        "json": lambda: alice.post("batches", {"items": items(1000)}),
        "zip": lambda: alice.post("batches", {"archive": packed(1000)}),
        "addresses": lambda: alice.post(
            "batches", {"items": [{"url": f"https://example.org/{n}.jpg"} for n in range(1000)]}
        ),
    }[kind]
    with CaptureQueriesContext(connection) as queries:
        answer = asked()
    assert answer.status_code == 201, answer.content[:300]
    assert len(queries) < MOST_QUERIES
    made = answer.json()
    assert ({item["state"] for item in made["items"]}, len(made["items"])) == ({"loading"}, 1000)
    assert [item["position"] for item in made["items"]] == [*range(1, 1001)]
    assert (made["status"], made["progress"]["total"], Job.objects.count()) == ("running", 1000, 0)
    assert len(stored()) == (kind != "addresses")
    assert alice("delete", f"batches/{made['id']}").status_code == 204
    assert stored() == []


def test_one_more_than_a_thousand_is_refused(alice, bell) -> None:
    for answer in (
        alice.post("batches", {"items": items(1001)}),
        alice.post("batches", {"archive": packed(1001)}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (413, "batch_too_large")
        assert "1000" in answer.json()["detail"]
    assert (Batch.objects.count(), stored()) == (0, [])


def test_the_same_again_doubles_nothing_and_brings_what_was_missing(alice, worker) -> None:
    asked = {"items": items(40), "close": False}
    made = alice.post("batches", asked).json()
    loaded(20)
    again = alice.post(f"batches/{made['id']}/items", {"items": items(40)}).json()
    assert [item["state"] for item in again["items"]].count("loading") == 21  # and the broken one again
    assert BatchItem.objects.exclude(archive=None).values("archive").distinct().count() == 2
    assert BatchArchive.objects.earliest("pk").items.undecided().count() == 20
    loaded()
    replaced = [dict(item, base64=items(1)[0]["base64"]) for item in items(40)]
    again = alice.post(f"batches/{made['id']}/items", {"items": replaced, "close": True}).json()
    assert [item["key"] for item in again["items"] if item["state"] == "loading"] == ["k9"]
    loaded()
    assert progress(alice, made["id"])["counts"]["succeeded"] == 40
    assert Job.objects.count() == 40
    ledger.check()


def test_a_batch_that_is_paused_or_cancelled_is_not_unpacked(alice, worker) -> None:
    batch = alice.post("batches", {"archive": packed(30)}).json()["id"]
    alice.post(f"batches/{batch}/pause")
    assert loaded() == 0
    alice.post(f"batches/{batch}/resume")
    loaded(5)
    counts = alice.post(f"batches/{batch}/cancel").json()["progress"]["counts"]
    assert (counts["succeeded"], counts["refused"]) == (5, 25)
    loaded()
    assert (BatchArchive.objects.count(), stored()) == (0, [])
    late = alice.post(f"batches/{batch}/items", {"archive": packed(30)})
    assert (late.status_code, late.json()["code"]) == (409, "batch_closed")
    assert stored() == []


def test_a_zip_that_is_gone_is_told_of_each_item(alice, worker) -> None:
    batch = alice.post("batches", {"archive": packed(30)}).json()["id"]
    storage.discard(stored())
    loaded()
    assert progress(alice, batch)["counts"]["refused"] == 30
    item = alice.get(f"batches/{batch}/items/1").json()
    assert (item["error"]["code"], item["error"]["retryable"]) == ("interrupted", True)


def test_so_many_zips_may_wait(alice, bell, monkeypatch) -> None:
    monkeypatch.setattr(batch_arrivals, "MOST_KEPT", 1)
    assert alice.post("batches", {"archive": packed(30)}).status_code == 201
    answer = alice.post("batches", {"archive": packed(30)})
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_archives")
    assert int(answer["Retry-After"]) > 0
    assert (Batch.objects.count(), len(stored())) == (1, 1)


@pytest.mark.parametrize("count", [5, 30])
def test_a_test_key_counts_each_photo_of_a_zip(another_key, worker, settings, count) -> None:
    settings.TEST_KEY_PHOTOS = 3
    tester = another_key("carol@example.org", is_test=True)
    made = tester.post("batches", {"archive": packed(count)}).json()
    loaded()
    rows = tester.get(f"batches/{made['id']}/items?limit=50").json()["results"]
    assert [row["state"] for row in rows] == ["succeeded"] * 3 + ["refused"] * (count - 3)
    assert {row["error"]["code"] for row in rows[3:]} == {"rate_limited"}
    assert progress(tester, made["id"])["counts"]["succeeded"] == 3
