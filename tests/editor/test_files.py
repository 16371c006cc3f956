"""Pictures and downloads: names, headers, and the status of what is not there."""

from __future__ import annotations

import io
from urllib.parse import unquote

import pytest
from django.core.files.storage import default_storage
from PIL import Image

from accounts import keys
from processing import jobs
from processing.jobs import Upload
from processing.models import Rendition
from processing.pipeline.recipe import Recipe
from tests import fakes
from tests.editor.conftest import fail

JSON = {"accept": "application/json"}


def body(answer) -> bytes:
    return b"".join(answer.streaming_content)


def test_download(hers, done) -> None:
    answer = hers.get(f"{done.get_absolute_url()}/download")
    assert answer["content-type"] == "image/png"
    assert answer["content-disposition"] == 'attachment; filename="holiday photo-cutout.png"'
    assert body(answer).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ünï 猫.jpeg", "ünï 猫-cutout.png"),
        ("a.b.c.png", "a.b.c-cutout.png"),
        ('q"t;x.png', 'q"t;x-cutout.png'),
    ],
)
def test_the_name_of_the_download(hers, alice, run, name, expected) -> None:
    job = run(jobs.submit(alice, Upload(name, fakes.photo()), Recipe()))
    disposition = hers.get(f"{job.get_absolute_url()}/download")["content-disposition"]
    assert disposition.startswith("attachment; filename")
    assert unquote(disposition.partition("''")[2] or disposition[22:-1].replace('\\"', '"')) == expected


@pytest.mark.parametrize("kind", ["source-preview", "preview", "thumbnail", "result"])
def test_pictures_are_private_and_inert(hers, done, kind) -> None:
    answer = hers.get(f"{done.get_absolute_url()}/files/{kind}")
    assert answer.status_code == 200
    assert answer["content-type"].startswith("image/")
    assert answer["cache-control"].startswith("private")
    assert answer["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer["content-security-policy"]


def test_the_preview_of_a_programs_job_is_made_when_it_is_looked_at(hers, alice, run) -> None:
    terms = jobs.Terms(key=keys.issue(alice)[0])
    upload = jobs.Upload("photo.png", fakes.photo())
    job = run(jobs.submit(alice, upload, Recipe(background="white"), terms=terms))
    assert job.renditions.count() == 2
    page = hers.get(job.get_absolute_url()).content.decode()
    assert "/files/preview" in page
    answer = hers.get(f"{job.get_absolute_url()}/files/preview", follow=True)
    assert answer.redirect_chain and answer.status_code == 200
    with Image.open(io.BytesIO(answer.content)) as shown:
        assert shown.size == (96, 64)
        assert shown.convert("RGB").getpixel((2, 2)) == (255, 255, 255)


def test_the_source_is_shown_while_it_waits(hers, waiting) -> None:
    assert body(hers.get(f"{waiting.get_absolute_url()}/files/source-preview")) == fakes.photo()


def test_not_ready(hers, waiting) -> None:
    for path in ("/download", "/files/preview"):
        answer = hers.get(waiting.get_absolute_url() + path, headers=JSON)
        assert (answer.status_code, answer.json()["code"]) == (409, "not_ready")


def test_failed(hers, waiting) -> None:
    fail(waiting, "unknown_foreground")
    answer = hers.get(f"{waiting.get_absolute_url()}/download", headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_foreground")
    page = hers.get(f"{waiting.get_absolute_url()}/download")
    assert page.status_code == 422
    assert "No clear subject" in page.content.decode()


def test_no_such_picture(hers, done) -> None:
    assert hers.get(f"{done.get_absolute_url()}/files/secret").status_code == 404


def test_a_file_that_is_gone(hers, done) -> None:
    for rendition in Rendition.objects.all():
        default_storage.delete(rendition.file)
    answer = hers.get(f"{done.get_absolute_url()}/download", headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (507, "storage_error")


def test_samples(visitor, settings) -> None:
    assert visitor.get("/sample/source.jpg").status_code == 404
    (settings.DATA_DIR / "sample").mkdir()
    (settings.DATA_DIR / "sample" / "source.jpg").write_bytes(b"jpeg")
    assert body(visitor.get("/sample/source.jpg")) == b"jpeg"
    assert visitor.get("/sample/secret_key").status_code == 404
