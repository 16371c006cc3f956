"""The gallery: order, search, filters, pages; what is done to a selection; few queries, and from an index."""

from __future__ import annotations

import io
import re
import uuid
import zipfile
from datetime import timedelta

import pytest
from django.db import connection
from django.http import QueryDict
from django.utils import timezone

from editor import gallery
from editor.models import Preset
from processing import jobs
from processing.jobs import Upload
from processing.models import Batch, Folder, Job, Source
from processing.pipeline.recipe import Recipe
from tests import fakes
from tests.editor.conftest import fail

JSON = {"accept": "application/json"}
CELL = re.compile(r'class="cell-name"[^>]*>([^<]*)<')


def names(client, query: str = "", path: str = "/gallery") -> list[str]:
    return CELL.findall(client.get(f"{path}{query}").content.decode())


@pytest.fixture
def some(alice) -> list[Job]:
    return [
        jobs.submit(alice, Upload(f"{name}.png", fakes.photo(shade=20 + 9 * at)), Recipe())
        for at, name in enumerate(("Anna", "boat", "cat & dog"))
    ]


def test_newest_first(hers, some) -> None:
    assert names(hers) == ["cat &amp; dog.png", "boat.png", "Anna.png"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=ann", ["Anna.png"]),
        ("?q=%26", ["cat &amp; dog.png"]),
        ("?q=nothing", []),
        ("?state=failed", ["boat.png"]),
        ("?state=working", ["cat &amp; dog.png", "Anna.png"]),
        ("?state=done", []),
        ("?folder={folder}", ["Anna.png"]),
        ("?folder=none&q=a", ["cat &amp; dog.png", "boat.png"]),
        ("?folder=987654321", []),
        ("?model=other", ["boat.png"]),
        ("?sure=check", ["Anna.png"]),
        ("?sure=sure", ["boat.png"]),
        ("?date=1", ["cat &amp; dog.png", "boat.png"]),
        ("?date=30", ["cat &amp; dog.png", "boat.png", "Anna.png"]),
        ("?date=between&until=2001-01-01", []),
        ("?date=between&since=2001-01-01&q=boat", ["boat.png"]),
        ("?date=between&since=2001-02-30&until=%00", ["cat &amp; dog.png", "boat.png", "Anna.png"]),
        ("?batch=" + "0" * 32, []),
        ("?state=%00&page=-1&q=%00&folder=x&date=y&sure=z", ["cat &amp; dog.png", "boat.png", "Anna.png"]),
        (
            "?page=99999999999999999999&folder=99999999999999999999",
            ["cat &amp; dog.png", "boat.png", "Anna.png"],
        ),
    ],
)
def test_search_and_filter(hers, some, query, found) -> None:
    folder = Folder.objects.create(owner=some[0].owner, name="Shoes")
    fail(some[1], "unknown_foreground")
    old = timezone.now() - timedelta(days=3)
    Job.objects.filter(pk=some[0].pk).update(folder=folder, confidence=0.2, created=old)
    Job.objects.filter(pk=some[1].pk).update(model="other", confidence=0.9)
    assert names(hers, query.format(folder=folder.pk)) == found


def test_what_was_edited_or_accepted_needs_no_check(hers, some) -> None:
    Job.objects.update(confidence=0.2)
    Job.objects.filter(pk=some[0].pk).update(revision=1)
    batch = Batch.objects.create(owner=some[0].owner, name="b")
    batch.items.create(position=1, key="a", name="boat", job=some[1], reviewed=True)
    assert names(hers, "?sure=check") == ["cat &amp; dog.png"]
    assert hers.get("/gallery").content.decode().count("cell-mark") == 1


def test_empty_invites(hers) -> None:
    page = hers.get("/gallery").content.decode()
    assert "Nothing here yet. Drop a photo" in page
    assert "<drop-zone" in page


def many(alice, count: int, **more) -> None:
    source = Source.objects.create(
        owner=alice, sha256=uuid.uuid4().hex, file="u/x", size=1, width=30, height=20
    )
    now = timezone.now()
    made = Job.objects.bulk_create(
        Job(
            owner=alice,
            source=source,
            name=f"{number}.png",
            model="u2net",
            status=Job.Status.SUCCEEDED,
            **more,
        )
        for number in range(count)
    )
    for number, job in enumerate(made):
        job.created = now - timedelta(minutes=number)
    Job.objects.bulk_update(made, ["created"])


