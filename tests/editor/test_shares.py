"""Links for whoever has them: they show the picture alone, end by time or by hand, and are kept as digests."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from editor import shares
from editor.models import Share
from processing import rendition_requests, tasks
from processing.models import Job, Rendition
from processing.pipeline.recipe import Recipe


@pytest.fixture(autouse=True)
def quiet_renders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.render, "apply_async", lambda **options: None)


def shared(client, job: Job, **sent: str) -> str:
    answer = client.post(
        reverse("editor:make_share", args=[job.pk]), sent, headers={"hx-request": "true"}
    ).content.decode()
    found = re.search(r"http://testserver(/s/[\w-]+)", answer)
    return found[1] if found else "".join(re.findall('data-code="([^"]*)"', answer))


def test_it_works(done, hers, visitor) -> None:
    link = shared(hers, done, term="day")
    page = visitor.get(link)
    text = page.content.decode()
    assert page.status_code == 200 and done.name not in text and str(done.pk) not in text
    assert (page["X-Robots-Tag"], page["Referrer-Policy"]) == ("noindex, nofollow, noarchive", "no-referrer")
    assert b"".join(visitor.get(f"{link}/file").streaming_content)[:4] == b"\x89PNG"
    share = Share.objects.get()
    assert share.count == 1 and link.rpartition("/")[2] not in (share.digest, share.recipe)
    assert share.expires is not None
    assert timedelta(hours=23) < share.expires - timezone.now() <= timedelta(days=1)


def test_a_link_ends(done, hers, visitor) -> None:
    expired, revoked = shared(hers, done, term="hour"), shared(hers, done, term="kept")
    Share.objects.filter(expires__isnull=False).update(expires=timezone.now() - timedelta(seconds=1))
    for _ in range(2):
        hers.post(reverse("editor:revoke_share", args=[done.pk, Share.objects.get(expires=None).pk]))
    for link in (expired, revoked):
        assert visitor.get(link).status_code == 410
        assert (
            "no longer" in visitor.get(link).content.decode() or "over" in visitor.get(link).content.decode()
        )
        assert visitor.get(f"{link}/file").status_code == 410


def test_a_link_that_never_was_or_whose_photo_is_gone(done, hers, visitor) -> None:
    link = shared(hers, done)
    assert visitor.get("/s/" + "x" * 43).status_code == 404
    hers.post(reverse("editor:delete", args=[done.pk]))
    assert visitor.get(link).status_code == 404


def test_a_picture_that_is_not_made_yet(done, hers, visitor) -> None:
    link = shared(hers, done, recipe="feather=2")
    assert visitor.get(link).status_code == 200
    assert visitor.get(f"{link}/file").status_code == 409
    tasks.render(Rendition.objects.get(recipe="feather=2").pk)
    assert visitor.get(f"{link}/file").status_code == 200


def test_refusals(done, hers, monkeypatch) -> None:
    assert shared(hers, done, term="century") == "invalid_parameter"
    assert shared(hers, done, recipe="feather=much") == "invalid_recipe"
    monkeypatch.setattr(shares, "MOST", 1)
    assert shared(hers, done).startswith("/s/")
    assert shared(hers, done) == "too_many_shares"
    assert rendition_requests.order(done, Recipe(feather=1.0)).status != Rendition.Status.FAILED


def test_nobody_else_makes_or_ends_one(done, hers, his, visitor) -> None:
    shared(hers, done)
    for client in (his, visitor):
        assert client.post(reverse("editor:make_share", args=[done.pk])).status_code == 404
        assert (
            client.post(reverse("editor:revoke_share", args=[done.pk, Share.objects.get().pk])).status_code
            == 404
        )
    assert Share.objects.usable().count() == 1
