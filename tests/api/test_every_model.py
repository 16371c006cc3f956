"""Every row of the table walks the whole way on graphs of its inputs and outputs: over the API through a job to a
file, and over the command line. Half a minute, most of it for loading rembg and for nets of 1024 px."""

from __future__ import annotations

import io

import numpy as np
import pytest
from django.core.management import call_command
from PIL import Image

from processing import tasks
from processing.models import Job
from processing.registry import cache
from processing.registry.specs import SPECS
from tests import every_model, fakes

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def works(monkeypatch, settings, tmp_path):
    """A worker that does its work the moment it is told, with the weights of a folder of its own."""
    settings.MODELS_DIR = tmp_path / "models"
    for task in (tasks.run_job, tasks.render, tasks.mask):
        monkeypatch.setattr(task, "apply_async", lambda args, task=task, **options: task(*args))
    yield
    cache.clear()


def opacity(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture.convert("RGBA"))[..., 3]


def is_cut(data: bytes) -> bool:
    found = opacity(data)
    return bool(found.shape == (64, 96) and found[32, 48] == 255 and found[1, 1] == 0)


# The first of rembg's own models loads rembg, which compiles for half a minute of processor time: minutes, where many
# others work beside it.
PATIENT = pytest.mark.timeout(1800)
NAMES = [
    pytest.param(name, marks=PATIENT if SPECS[name].family == "rembg" else ()) for name in every_model.LOCAL
]


@pytest.mark.parametrize("name", NAMES)
def test_over_the_api_and_the_command_line(name, alice, settings, tmp_path):
    every_model.install(settings.MODELS_DIR, name)
    answer = alice.upload(model=name, preset="fast")
    assert answer.status_code == 202, answer.content
    job = Job.objects.get()
    assert (job.status, job.error_code) == ("succeeded", "")
    assert (job.made_by["model"], job.made_by["device"]) == (name, "cpu")
    made = alice.get(f"jobs/{job.pk}/result")
    assert is_cut(b"".join(made.streaming_content) if made.streaming else made.content)

    (tmp_path / "photo.png").write_bytes(fakes.photo())
    out = tmp_path / "cut.png"
    call_command("removebg", str(tmp_path / "photo.png"), "-o", str(out), "--model", name, "--preset", "fast")
    assert is_cut(out.read_bytes())


def test_what_is_pointed_at_is_cut_out(alice, settings):
    every_model.install(settings.MODELS_DIR, "sam")
    for place, (x, y) in {"point:25,25": (24, 16), "point:75,75": (72, 48)}.items():
        answer = alice.upload(model="sam", prompt=place)
        made = alice.get(f"jobs/{answer.json()['id']}/result")
        found = opacity(b"".join(made.streaming_content) if made.streaming else made.content)
        assert found[y, x] == 255 and found[32, 48] == 0, place
    assert Job.objects.values("alpha").distinct().count() == 2  # each is kept for itself


def test_auto_takes_a_model_for_what_is_pointed_at(alice, settings):
    for name in ("u2net", "sam"):
        every_model.install(settings.MODELS_DIR, name)
    made_by = [
        Job.objects.get(pk=alice.upload(model="auto", **fields).json()["id"]).made_by
        for fields in ({}, {"prompt": "point:50,50"})
    ]
    assert [each["model"] for each in made_by] == ["u2net", "sam"]
    assert made_by[1]["why"] == "Segment Anything cuts out what the points and boxes say."


def test_a_prompt_for_a_model_that_takes_none_is_refused(alice, settings):
    every_model.install(settings.MODELS_DIR, "u2net")
    answer = alice.upload(model="u2net", prompt="point:50,50")
    assert (answer.status_code, answer.json()["code"]) == (400, "prompt_not_taken")


def test_a_rendition_is_of_the_same_look(alice, settings):
    every_model.install(settings.MODELS_DIR, "sam")
    job_id = alice.upload(model="sam", prompt="point:25,25").json()["id"]
    answer = alice.post(f"jobs/{job_id}/renditions", {"prompt": "point:75,75"})
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_parameter")


def test_the_listing_of_the_table():
    assert {
        "u2net",
        "isnet-anime",
        "birefnet-general",
        "bria-rmbg",
        "bria-rmbg-1.4",
        "ben2",
        "sam",
    } <= SPECS.keys()