def test_pages(hers, alice) -> None:
    many(alice, gallery.PAGE + 6)
    assert len(names(hers)) == gallery.PAGE
    assert names(hers, "?page=2") == [f"{gallery.PAGE + number}.png" for number in range(6)]
    assert 'rel="next"' in hers.get("/gallery").content.decode()
    assert 'rel="prev"' in hers.get("/gallery?page=2").content.decode()


def test_scrolled_to_the_end_each_photo_came_once(hers, alice) -> None:
    """Also when one is added and one is deleted while somebody scrolls."""
    many(alice, 2 * gallery.PAGE + 5)
    page = hers.get("/gallery").content.decode()
    seen = CELL.findall(page)
    jobs.submit(alice, Upload("new.png", fakes.photo()), Recipe())
    Job.objects.filter(name="3.png").delete()
    while more := re.search(r'hx-get="(/gallery/more[^"]*)"', page):
        page = hers.get(more[1].replace("&amp;", "&")).content.decode()
        seen += CELL.findall(page)
    assert seen == [f"{number}.png" for number in range(2 * gallery.PAGE + 5)]


@pytest.mark.parametrize("after", ["", "x", "1_2", "9" * 30 + "_" + "0" * 32, "1_" + "z" * 32])
def test_a_mark_that_makes_no_sense_begins_anew(hers, some, after) -> None:
    assert len(names(hers, f"?after={after}", "/gallery/more")) == 3


# At most: seven for the session, one for the count, one for the page with photos and batches, two sums of what is
# stored (once a minute), and what the filters and the bar of the selection offer.
QUERIES = 19


def test_no_query_for_each_photo(hers, alice, django_assert_max_num_queries, settings) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    many(alice, 2)
    hers.get("/gallery")
    counts = []
    for _ in range(2):
        with django_assert_max_num_queries(QUERIES) as asked:
            hers.get("/gallery?q=p&state=done&date=30")
        counts.append(len(asked))
        many(alice, 30, confidence=0.1)
    assert counts[0] == counts[1]


def test_what_is_stored_is_told_from_the_first_photo_on(alice) -> None:
    """Whoever looks into an empty gallery first does not have nothing for another minute."""
    assert gallery.stored(alice) == 0
    Source.objects.create(owner=alice, sha256="a" * 64, size=1234, width=1, height=1)
    assert gallery.stored(alice) == 1234


@pytest.mark.both
@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("", "processing__owner_i_"),
        ("folder={folder}", "jobs_in_folder"),
        ("model=other", "jobs_of_model"),
        ("state=failed", "jobs_in_state"),
        ("sure=check", "jobs_by_confidence"),
        ("after=1000000000000000_" + "0" * 32, "processing__owner_i_"),
    ],
)
def test_pages_are_read_from_an_index(alice, bob, query, index) -> None:
    """By the plan and not by the time: with thousands of photos of two owners, of which few fit."""
    folder = Folder.objects.create(owner=alice, name="Shoes")
    for owner in (alice, bob):
        many(owner, 1500, confidence=0.9)
    rare = Job.objects.filter(owner=alice, name__in=["1400.png", "1401.png"])
    rare.update(folder=folder, model="other", status=Job.Status.FAILED, confidence=0.1)
    if connection.vendor == "postgresql":  # which does so by itself; SQLite has no statistics
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    plan = explained(alice, gallery.Query.parse(QueryDict(query.format(folder=folder.pk))))
    assert index in plan, plan
    assert "SCAN processing_job" not in plan and "Seq Scan on processing_job" not in plan, plan


def explained(owner, asked) -> str:
    return gallery.behind(Job.objects.for_owner(owner), asked)[: gallery.PAGE].explain()


# --- What is done to a selection --------------------------------------------------------------------------


def chosen(*some: Job) -> dict[str, list[str]]:
    return {"jobs": [str(job.pk) for job in some]}


def test_everything_that_was_found_is_more_than_what_is_shown(hers, his, some, monkeypatch) -> None:
    monkeypatch.setattr("editor.selection_views.AT_ONCE", 1)
    page = hers.get("/gallery").content.decode()
    [until] = re.findall(r'data-select-found="([^"]+)"', page)
    count = Job.objects.count()
    asked = {"everything": until, "back": "?q=nothing-is-called-so"}
    assert hers.post("/gallery/delete", asked, headers=JSON).json()["code"] == "nothing_selected"
    assert (
        his.post("/gallery/delete", {"everything": until}, headers=JSON).json()["code"] == "nothing_selected"
    )
    for wrong in ("2026-13-99T00:00:00Z", "now", "2026-01-01T00:00:00", "2020-01-01T00:00:00Z"):
        told = hers.post("/gallery/delete", {"everything": wrong}, headers=JSON).json()
        assert told["code"] == "nothing_selected", wrong
    assert Job.objects.count() == count > 1
    for left in reversed(range(count)):
        told = hers.post("/gallery/delete", {"everything": until}, headers=JSON).json()
        assert (told["count"], told["left"]) == (1, left)


