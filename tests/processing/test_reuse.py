"""The result cache, on both configurations: the same photo in the same recipe is answered at once, and paid once."""

from __future__ import annotations

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from accounts import quotas
from accounts.models import CREDIT, User
from bgsite.metrics import cache
from processing import batches, figures, jobs, storage, tasks
from processing.models import BatchItem, Job, ModelInUse, Tally
from processing.pipeline.recipe import Recipe
from tests import fakes, ledger
from tests.together import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]
Status = Job.Status
LOOKS = 2  # at one photo by the usual recipe


@pytest.fixture(autouse=True)
def sound(transactional_db, bell, files):
    yield
    ledger.check()


def submit(user: User, recipe: Recipe | None = None, shade: int = 40, price: int = jobs.PRICE) -> Job:
    upload = jobs.Upload("photo.png", fakes.photo(shade=shade))
    return jobs.submit(user, upload, recipe or Recipe(), terms=jobs.Terms(price))


def run(job: Job) -> Job:
    tasks.run_job(str(job.pk))
    job.refresh_from_db()
    return job


def balance(user: User) -> int:
    return User.objects.get(pk=user.pk).balance


def test_the_second_time_is_answered_at_once_and_not_charged(user, model, bell, files) -> None:
    first = run(submit(user))
    before = files()
    second = submit(user)
    assert (second.status, second.cached, second.cost, second.attempt) == (Status.SUCCEEDED, True, 0, 0)
    assert (bell.rung, model.looks, files()) == ([first.pk], LOOKS, before)
    assert balance(user) == 9 * CREDIT
    assert second.alpha == first.alpha
    assert [r.file for r in second.renditions.order_by("recipe")] == [
        r.file for r in first.renditions.order_by("recipe")
    ]
    assert second.expires and first.expires and second.expires > first.expires


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_whichever_is_deleted_first_the_other_stays_whole(user, model, files, order) -> None:
    two = [run(submit(user)), submit(user)]
    gone, stays = two[order[0]], two[order[1]]
    jobs.delete(gone)
    for rendition in stays.renditions.all():
        assert storage.read(rendition.file)
    assert submit(user).cached
    for job in Job.objects.all():
        jobs.delete(job)
    assert files() == []


@pytest.mark.parametrize(
    "change",
    [
        lambda user: {"recipe": Recipe(format="webp")},
        lambda user: {"shade": 90},
        lambda user: ModelInUse.objects.update(weights="others") and {},
        lambda user: Job.objects.update(expires=timezone.now()) and {},
        lambda user: Job.objects.update(worth=CREDIT // 4) and {},
        lambda user: Job.objects.update(alpha=None) and {},
        lambda user: default_storage.delete(Job.objects.get().renditions.get(recipe="").file) or {},
    ],
    ids=["recipe", "photo", "weights", "expired", "cheaper", "no matte", "file lost"],
)
def test_what_is_not_the_same_is_worked_on(user, model, change) -> None:
    run(submit(user))
    job = submit(user, **change(user))
    assert (job.status, job.cached, job.cost) == (Status.QUEUED, False, CREDIT)


def test_another_owner_is_not_answered(user, model) -> None:
    run(submit(user))
    other = User.objects.create_user("bob@example.org")
    quotas.grant(other, CREDIT, "test-bob")
    assert submit(other).status == Status.QUEUED


def test_what_cost_nothing_is_no_way_around_the_price(user, model) -> None:
    run(submit(user, price=0))
    assert submit(user).status == Status.QUEUED
    assert submit(user, price=0).cached


def test_two_that_wait_are_worked_on_once(user, model) -> None:
    first, second = submit(user), submit(user)
    run(first)
    run(second)
    assert (second.status, second.cached, second.cost, model.looks) == (Status.SUCCEEDED, True, 0, LOOKS)
    assert balance(user) == 9 * CREDIT


def test_two_that_are_worked_on_at_once_are_charged_once(user, model) -> None:
    twins = [submit(user), submit(user)]
    answers = at_once(*[lambda job=job: tasks.run_job(str(job.pk)) for job in twins])
    assert answers == [None, None]
    assert [Job.objects.get(pk=job.pk).status for job in twins] == [Status.SUCCEEDED] * 2
    assert sorted(job.cost for job in Job.objects.all()) == [0, CREDIT]
    assert balance(user) == 9 * CREDIT


def test_submits_and_a_delete_at_once_leave_no_result_without_its_files(user, model) -> None:
    first = run(submit(user))
    answers = at_once(lambda: jobs.delete(first), *[lambda: submit(user) for _ in range(6)])
    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    for job in Job.objects.filter(status=Status.SUCCEEDED):
        assert [storage.read(rendition.file)[:4] for rendition in job.renditions.all()]
        assert job.renditions.count() == 3
    for job in Job.objects.filter(status=Status.QUEUED):
        run(job)
    assert {job.status for job in Job.objects.all()} == {Status.SUCCEEDED}


def test_edits_of_the_first_do_not_come_along(user, model) -> None:
    first = run(submit(user))
    Job.objects.filter(pk=first.pk).update(revision=3)
    second = submit(user)
    assert (second.cached, second.revision) == (True, 0)


def test_a_batch_ends_although_nobody_worked(user, model) -> None:
    run(submit(user))
    batch = batches.open_batch(user, "twice", batches.Asked(Recipe()))
    for name in ("a.png", "b.png"):
        piece = batches.Piece(name, read=lambda: jobs.Upload("photo.png", fakes.photo()))
        batches.add(batch, piece)
    batches.close(batch)
    batch.refresh_from_db()
    assert batch.status == batch.Status.FINISHED
    assert {item.condition for item in BatchItem.objects.all()} == {Status.SUCCEEDED}
    assert balance(user) == 9 * CREDIT


def test_it_is_counted_apart_from_work(user, model) -> None:
    run(submit(user))
    submit(user)
    submit(user)
    assert sum(Tally.objects.values_list("count", flat=True)) == 1
    assert figures.hit_ratio() == pytest.approx(2 / 3)
    hits, ratio = cache()
    assert [(each.labels, each.value) for each in hits.samples] == [({"model": "u2net"}, 2)]
    assert ratio.samples[0].value == pytest.approx(2 / 3)


def test_what_auto_chose_is_kept_whatever_it_chose_for_others(user, model, bell, settings, tmp_path) -> None:
    """Another photo, which shows something else, was answered by another model meanwhile."""
    settings.MODELS_DIR = tmp_path
    (tmp_path / "u2net.onnx").write_bytes(b"")
    first = jobs.submit(user, jobs.Upload("photo.png", fakes.photo()), Recipe(), "auto")
    made = run(first).made_by["model"]
    ModelInUse.objects.filter(asked="auto").update(model="isnet-anime", weights="others")
    second = jobs.submit(user, jobs.Upload("photo.png", fakes.photo()), Recipe(), "auto")
    assert (second.status, second.cached, second.made_by["model"]) == (Status.SUCCEEDED, True, made)
