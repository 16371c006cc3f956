"""The way of a job, on both configurations: accepted, worked on, ended, charged; refusals leave nothing."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.db.models.functions import Now

from accounts import keys, quotas
from accounts.models import CREDIT, CreditEntry, User
from processing import jobs, reuse, storage, tasks
from processing.errors import Refused
from processing.models import Alpha, Job, Source
from processing.pipeline.recipe import Recipe
from processing.registry.errors import ModelFailedError, WeightsMissingError
from processing.renditions import thumbnail_recipe
from tests import fakes, ledger
from tests.together import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]
Status = Job.Status


@pytest.fixture(autouse=True)
def sound(transactional_db, bell, files):
    """The books are right and every file belongs to a row, after each test."""
    yield
    ledger.check()
    named = {source.file for source in Source.objects.all()} | {
        source.preview for source in Source.objects.all()
    }
    named |= {alpha.file for alpha in Alpha.objects.all()}
    for job in Job.objects.all():
        named |= {rendition.file for rendition in job.renditions.all()}
    assert set(files()) == named - {""}


def submit(user: User, recipe: Recipe | None = None, shade: int = 40) -> Job:
    return jobs.submit(user, jobs.Upload("a photo.png", fakes.photo(shade=shade)), recipe or Recipe())


def run(job: Job) -> Job:
    tasks.run_job(str(job.pk))
    job.refresh_from_db()
    return job


def kept(job: Job) -> str:
    assert job.alpha
    return job.alpha.file


def test_it_works(user, model, bell) -> None:
    job = submit(user)
    assert (job.status, bell.rung) == (Status.QUEUED, [job.pk])

    run(job)

    assert (job.status, job.attempt, job.stage, job.error_code) == (Status.SUCCEEDED, 1, "", "")
    assert (job.lease_token, job.lease_until) == (None, None)
    assert job.created <= job.started <= job.finished < job.expires  # type: ignore[operator]
    assert job.made_by["model"] == "u2net"
    assert set(job.made_by) == {
        "model",
        "weights",
        "pipeline",
        "device",
        "recipe",
        "seconds",
        "box",
        "confidence",
    }
    result = job.renditions.get(recipe=job.recipe)
    data = storage.read(result.file)
    assert hashlib.sha256(data).hexdigest() == result.sha256
    assert (data[:8], len(data), result.width, result.height) == (b"\x89PNG\r\n\x1a\n", result.size, 96, 64)
    assert job.source.preview
    assert User.objects.get(pk=user.pk).balance == 9 * CREDIT


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"hello, I am a text", "unsupported_format"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "unsupported_format"),
        (fakes.photo(8, 8), "image_too_small"),
        (fakes.photo()[:150], "unreadable_image"),
    ],
)
def test_a_bad_photo_leaves_nothing(user, bell, files, data: bytes, code: str) -> None:
    with pytest.raises(Refused) as refusal:
        jobs.submit(user, jobs.Upload("x.png", data), Recipe())
    assert refusal.value.code == code
    assert 400 <= refusal.value.status < 500
    assert (files(), Job.objects.count(), Source.objects.count(), bell.rung) == ([], 0, 0, [])
    assert user.credit_entries.count() == 1


def test_an_unknown_model_leaves_nothing(user, files) -> None:
    with pytest.raises(Refused, match="no model"):
        jobs.submit(user, jobs.Upload("x.png", fakes.photo()), Recipe(), model="../u2net")
    assert (files(), Job.objects.count()) == ([], 0)


def test_no_credits_leaves_nothing(transactional_db, files) -> None:
    poor = User.objects.create_user("poor@example.org")
    with pytest.raises(Refused) as refusal:
        submit(poor)
    assert (refusal.value.code, refusal.value.status) == ("insufficient_credits", 402)
    assert (files(), Job.objects.count(), Source.objects.count(), CreditEntry.objects.count()) == (
        [],
        0,
        0,
        0,
    )


def test_storage_that_fails_at_the_door_leaves_nothing(user, files, monkeypatch) -> None:
    full(monkeypatch)
    with pytest.raises(Refused) as refusal:
        submit(user)
    assert refusal.value.code == "storage_error"
    monkeypatch.undo()
    assert (files(), Job.objects.count(), user.credit_entries.count()) == ([], 0, 1)


def test_fifty_at_once_for_ten_credits_and_exactly_ten_pass(user, files) -> None:
    answers = at_once(*[lambda shade=shade: submit(user, shade=shade) for shade in range(50)])
    accepted = [answer for answer in answers if isinstance(answer, Job)]
    refused = [answer.code for answer in answers if isinstance(answer, Refused)]
    assert (len(accepted), refused) == (10, ["insufficient_credits"] * 40)
    assert len(files()) == 10


def test_the_same_photo_at_once_is_stored_once(user, files) -> None:
    answers = at_once(*[lambda: submit(user)] * 6)
    assert all(isinstance(answer, Job) for answer in answers), answers
    assert (Source.objects.count(), len(files()), Job.objects.count()) == (1, 1, 6)


def test_the_same_photo_again_is_not_looked_at_again(user, model) -> None:
    first = run(submit(user))
    asked = model.looks
    second = run(submit(user, Recipe(background="#ffffff", format="jpg")))
    assert (second.status, model.looks, Alpha.objects.count()) == (Status.SUCCEEDED, asked, 1)
    assert second.made_by["confidence"] == first.made_by["confidence"]
    assert second.renditions.get(recipe=second.recipe).media_type == "image/jpeg"


def test_another_owner_shares_nothing(user, model) -> None:
    other = User.objects.create_user("bob@example.org")
    quotas.grant(other, CREDIT, "bob")
    first, second = run(submit(user)), run(submit(other))
    assert (model.looks, Source.objects.count()) == (4, 2)
    assert not {first.source.file, kept(first)} & {second.source.file, kept(second)}


def test_other_weights_look_again(user, model) -> None:
    run(submit(user))
    model.weights_id = "newer"
    reuse.note("u2net", "u2net", "newer")  # as a worker does when it starts
    run(submit(user))
    assert (model.looks, Alpha.objects.count()) == (4, 2)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ModelFailedError("no matte"), "model_failed"),
        (WeightsMissingError("not there"), "weights_missing"),
        (RuntimeError("a bug"), "internal_error"),
    ],
)
def test_a_failure_is_refunded_and_leaves_the_source_only(user, model, files, error, code: str) -> None:
    def fail() -> None:
        raise error

    model.meanwhile = fail
    job = run(submit(user))
    assert (job.status, job.error_code, job.renditions.count()) == (Status.FAILED, code, 0)
    assert files() == [job.source.file]
    assert jobs.not_ready_error(job).code == code


def full(monkeypatch: pytest.MonkeyPatch, after: int = 0) -> None:
    """A storage that takes `after` more files and then has no room."""
    save = default_storage.save
    saved: list[str] = []

    def save_or_fail(name, content, max_length=None):
        if len(saved) >= after:
            raise OSError(28, "No space left on device")
        saved.append(name)
        return save(name, content, max_length)

    monkeypatch.setattr(default_storage, "save", save_or_fail, raising=False)


def test_a_result_does_not_wait_for_the_small_copy_of_its_photo(user, model, files, monkeypatch) -> None:
    job = submit(user)
    with monkeypatch.context() as patch:
        full(patch, after=4)
        run(job)
    assert (job.status, job.attempt, job.renditions.count()) == (Status.SUCCEEDED, 1, 3)
    assert not job.source.preview and job.source.is_for_browsers
    assert files() == sorted([job.source.file, job.alpha.file, *(made.file for made in job.renditions.all())])


def test_a_photo_that_no_browser_shows_has_its_small_copy_before_the_result(user, model, monkeypatch) -> None:
    monkeypatch.setattr("processing.models.photos.SHOWN_BYTES", 0)
    job = submit(user)
    with monkeypatch.context() as patch:
        full(patch, after=4)
        run(job)
    assert (job.status, job.renditions.count()) == (Status.RUNNING, 0), "given back"


def test_a_programs_job_has_no_preview(user, model) -> None:
    upload = jobs.Upload("photo.png", fakes.photo())
    key = keys.issue(user)[0]
    job = run(jobs.submit(user, upload, Recipe(), terms=jobs.Terms(key=key)))
    assert [made.recipe for made in job.renditions.order_by("pk")] == [
        each.canonical() for each in (Recipe(), thumbnail_recipe(Recipe()))
    ]
    assert jobs.submit(user, upload, Recipe()).cached, "it answers a page as well"


@pytest.mark.parametrize("after", range(4))  # alpha, three renditions
def test_a_full_storage_refunds_and_leaves_nothing_half_written(
    user, model, files, monkeypatch, after
) -> None:
    job = submit(user)
    with monkeypatch.context() as patch:
        full(patch, after)
        run(job)  # it is given back, to be tried again in a while
        assert (job.status, job.attempt, job.stage) == (Status.RUNNING, 1, "")
        for attempt in (2, 3):
            jobs.sweep()
            assert Job.objects.get(pk=job.pk).status == Status.RUNNING, "not at once"
            Job.objects.filter(pk=job.pk).update(lease_until=Now() - timedelta(seconds=1))
            jobs.sweep()
            run(job)
            assert job.attempt == attempt
    assert (job.status, job.error_code, job.renditions.count()) == (Status.FAILED, "storage_error", 0)
    again = run(jobs.retry(job))
    assert again.status == Status.SUCCEEDED


def test_a_lost_source_is_a_storage_error(user, model) -> None:
    job = submit(user)
    kept = storage.read(job.source.file)
    default_storage.delete(job.source.file)
    run(job)
    assert (job.status, job.error_code) == (Status.FAILED, "storage_error")
    storage.save(job.source.file, kept)


def test_retry_is_a_new_job_with_a_new_charge(user, model, bell) -> None:
    first = submit(user)
    jobs.cancel(first)
    first.refresh_from_db()
    second = jobs.retry(first)
    assert (second.pk != first.pk, bell.rung[-1], run(second).status) == (True, second.pk, Status.SUCCEEDED)
    with pytest.raises(Refused, match="Only a failed"):
        jobs.retry(second)


def test_delete_takes_files_and_rows(user, model, files) -> None:
    job = run(submit(user))
    assert len(files()) == 6
    jobs.delete(job)
    assert (files(), Job.objects.count(), Source.objects.count(), Alpha.objects.count()) == ([], 0, 0, 0)


def test_delete_keeps_what_another_job_needs(user, model, files) -> None:
    first, second = run(submit(user)), run(submit(user, Recipe(format="webp")))
    jobs.delete(first)
    assert storage.read(second.source.file) == fakes.photo()
    assert set(files()) >= {second.source.file, kept(second), second.source.preview}


def test_expired_results_go(user, model, files) -> None:
    old, new = run(submit(user)), run(submit(user, shade=90))
    Job.objects.filter(pk=old.pk).update(expires=old.created)
    assert jobs.expire() == 1
    assert list(Job.objects.all()) == [new]


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\photos\\cat.jpg", "cat.jpg"),
        ("name with spaces & unicode é 猫.jpg", "name with spaces & unicode é 猫.jpg"),
        ("a\0b\r\nc\u202e.png", "abc.png"),
        ("", "photo"),
        ("/", "photo"),
        ("x" * 5000 + ".png", "x" * 251 + ".png"),
    ],
)
def test_names_are_for_reading_only(sent: str, shown: str) -> None:
    assert jobs.display_name(sent) == shown
