"""Published files carry nothing of the camera or its place, in any format, nor in any other file that is kept."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from django.test import Client
from PIL import Image

from accounts import keys
from processing import jobs, storage, tasks
from processing.jobs import Upload
from processing.pipeline.recipe import RULES, Recipe
from tests import fakes
from tests.privacy import person

XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><place>Zorn Meadow</place></x:xmpmeta>'
GPS = {1: "N", 2: (47.0, 22.0, 33.0), 3: "E", 4: (8.0, 32.0, 11.0)}
MARKS = (b"Zorn", b"Quilliam", b"Exif", b"xmpmeta", b"photoshop:", b"GPSLatitude")


def photo(format: str) -> bytes:
    """With an artist, a place and XMP."""
    exif = Image.Exif()
    exif[0x013B], exif[0x8825] = "Quilliam Zorn", GPS
    file = io.BytesIO()
    Image.open(io.BytesIO(fakes.photo())).save(file, format, exif=exif, xmp=XMP)
    return file.getvalue()


@pytest.mark.parametrize("format", RULES["format"].words)
@pytest.mark.parametrize("sent", ["JPEG", "WEBP", "AVIF"])
def test_no_trace_in_any_format(user: Any, model: Any, bell: Any, files: Any, format: str, sent: str) -> None:
    data = photo(sent)
    assert b"Zorn" in data
    job = jobs.submit(user, Upload("a.jpg", data), Recipe.parse({"format": format}))
    tasks.run_job(str(job.pk))
    job.refresh_from_db()
    assert (job.status, job.error_code) == (job.Status.SUCCEEDED, "")
    kept = [name for name in storage.names_under("u") if "/sources/" not in name]
    assert len(kept) >= 4, "result, preview, thumbnail, alpha, the upright photo"
    for name in kept:
        with storage.open_file(name) as file:
            content = unpacked(file.read())
        assert [mark for mark in MARKS if mark in content] == [], name


def unpacked(data: bytes) -> bytes:
    """The file itself; of an archive its entries as well."""
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return data + b"".join(archive.read(name) for name in archive.namelist())


def test_the_log_names_nobody(user: Any, model: Any, bell: Any, files: Any, caplog: Any) -> None:
    """What fails is logged by its code and number, with none of the sender's words, at any level."""
    caplog.set_level("DEBUG")
    _, text = keys.issue(user, "zornkey")
    program = Client(headers={"X-Api-Key": text}, raise_request_exception=False)
    sent = [
        {"url": person.URL},
        {"url": "http://zornuser:zornsecret@169.254.169.254/zorn"},
        {"base64": "Zorn!", "name": person.FILE},
        {"base64": "JVBERi0xLjcKenpvcm4=", "name": person.FILE},
        {"base64": "iVBORw0KGgo=", "name": person.FILE, "background": "zorn"},
        {"zorn": 1},
    ]
    codes = [program.post("/api/v1/jobs", each, "application/json").status_code for each in sent]
    assert all(400 <= code < 500 for code in codes)
    Client().post("/accounts/login/", {"login": person.EMAIL, "password": "zorn zorn"})
    program.get("/api/v1/jobs?wait=zorn")
    job = jobs.submit(user, Upload(person.FILE, fakes.photo()), Recipe())
    model.meanwhile = lambda: 1 / 0
    tasks.run_job(str(job.pk))
    job.refresh_from_db()
    assert job.error_code == "internal_error"
    assert str(job.pk) in caplog.text
    log = caplog.text.lower()
    assert [word for word in ("zorn", "quilliam", text.lower()[:16]) if word in log] == []
