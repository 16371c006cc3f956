from __future__ import annotations

import io
import uuid
from datetime import timedelta

import numpy as np
import pytest
from django.db.models.functions import Now
from PIL import Image

from processing import rendition_requests, rendition_work, storage, tasks
from processing.models import Job, Rendition

pytestmark = pytest.mark.both


@pytest.fixture
def job(alice, worker) -> str:
    return str(alice.upload(path="jobs?wait=5").json()["id"])


def test_it_works(alice, worker, job):
    made = alice.post(f"jobs/{job}/renditions?wait=5", {"background": "#00ff00", "format": "jpg"})
    assert made.status_code == 200
    body = made.json()
    assert (body["status"], body["media_type"], body["width"]) == ("made", "image/jpeg", 96)
    file = alice.get(f"jobs/{job}/renditions/{body['id']}/file")
    picture = Image.open(io.BytesIO(file.getvalue())).convert("RGB")
    assert np.abs(np.asarray(picture)[2, 2].astype(int) - (0, 255, 0)).max() < 20
    assert worker.looks == 2, "the job asked the net twice, and no model looked again"
    assert alice.get("account").json()["credits"] == 9, "nothing was charged"


def test_fields_that_are_not_given_stay_as_in_the_job(alice, worker):
    job = alice.upload(path="jobs?wait=5", feather="3", quality="50").json()["id"]
    recipe = alice.post(f"jobs/{job}/renditions", {"recipe": {"quality": 60}, "crop": True}).json()["recipe"]
    assert (recipe["feather"], recipe["quality"], recipe["crop"]) == (3, 60, True)


def test_a_layout_is_a_set_of_fields(alice, worker, job):
    made = alice.post(f"jobs/{job}/renditions?wait=5", {"layout": "avatar", "scale": 50}).json()
    assert (made["width"], made["height"], made["recipe"]["scale"]) == (512, 512, "50")
    refused = alice.post(f"jobs/{job}/renditions", {"layout": 7}).json()
    assert (refused["code"], "avatar" in refused["detail"]) == ("invalid_recipe", True)


def test_the_same_recipe_is_the_same_rendition(alice, worker, job):
    first, again = (alice.post(f"jobs/{job}/renditions", {"max_side": 40}).json()["id"] for _ in range(2))
    assert first == again


def test_the_picture_itself(alice, worker, job):
    answer = alice.post(f"jobs/{job}/renditions", {"max_side": 40}, headers={"Accept": "image/webp"})
    assert answer["Content-Type"] == "image/webp"
    assert Image.open(io.BytesIO(answer.getvalue())).width == 40


def test_accept_goes_before_the_format_of_the_job(alice, worker):
    job = alice.upload(path="jobs?wait=5", format="jpg").json()["id"]
    answer = alice.post(f"jobs/{job}/renditions", headers={"Accept": "image/png"})
    assert answer["Content-Type"] == "image/png"
    asked = alice.post(f"jobs/{job}/renditions", {"format": "webp"}, headers={"Accept": "image/png"})
    assert asked.json()["code"] == "not_acceptable"


def test_how_the_net_looks_cannot_be_changed_afterwards(alice, worker, job):
    answer = alice.post(f"jobs/{job}/renditions", {"preset": "best"})
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_parameter")


def test_a_job_that_is_not_done_has_none(alice, bell):
    job = alice.upload().json()["id"]
    answer = alice.post(f"jobs/{job}/renditions", {"crop": True})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_ready")


def test_while_it_waits_it_has_no_file(alice, worker, job, bell):
    made = alice.post(f"jobs/{job}/renditions", {"crop": True})
    assert (made.status_code, made.json()["status"]) == (202, "waiting")
    path = made["Location"].partition("/api/v1/")[2]
    assert alice.get(path).json()["size"] == 0
    assert alice.get(f"{path}/file").json()["code"] == "not_ready"


def test_without_its_matte_nothing_can_be_made(alice, worker, job):
    Job.objects.update(alpha=None)
    answer = alice.post(f"jobs/{job}/renditions", {"crop": True})
    assert (answer.status_code, answer.json()["code"]) == (410, "matte_gone")


def test_there_is_an_end_to_them(alice, worker, job, monkeypatch):
    monkeypatch.setattr(rendition_requests, "MOST", Rendition.objects.count())
    answer = alice.post(f"jobs/{job}/renditions", {"max_side": 50})
    assert answer.json()["code"] == "too_many_renditions"


def waiting(alice, job, bell) -> Rendition:
    pk = alice.post(f"jobs/{job}/renditions", {"crop": True}).json()["id"]
    return Rendition.objects.get(pk=pk)


def test_a_failure_is_kept_and_may_be_tried_again(alice, worker, job, bell, monkeypatch):
    rendition = waiting(alice, job, bell)
    with monkeypatch.context() as broken:
        broken.setattr("processing.rendition_work._made", lambda rendition: 1 / 0)
        tasks.render(rendition.pk)
    path = f"jobs/{job}/renditions/{rendition.pk}"
    assert alice.get(path).json()["error_code"] == "internal_error"
    assert alice.post(f"jobs/{job}/renditions", {"crop": True}).json()["status"] == "waiting"
    tasks.render(rendition.pk)
    assert alice.get(path).json()["status"] == "made"


def test_a_lost_worker_is_replaced_and_a_crash_has_an_end(alice, worker, job, bell, settings):
    rendition = waiting(alice, job, bell)
    for attempt in range(settings.JOB_ATTEMPTS):
        assert Rendition.objects.claim(rendition.pk, uuid.uuid4(), timedelta(seconds=60))
        Rendition.objects.update(lease_until=Now() - timedelta(seconds=1))
        rendition_requests.sweep()
        rendition.refresh_from_db()
        assert rendition.attempt == attempt + 1
    assert (rendition.status, rendition.error_code) == ("failed", "worker_crashed")


def test_a_worker_that_lost_it_leaves_no_file(alice, worker, job, bell, monkeypatch):
    rendition = waiting(alice, job, bell)
    before = sorted(storage.names_under("u"))
    really = rendition_work._made

    def meanwhile_somebody_else_took_it(row: Rendition):
        Rendition.objects.filter(pk=row.pk).update(lease_token=uuid.uuid4())
        return really(row)

    monkeypatch.setattr(rendition_work, "_made", meanwhile_somebody_else_took_it)
    tasks.render(rendition.pk)
    assert sorted(storage.names_under("u")) == before
    assert Rendition.objects.get(pk=rendition.pk).status == "running"


def test_an_unheard_bell_is_rung_again(alice, worker, job, monkeypatch):
    monkeypatch.setattr(tasks.render, "apply_async", lambda **options: 1 / 0)
    made = alice.post(f"jobs/{job}/renditions", {"crop": True})
    assert made.json()["status"] == "waiting"
    monkeypatch.setattr(tasks.render, "apply_async", lambda args, **options: tasks.render(*args))
    rendition_requests.sweep()
    assert alice.get(f"jobs/{job}/renditions/{made.json()['id']}").json()["status"] == "made"
