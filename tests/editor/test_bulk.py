"""Bulk over HTTP: opening, sending, polling, verbs, review; what is refused, and what others may not."""

from __future__ import annotations

import io
import json
import re
import zipfile
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts import guests
from accounts.models import User
from editor import bulk
from processing import batches, jobs
from processing.batches import Asked, Piece
from processing.jobs import Upload
from processing.models import Batch, BatchItem, Folder, Job
from processing.pipeline.recipe import Recipe
from tests import fakes
from tests.editor.conftest import fail

JSON = {"accept": "application/json"}


def names(*keys: str) -> str:
    return json.dumps([{"name": f"{key}.png", "key": key} for key in keys])


def file(name: str, shade: int = 40) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, fakes.photo(shade=shade), "image/png")


@pytest.fixture
def batch(alice) -> Batch:
    """Open, with a and b taken."""
    made = batches.open_batch(alice, "Shoes", Asked(Recipe()))
    for at, name in enumerate("ab"):
        upload = Upload(name, fakes.photo(shade=20 + 9 * at))
        batches.add(made, Piece(f"{name}.png", name, lambda upload=upload: upload))  # type: ignore[misc]
    return made


@pytest.fixture
def over(batch, run) -> Batch:
    """The same with both done, of which nobody is sure of b."""
    for item in batch.items.all():
        run(item.job)
    Job.objects.filter(batch_item__key="b").update(confidence=0.3)
    Job.objects.filter(batch_item__key="a").update(confidence=0.4)
    batches.close(batch)
    batch.refresh_from_db()
    return batch


# --- Coming in -------------------------------------------------------------------------------------------


def test_named_first_and_sent_afterwards(hers, alice) -> None:
    opened = hers.post("/bulk", {"open": "1", "names": names("x", "y"), "name": "Shoes"}, headers=JSON)
    assert opened.status_code == 201
    made = Batch.objects.get(owner=alice)
    assert opened.json()["url"] == made.get_absolute_url()
    page = hers.get(made.get_absolute_url()).content.decode()
    assert "2 files did not arrive" in page and page.count("Not here yet") == 2
    sent = hers.post(f"/bulk/{made.pk}/items", {"photos": file("x.png"), "key": "x"}, headers=JSON).json()
    assert [(item["key"], item["state"]) for item in sent["items"]] == [("x", "queued")]
    assert rows(hers.get(f"{made.get_absolute_url()}?show=working").content.decode()) == ["1", "2"]
    assert rows(hers.get(f"{made.get_absolute_url()}?show=failed").content.decode()) == []
    asked = {"names": names("x", "y", "z"), "known": "1"}
    known = hers.post(f"/bulk/{made.pk}/items", asked, headers=JSON).json()["items"]
    assert [(item["key"], item["state"]) for item in known] == [("x", "queued"), ("y", "awaited")]
    assert hers.post(f"/bulk/{made.pk}/do/close", headers=JSON).json() == {"status": "running"}
    page = hers.get(made.get_absolute_url()).content.decode()
    assert "1 file did not arrive" in page and "Did not arrive" in page


def test_announced_again_nothing_is_doubled_or_forgotten(hers, batch) -> None:
    for _ in range(2):
        answer = hers.post(f"/bulk/{batch.pk}/items", {"names": names("a", "c")}, headers=JSON)
        assert [item["state"] for item in answer.json()["items"]] == ["queued", "awaited"]
    assert batch.items.count() == 3


def test_sent_twice_is_one_item(hers, batch) -> None:
    for _ in range(2):
        hers.post(f"/bulk/{batch.pk}/items", {"photos": file("z.png"), "key": "z"}, headers=JSON)
    assert batch.items.count() == 3
    assert Job.objects.filter(batch=batch).count() == 3


def test_a_form_without_script(hers, alice) -> None:
    folder = Folder.objects.create(owner=alice, name="Hats")
    sent = {"photos": [file("a.png"), file("b.png", 60)], "folder": folder.pk, "preset": "", "format": "webp"}
    where = hers.post("/bulk", sent)["location"]
    made = Batch.objects.get()
    assert where == made.get_absolute_url()
    assert made.closed and made.recipe == "format=webp"
    assert {job.folder_id for job in made.jobs.all()} == {folder.pk}