def test_delete_selected(hers, some) -> None:
    answer = hers.post("/gallery/delete", chosen(some[0], some[2]) | {"back": "?q=boat"}, follow=True)
    assert "2 photos are deleted." in answer.content.decode()
    assert answer.redirect_chain == [("/gallery?q=boat", 302)]
    assert list(Job.objects.values_list("name", flat=True)) == ["boat.png"]


@pytest.mark.parametrize(
    "back", ["https://evil.example/", "//evil.example", "?next=https://evil.example", "\0"]
)
def test_the_way_back_leads_nowhere_else(hers, some, back) -> None:
    assert hers.post("/gallery/delete", chosen(some[0]) | {"back": back})["location"] == "/gallery"


@pytest.mark.parametrize("act", ["delete", "move", "archive", "again"])
@pytest.mark.parametrize("ids", [[], ["no id"], ["1" * 32] * 99])
def test_a_selection_that_makes_no_sense(hers, some, act, ids) -> None:
    page = hers.post(f"/gallery/{act}", {"jobs": ids}, follow=True).content.decode()
    assert "None of your photos was selected." in page
    assert Job.objects.count() == 3


def test_too_many_at_once(hers, some) -> None:
    ids = [str(uuid.uuid4()) for _ in range(gallery.MOST_SELECTED + 1)]
    answer = hers.post("/gallery/delete", {"jobs": ids}, headers={"accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "too_many_selected")


@pytest.mark.parametrize("act", ["delete", "move", "archive", "again"])
def test_others_photos_are_out_of_reach(his, visitor, some, act) -> None:
    for client in (his, visitor):
        answer = client.post(f"/gallery/{act}", chosen(*some), headers={"accept": "application/json"})
        assert answer.json()["code"] == "nothing_selected"
    assert Job.objects.filter(folder=None).count() == 3


def test_deleted_twice_nothing_happens(hers, some) -> None:
    for status in (200, 400):
        answer = hers.post("/gallery/delete", chosen(some[0]), headers={"accept": "application/json"})
        assert answer.status_code == status
    assert Job.objects.count() == 2


def unpacked(answer) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_one_zip_of_what_is_done(hers, alice, some, run) -> None:
    twin = jobs.submit(alice, Upload("Anna.png", fakes.photo(shade=90)), Recipe(background="#fff"))
    for job in (some[0], twin):
        run(job)
    files = unpacked(hers.post("/gallery/archive", chosen(*some, twin)))
    assert sorted(files) == ["Anna.jpg", "Anna.png"]
    assert files["Anna.png"].startswith(b"\x89PNG")


def test_nothing_done_nothing_packed(hers, some) -> None:
    assert "nothing to pack" in hers.post("/gallery/archive", chosen(*some), follow=True).content.decode()


def test_one_photo_again_is_a_job(hers, done) -> None:
    answer = hers.post("/gallery/again", chosen(done) | {"model": "u2net", "preset": ""})
    made = Job.objects.exclude(pk=done.pk).get()
    assert answer["location"] == made.get_absolute_url()
    assert (made.source_id, made.batch) == (done.source_id, None)


def test_many_again_are_a_batch_in_the_same_folders(hers, alice, some) -> None:
    folder = Folder.objects.create(owner=alice, name="Shoes")
    Job.objects.filter(pk=some[0].pk).update(folder=folder)
    preset = Preset.objects.create(owner=alice, name="White", recipe=Recipe(background="#ffffff").canonical())
    answer = hers.post("/gallery/again", chosen(*some) | {"model": "u2net", "preset": str(preset.pk)})
    batch = Batch.objects.get()
    assert answer["location"] == batch.get_absolute_url()
    assert sorted(batch.jobs.values_list("name", "folder")) == [
        ("Anna.png", folder.pk), ("boat.png", None), ("cat & dog.png", None)
    ]  # fmt: skip
    assert {job.recipe for job in batch.jobs.all()} == {preset.recipe}
    assert batch.closed
    assert Job.objects.count() == 6


def test_again_with_what_is_not_there(hers, some, bob) -> None:
    his_preset = Preset.objects.create(owner=bob, name="His")
    for more, words in (
        ({"preset": str(his_preset.pk)}, "This preset is not there any more"),
        ({"model": "nonesuch"}, "There is no model named"),
    ):
        assert words in hers.post("/gallery/again", chosen(*some) | more, follow=True).content.decode()
    assert Job.objects.count() == 3


# --- Folders ---------------------------------------------------------------------------------------------


def test_a_folder_from_beginning_to_end(hers, alice, some) -> None:
    where = hers.post("/folders", {"name": "  Spring   shoes "})["location"]
    folder = Folder.objects.get(owner=alice, name="Spring shoes")
    assert where == f"/gallery?folder={folder.pk}"
    assert "Nothing is in this folder yet" in hers.get(where).content.decode()
    hers.post("/gallery/move", chosen(some[0], some[1]) | {"folder": str(folder.pk)})
    assert names(hers, f"?folder={folder.pk}") == ["boat.png", "Anna.png"]
    hers.post(f"/folders/{folder.pk}/rename", {"name": "Hats"})
    assert "Hats" in hers.get(where).content.decode()
    hers.post("/gallery/move", chosen(some[1]) | {"folder": "none"})
    assert names(hers, f"?folder={folder.pk}") == ["Anna.png"]
    page = hers.post(f"/folders/{folder.pk}/delete", follow=True).content.decode()
    assert "Its photos are still here." in page
    assert len(names(hers)) == 3


def test_moved_to_a_new_folder_or_the_one_of_that_name(hers, alice, some) -> None:
    for job in some[:2]:
        hers.post("/gallery/move", chosen(job) | {"new_folder": "Hats" if job == some[0] else "hats"})
    assert Folder.objects.get().jobs.count() == 2


@pytest.mark.parametrize("name", ["", " ", "x" * 61, "a\0b"])
def test_names_that_cannot_be_used(hers, name) -> None:
    answer = hers.post("/folders", {"name": name}, headers={"accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_name")


def test_no_two_folders_of_a_name(hers, alice, his) -> None:
    for client in (hers, his, hers):
        answer = client.post("/folders", {"name": "Hats"}, headers={"accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (409, "folder_exists")
    assert Folder.objects.count() == 2


def test_others_folders(his, hers, alice, some) -> None:
    folder = Folder.objects.create(owner=alice, name="Hats")
    assert his.post(f"/folders/{folder.pk}/rename", {"name": "His"}).status_code == 404
    assert his.post(f"/folders/{folder.pk}/delete").status_code == 404
    assert his.post("/folders/99999999999999999999/delete").status_code == 404
    own = jobs.submit(his.get("/gallery").wsgi_request.user, Upload("his.png", fakes.photo()), Recipe())
    answer = his.post(
        "/gallery/move", chosen(own) | {"folder": str(folder.pk)}, headers={"accept": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_folder")


def test_what_is_tried_again_stays_in_its_folder(alice, some) -> None:
    folder = Folder.objects.create(owner=alice, name="Hats")
    some[0].folder = folder
    fail(some[0], "internal_error")
    assert jobs.retry(some[0]).folder == folder


# --- What changes while it is looked at -------------------------------------------------------------------


def watch(client, page: str) -> str:
    found = re.search(r'hx-get="(/gallery/changed[^"]*)"', page)
    return found[1].replace("&amp;", "&") if found else ""


def test_polls_are_told_what_changed_and_nothing_else(hers, some, run) -> None:
    address = watch(hers, hers.get("/gallery").content.decode())
    assert address.count("job=") == 3
    assert hers.get(address).status_code == 204
    run(some[0])
    some[2].delete()
    page = hers.get(address).content.decode()
    assert CELL.findall(page) == ["Anna.png"]
    assert f'id="cell-{some[0].pk}"' in page and f'id="cell-{some[2].pk}"' not in page
    assert watch(hers, page).count("job=") == 1
    run(some[1])
    assert watch(hers, hers.get(watch(hers, page)).content.decode()) == ""


def test_polls_tell_nothing_of_others(his, some) -> None:
    answer = his.get("/gallery/changed?" + "&".join(f"job={job.pk.hex}.queued." for job in some))
    assert CELL.findall(answer.content.decode()) == []


def test_addresses_keep_the_query() -> None:
    query = gallery.Query.parse(QueryDict("q=a+b&state=done&page=3&date=between&since=2026-01-02"))
    assert query.address(page=4) == "?q=a+b&date=between&since=2026-01-02&state=done&page=4"
    assert query.address(state="", date="", since="") == "?q=a+b"
