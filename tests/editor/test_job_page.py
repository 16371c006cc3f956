"""What the page says at each stage of a job, and what its buttons do."""

from __future__ import annotations

import html

import pytest
from django.utils import timezone

from processing import jobs
from processing.jobs import Upload
from processing.models import Job, Worker
from processing.pipeline.recipe import Recipe
from tests import fakes
from tests.editor.conftest import fail


def words(client, job: Job, part: str = "") -> str:
    answer = client.get(job.get_absolute_url() + part)
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


@pytest.fixture
def worker(db) -> Worker:
    return Worker.objects.create(name="one", seen=timezone.now(), started=timezone.now())


def test_waiting(hers, alice, waiting, worker) -> None:
    second = jobs.submit(alice, Upload("second.png", fakes.photo(shade=90)), Recipe())
    assert "Next in line" in words(hers, waiting)
    assert 'Waiting as number <span class="number">2</span>' in words(hers, second)
    assert "No worker is running" not in words(hers, waiting)


def test_no_worker(hers, waiting) -> None:
    assert "No worker is running. Your photo waits" in words(hers, waiting)


def test_running(hers, waiting) -> None:
    Job.objects.update(status=Job.Status.RUNNING, stage=Job.Stage.REFINING, attempt=2)
    page = words(hers, waiting)
    assert "Refining edges" in page
    assert "Attempt 2" in page
    assert 'http-equiv="refresh"' in page


def test_the_card_asks_for_itself_until_the_end(hers, waiting, run) -> None:
    asks = f'hx-get="{waiting.get_absolute_url()}/card"'
    assert asks in words(hers, waiting)
    assert asks in words(hers, waiting, "/card")
    run(waiting)
    assert "hx-get" not in words(hers, waiting, "/card")
    assert "<html" not in words(hers, waiting, "/card")


@pytest.mark.parametrize(
    ("made_by", "doubtful"), [({"confidence": 0.3}, True), ({"confidence": 0.9}, False), ({}, False)]
)
def test_a_doubtful_cutout_asks_for_a_look(hers, done, made_by, doubtful) -> None:
    Job.objects.update(made_by=made_by)
    assert ("Please check the edges." in words(hers, done)) == doubtful


def test_done(hers, done) -> None:
    page = words(hers, done)
    assert f'href="{done.get_absolute_url()}/download"' in page
    assert f'src="{done.get_absolute_url()}/files/preview' in page
    assert "96 × 64" in page
    assert "<before-after" in page
    assert "http-equiv" not in page


def test_a_cropped_result_is_not_laid_over_its_source(hers, alice, run) -> None:
    job = run(jobs.submit(alice, Upload("x.png", fakes.photo()), Recipe(crop=True)))
    page = words(hers, job)
    assert "no-before" in page
    assert "no-before" not in words(hers, run(jobs.submit(alice, Upload("y.png", fakes.photo()), Recipe())))
    assert "/files/preview" in page


def test_failed(hers, waiting) -> None:
    fail(waiting, "unknown_foreground")
    page = words(hers, waiting)
    assert "No clear subject was found in this picture. Nothing was charged." in page
    assert 'data-code="unknown_foreground"' in page
    assert "Try again" in page


def test_cancel(hers, waiting) -> None:
    page = hers.post(f"{waiting.get_absolute_url()}/cancel", follow=True).content.decode()
    assert "Cancelled" in page
    waiting.refresh_from_db()
    assert waiting.status == Job.Status.CANCELLED


def test_cancel_too_late(hers, done) -> None:
    page = hers.post(f"{done.get_absolute_url()}/cancel", follow=True).content.decode()
    assert "can no longer be cancelled" in page


def test_try_again(hers, waiting) -> None:
    jobs.cancel(waiting)
    answer = hers.post(f"{waiting.get_absolute_url()}/retry")
    again = Job.objects.exclude(pk=waiting.pk).get()
    assert answer["location"] == again.get_absolute_url()
    assert again.source_id == waiting.source_id


def test_nothing_to_try_again(hers, done) -> None:
    page = hers.post(f"{done.get_absolute_url()}/retry", follow=True).content.decode()
    assert "Only a failed or cancelled photo can be tried again" in page
    assert Job.objects.count() == 1


def test_delete(hers, done, files, django_capture_on_commit_callbacks) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        page = hers.post(f"{done.get_absolute_url()}/delete", follow=True).content.decode()
    assert "holiday photo.png is deleted." in page
    assert hers.get(done.get_absolute_url()).status_code == 404
    assert files() == []