def test_a_zip_and_addresses(hers) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("left/a.png", fakes.photo())
    packed.name = "photos.zip"
    packed.seek(0)
    hers.post(
        "/bulk", {"archive": packed, "urls": "https://example.org/b.png\nhttps://example.org/c.png?x=1"}
    )
    assert sorted(BatchItem.objects.values_list("name", flat=True)) == ["b.png", "c.png", "left/a.png"]


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({}, "missing_source"),
        ({"open": "1", "names": "no json"}, "invalid_json"),
        ({"open": "1", "names": '[{"name": "a"}]'}, "invalid_json"),
        ({"open": "1", "names": '[{"name": "a", "key": ""}]'}, "invalid_parameter"),
        (
            {"open": "1", "names": json.dumps([{"name": "a", "key": str(n)} for n in range(51)])},
            "batch_too_large",
        ),
        (
            {"open": "1", "names": json.dumps([{"name": "a", "key": str(n)} for n in range(1001)])},
            "batch_too_large",
        ),
        ({"urls": "https://a.example/x", "model": "nonesuch"}, "unknown_model"),
        ({"urls": "https://a.example/x", "preset": "own:7"}, "unknown_preset"),
        ({"urls": "https://a.example/x", "preset": "own:x"}, "unknown_preset"),
        ({"urls": "https://a.example/x", "preset": "nonesuch"}, "invalid_recipe"),
        ({"urls": "https://a.example/x", "format": "exe"}, "invalid_recipe"),
        ({"urls": "https://a.example/x", "folder": "7"}, "unknown_folder"),
        ({"archive": SimpleUploadedFile("a.zip", b"PK no zip")}, "invalid_archive"),
    ],
)
def test_refused_as_a_whole_leaves_nothing(hers, visitor, sent, code) -> None:
    assert hers.post("/bulk", sent, headers=JSON).json()["code"] == code
    page = hers.post("/bulk", sent)
    assert page.status_code >= 400 and f'data-code="{code}"' in page.content.decode()
    assert visitor.post("/bulk", sent, headers=JSON).status_code >= 400
    assert Batch.objects.count() == 0
    assert User.objects.filter(is_guest=True).count() == 0


def test_a_visitors_batch(visitor, settings) -> None:
    settings.GUEST_CREDITS = 1
    answer = visitor.post("/bulk", {"open": "1", "names": names("a", "b")}, headers=JSON)
    where = answer.json()["url"]
    for key, shade in (("a", 20), ("b", 60)):
        visitor.post(f"{where}/items", {"photos": file(f"{key}.png", shade), "key": key}, headers=JSON)
    page = visitor.get(where).content.decode()
    assert "Credits ran out: 1 photo is kept" in page and "Sign up" in page
    many = json.dumps([{"name": "a", "key": str(number)} for number in range(21)])
    assert (
        visitor.post("/bulk", {"open": "1", "names": many}, headers=JSON).json()["code"] == "batch_too_large"
    )


def test_a_broken_file_says_why_and_is_replaced(hers, batch) -> None:
    bad = SimpleUploadedFile("c.png", b"%PDF-1.7")
    told = hers.post(f"/bulk/{batch.pk}/items", {"photos": bad, "key": "c"}, headers=JSON).json()["items"][0]
    assert (told["state"], told["code"]) == ("refused", "unsupported_format")
    page = hers.get(batch.get_absolute_url()).content.decode()
    assert "it looks like a PDF" in page and "data-replace" in page
    batches.close(batch)
    hers.post(f"/bulk/{batch.pk}/items", {"photos": file("good.png", 70), "key": "c"}, headers=JSON)
    assert batch.items.get(key="c").condition == "queued"


def test_a_file_that_is_too_large_is_told_by_its_row(hers, batch, settings) -> None:
    from dataclasses import replace

    settings.IMAGE_LIMITS = replace(settings.IMAGE_LIMITS, max_bytes=100)
    answer = hers.post(f"/bulk/{batch.pk}/items", {"names": names("big")}, headers=JSON)
    assert answer.status_code == 200
    hers.post(f"/bulk/{batch.pk}/items", {"key": "big", "photos": file("big.png")}, headers=JSON)
    assert batch.items.get(key="big").error_code == "file_too_large"


