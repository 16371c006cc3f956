"""The gallery: order, search, filter, pages; the same number of queries for few photos and many."""

from __future__ import annotations

import re

import pytest
from django.http import QueryDict

from editor import gallery
from processing import jobs
from processing.jobs import Upload
from processing.models import Job, Source
from processing.pipeline.recipe import Recipe
from tests import fakes
from tests.editor.conftest import fail


def names(client, query: str = "") -> list[str]:
    page = client.get(f"/gallery{query}").content.decode()
    return re.findall(r'class="cell-name">([^<]*)<', page)


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
        ("?state=%00&page=-1&q=%00", ["cat &amp; dog.png", "boat.png", "Anna.png"]),
        ("?page=99999999999999999999", ["cat &amp; dog.png", "boat.png", "Anna.png"]),
    ],
)
def test_search_and_filter(hers, some, query, found) -> None:
    fail(some[1], "unknown_foreground")
    assert names(hers, query) == found


def test_empty_invites(hers) -> None:
    page = hers.get("/gallery").content.decode()
    assert "Nothing here yet. Drop a photo" in page
    assert "<drop-zone" in page


def many(alice, count: int) -> None:
    source = Source.objects.create(owner=alice, sha256=str(count), file="u/x", size=1, width=30, height=20)
    Job.objects.bulk_create(
        Job(owner=alice, source=source, name=f"{number}.png", model="u2net", status=Job.Status.SUCCEEDED)
        for number in range(count)
    )


def test_pages(hers, alice) -> None:
    many(alice, 30)
    assert len(names(hers)) == gallery.PAGE
    assert len(names(hers, "?page=2")) == 30 - gallery.PAGE
    assert 'rel="next"' in hers.get("/gallery").content.decode()
    assert 'rel="prev"' in hers.get("/gallery?page=2").content.decode()


def test_no_query_for_each_photo(
    hers, alice, django_assert_num_queries, django_assert_max_num_queries
) -> None:
    many(alice, 2)
    with django_assert_max_num_queries(8) as few:
        hers.get("/gallery")
    many(alice, 20)
    with django_assert_num_queries(len(few)):
        hers.get("/gallery")


def test_delete_selected(hers, some) -> None:
    chosen = [str(some[0].pk), str(some[2].pk)]
    page = hers.post("/gallery/delete", {"jobs": chosen}, follow=True).content.decode()
    assert "2 photos are deleted." in page
    assert list(Job.objects.values_list("name", flat=True)) == ["boat.png"]


@pytest.mark.parametrize("chosen", [[], ["no id"], ["1" * 32] * 99])
def test_a_selection_that_makes_no_sense(hers, some, chosen) -> None:
    assert (
        "Nothing was selected."
        in hers.post("/gallery/delete", {"jobs": chosen}, follow=True).content.decode()
    )
    assert Job.objects.count() == 3


def test_others_photos_are_not_deleted(his, some) -> None:
    his.post("/gallery/delete", {"jobs": [str(job.pk) for job in some]})
    assert Job.objects.count() == 3


def test_addresses_keep_the_query() -> None:
    query = gallery.Query.parse(QueryDict("q=a+b&state=done&page=3"))
    assert query.address(page=4) == "?q=a+b&state=done&page=4"
    assert query.address(state="") == "?q=a+b"
