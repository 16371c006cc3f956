"""The door for photos: one or many, with script or without; a refusal has its code and leaves nothing."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from editor import upload
from processing import downloads
from processing.errors import Refused
from processing.jobs import Upload
from processing.models import Job, Source
from tests import fakes

JSON = {"accept": "application/json"}


def png(name: str = "photo.png", shade: int = 40) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, fakes.photo(shade=shade), "image/png")


def test_it_works(hers, alice) -> None:
    answer = hers.post("/upload", {"photos": png()})
    job = Job.objects.get(owner=alice)
    assert (answer.status_code, answer["location"]) == (302, f"/jobs/{job.pk}")
    assert (job.name, job.status, job.recipe) == ("photo.png", Job.Status.QUEUED, "")


def test_a_script_gets_the_address(hers) -> None:
    answer = hers.post("/upload", {"photos": png()}, headers=JSON)
    job = Job.objects.get()
    assert answer.status_code == 201
    assert answer.json() == {"id": str(job.pk), "url": f"/jobs/{job.pk}"}


def test_many_lead_to_the_gallery_and_a_bad_one_stops_none(hers) -> None:
    photos = [png("a.png", 10), SimpleUploadedFile("b.pdf", b"%PDF-1.7"), png("c.png", 30)]
    page = hers.post("/upload", {"photos": photos}, follow=True)
    assert page.redirect_chain == [("/gallery", 302)]
    assert sorted(Job.objects.values_list("name", flat=True)) == ["a.png", "c.png"]
    assert "b.pdf: This file is not an image we can read (it looks like a PDF)" in page.content.decode()


def test_a_script_with_many_hears_of_each(hers) -> None:
    photos = [png("a.png"), SimpleUploadedFile("b.png", b"")]
    answer = hers.post("/upload", {"photos": photos}, headers=JSON)
    assert answer.status_code == 201
    assert len(answer.json()["jobs"]) == 1
    assert [each["code"] for each in answer.json()["refused"]] == ["empty_file"]


REFUSED = [
    (b"%PDF-1.7", 415, "unsupported_format"),
    (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "unsupported_format"),
    (b"", 400, "empty_file"),
    (fakes.photo()[:60], 422, "unreadable_image"),
    (fakes.photo(8, 8), 422, "image_too_small"),
]


@pytest.mark.parametrize(("data", "status", "code"), REFUSED)
def test_a_bad_file_is_refused_and_leaves_nothing(hers, files, data, status, code) -> None:
    for headers in (JSON, {}):
        answer = hers.post("/upload", {"photos": SimpleUploadedFile("x.jpg", data)}, headers=headers)
        assert answer.status_code == status
        assert code in answer.content.decode()
    assert not Job.objects.exists()
    assert not Source.objects.exists()
    assert files() == []


def test_nothing_sent(hers) -> None:
    answer = hers.post("/upload", headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (400, "missing_source")


def test_a_file_that_is_too_large(hers, settings) -> None:
    settings.IMAGE_LIMITS = type(settings.IMAGE_LIMITS)(max_bytes=1000)
    answer = hers.post("/upload", {"photos": SimpleUploadedFile("x.png", bytes(200_000))}, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")


def test_recipe_fields(hers) -> None:
    hers.post("/upload", {"photos": png(), "feather": "2", "background": "white"})
    assert Job.objects.get().recipe == "background=#ffffff&feather=2"


def test_a_recipe_that_makes_no_sense(hers) -> None:
    answer = hers.post("/upload", {"photos": png(), "feather": "nan"}, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_recipe")
    assert not Job.objects.exists()


NAMES = [
    "ünï 猫.png",
    "a b & c'd.png",
    "<script>alert(1)</script>.png",
    "%2e%2e.png",
    "x" * 300 + ".png",
    "…",
]


@pytest.mark.parametrize("name", NAMES)
def test_names_survive(hers, run, name) -> None:
    hers.post("/upload", {"photos": png(name)})
    job = run(Job.objects.get())
    assert job.name == name[name.rfind("/") + 1 :][-255:] or "/" in name
    page = hers.get(job.get_absolute_url())
    assert page.status_code == 200
    assert "<script>alert" not in page.content.decode()
    assert hers.get(f"{job.get_absolute_url()}/download").status_code == 200
    assert hers.get("/gallery").status_code == 200


def test_by_address(hers, monkeypatch) -> None:
    monkeypatch.setattr(upload, "fetch_image", lambda url: Upload(url[-7:], fakes.photo()))
    hers.post("/upload", {"url": "https://example.org/cat.png"})
    assert Job.objects.get().name == "cat.png"


def test_an_address_that_is_refused_stays_on_the_page(hers, monkeypatch) -> None:
    def no(url: str) -> Upload:
        raise Refused("invalid_image_url")

    monkeypatch.setattr(upload, "fetch_image", no)
    answer = hers.post("/upload", {"url": "http://127.0.0.1/"})
    assert answer.status_code == 400
    assert "invalid_image_url" in answer.content.decode()


def test_the_sample(hers, settings) -> None:
    (settings.DATA_DIR / "sample").mkdir()
    (settings.DATA_DIR / "sample" / "source.jpg").write_bytes(fakes.photo())
    hers.post("/upload", {"sample": "1"})
    assert Job.objects.get().name == "sample.jpg"


def test_out_of_credits(hers, alice) -> None:
    User.objects.filter(pk=alice.pk).update(balance=0)
    answer = hers.post("/upload", {"photos": png()}, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (402, "insufficient_credits")


def test_a_form_from_elsewhere_is_refused(alice) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    page = strict.post("/upload", {"photos": png()})
    assert page.status_code == 403
    assert "This page is out of date" in page.content.decode()
    assert strict.post("/upload", {"photos": png()}, headers=JSON).json()["code"] == "stale_form"
    assert not Job.objects.exists()


def test_a_few_addresses_at_once(hers, alice, monkeypatch) -> None:
    monkeypatch.setattr(downloads, "AT_ONCE", 0)
    answer = hers.post(
        "/upload", {"url": "https://example.org/cup.jpg"}, headers={"Accept": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_downloads")