def test_a_closed_batch_takes_no_more(hers, over) -> None:
    answer = hers.post(f"/bulk/{over.pk}/items", {"names": names("new")}, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (409, "batch_closed")


# --- Looking ---------------------------------------------------------------------------------------------


def poll(page: str) -> str:
    found = re.search(r'hx-get="(/bulk/[^"]*/changes[^"]*)"', page)
    return found[1].replace("&amp;", "&") if found else ""


def rows(page: str) -> list[str]:
    return re.findall(r'id="item-(\d+)"', page)


def test_polls_are_answered_with_what_changed(hers, batch, run) -> None:
    address = poll(hers.get(batch.get_absolute_url()).content.decode())
    assert hers.get(address).status_code == 204
    run(batch.items.get(key="b").job)
    page = hers.get(address).content.decode()
    assert rows(page) == ["2"]
    assert "1 of 2 done" in page
    batches.announce(batch, [Piece("c.png", "c")])
    batches.remove(batch, batch.items.get(key="a"))
    page = hers.get(poll(page)).content.decode()
    assert rows(page) == ["1", "3"] and 'hx-swap-oob="delete"' in page
    assert hers.get(poll(page)).status_code == 204


def test_a_batch_that_has_ended_asks_no_more(hers, over) -> None:
    assert poll(hers.get(over.get_absolute_url()).content.decode()) == ""


@pytest.mark.parametrize("known", ["", "x", "1-", "99999999999999999999-a", "-." * 300, "1-%00"])
def test_a_poll_that_makes_no_sense(hers, batch, known) -> None:
    assert hers.get(f"/bulk/{batch.pk}/changes?known={known}&show=zz&page=-3").status_code == 200


def test_a_thousand_rows_are_shown_by_the_hundred(hers, alice, django_assert_max_num_queries) -> None:
    made = Batch.objects.create(owner=alice, name="Many", added=1000)
    BatchItem.objects.bulk_create(
        BatchItem(batch=made, position=number, key=str(number), name=f"{number}.png", error_code="empty_file")
        for number in range(1, 1001)
    )
    with django_assert_max_num_queries(22):
        page = hers.get(made.get_absolute_url()).content.decode()
    assert len(rows(page)) == bulk.ROWS
    with django_assert_max_num_queries(22):
        assert hers.get(poll(page)).status_code == 204
    last = hers.get(f"{made.get_absolute_url()}?page=10").content.decode()
    assert rows(last)[-1] == "1000"
    assert rows(hers.get(f"{made.get_absolute_url()}?show=done").content.decode()) == []


def test_the_list(hers, his, over) -> None:
    assert "2 of 2 done" in hers.get("/bulk").content.decode()
    assert "Shoes" not in his.get("/bulk").content.decode()


# --- Doing -----------------------------------------------------------------------------------------------


def test_pause_resume_cancel_and_too_late(hers, batch) -> None:
    for verb, status in (("pause", "paused"), ("resume", "open"), ("cancel", "cancelled")):
        assert hers.post(f"/bulk/{batch.pk}/do/{verb}", headers=JSON).json() == {"status": status}
    late = hers.post(f"/bulk/{batch.pk}/do/pause", headers=JSON)
    assert (late.status_code, late.json()["code"]) == (409, "batch_conflict")
    told = hers.post(f"/bulk/{batch.pk}/do/pause", headers={"hx-request": "true"}).content.decode()
    assert 'data-code="batch_conflict"' in told
    assert hers.post(f"/bulk/{batch.pk}/do/explode").status_code == 404


def test_retry_one_and_all(hers, batch) -> None:
    for item in batch.items.all():
        fail(item.job, "internal_error")
    hers.post(f"/bulk/{batch.pk}/items/1/retry")
    assert [item.condition for item in batch.items.all()] == ["queued", "failed"]
    hers.post(f"/bulk/{batch.pk}/do/retry")
    assert [item.condition for item in batch.items.all()] == ["queued", "queued"]
    page = hers.post(f"/bulk/{batch.pk}/items/1/retry", follow=True).content.decode()
    assert "Only a failed or cancelled photo" in page


def test_remove_and_delete(hers, batch) -> None:
    hers.post(f"/bulk/{batch.pk}/items/1/remove")
    assert [item.key for item in batch.items.all()] == ["b"]
    assert "is deleted" in hers.post(f"/bulk/{batch.pk}/delete", follow=True).content.decode()
    assert (Batch.objects.count(), Job.objects.count()) == (0, 0)


def test_one_zip_and_one_table(hers, over) -> None:
    answer = hers.get(f"/bulk/{over.pk}/archive")
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == ["a.png", "b.png", "report.csv"]
    table = b"".join(hers.get(f"/bulk/{over.pk}/report").streaming_content).decode("utf-8-sig")
    assert table.splitlines()[0].startswith("position,name,state")
    assert len(table.splitlines()) == 3


def test_nothing_to_pack_yet(hers, batch) -> None:
    answer = hers.get(f"/bulk/{batch.pk}/archive")
    assert answer.status_code == 409 and "No photo of this batch is done" in answer.content.decode()


# --- Review ----------------------------------------------------------------------------------------------


def heading(page: str) -> str:
    found = re.search(r'class="photo-name">([^<]*)<', page)
    return found[1] if found else "over"


def test_the_least_sure_first_until_all_are_looked_at(hers, over) -> None:
    address = f"/bulk/{over.pk}/review"
    assert heading(hers.get(address).content.decode()) == "b.png"
    page = hers.post(f"{address}/2/accept", follow=True).content.decode()
    assert heading(page) == "a.png"
    page = hers.post(f"{address}/1/accept", follow=True).content.decode()
    assert "Everything is looked at" in page
    assert "to check" not in hers.get(over.get_absolute_url()).content.decode()
    page = hers.post(f"{address}/1/accept", {"undo": "1"}, follow=True).content.decode()
    assert heading(page) == "a.png"


def test_made_again_the_next_one_is_shown(hers, over) -> None:
    page = hers.post(f"/bulk/{over.pk}/review/2/again", {"preset": "best"}, follow=True).content.decode()
    assert "is made again" in page and heading(page) == "a.png"
    assert over.items.get(key="b").condition == "queued"
    over.refresh_from_db()
    assert over.status == Batch.Status.RUNNING
    told = hers.post(f"/bulk/{over.pk}/review/1/again", {"model": "nonesuch"}, follow=True).content.decode()
    assert "There is no model named" in told
    told = hers.post(f"/bulk/{over.pk}/review/1/again", {"preset": "x"}, follow=True).content.decode()
    assert "cannot be “x”" in told and over.items.get(key="a").condition == "succeeded"


@pytest.mark.parametrize("item", ["0", "99", "-1", "x", "9" * 30, "%00"])
def test_a_review_of_what_is_not_there_shows_the_first(hers, over, item) -> None:
    assert heading(hers.get(f"/bulk/{over.pk}/review?item={item}").content.decode()) == "b.png"


def test_the_mask_editor_leads_back_to_the_review(hers, over) -> None:
    item = over.items.get(key="b")
    review = f"/bulk/{over.pk}/review"
    assert f"/jobs/{item.job_id}/edit?review={over.pk}" in hers.get(review).content.decode()
    page = hers.get(f"/jobs/{item.job_id}/edit?review={over.pk}").content.decode()
    assert f'href="{review}?item={item.position}"' in page and "Back to the review" in page
    for elsewhere in ("", uuid4(), "//evil.example"):
        page = hers.get(f"/jobs/{item.job_id}/edit?review={elsewhere}").content.decode()
        assert "Back to the result" in page and review not in page and "evil" not in page


def test_nothing_to_review_yet(hers, batch) -> None:
    assert "Nothing to review yet" in hers.get(f"/bulk/{batch.pk}/review").content.decode()


# --- Others ----------------------------------------------------------------------------------------------

READ = ["", "/changes", "/archive", "/report", "/review"]
WRITE = [
    "/items",
    "/items/1/retry",
    "/items/1/remove",
    "/delete",
    "/do/cancel",
    "/review/1/accept",
    "/review/1/again",
]


@pytest.mark.parametrize("path", READ + WRITE)
def test_others_do_not_get_in(his, visitor, over, path) -> None:
    for client in (his, visitor):
        ask = client.get if path in READ else client.post
        for pk in (over.pk, uuid4()):
            answer = ask(f"/bulk/{pk}{path}")
            assert answer.status_code == 404 and "Shoes" not in answer.content.decode()
    assert over.items.count() == 2 and Batch.objects.get().status == Batch.Status.FINISHED


def test_a_position_that_no_column_holds(hers, over) -> None:
    assert hers.post(f"/bulk/{over.pk}/items/{10**30}/retry").status_code == 404


def test_a_batch_of_a_guest_goes_with_the_session(visitor, client, settings) -> None:
    where = visitor.post("/bulk", {"open": "1", "names": names("a")}, headers=JSON).json()["url"]
    assert visitor.get(where).status_code == 200
    assert client.get(where).status_code == 404
    assert guests.SESSION_KEY in visitor.session


def test_a_job_in_a_batch_that_is_deleted_says_so(hers, over) -> None:
    jobs.delete(over.items.get(key="a").job)
    assert "Deleted" in hers.get(over.get_absolute_url()).content.decode()
