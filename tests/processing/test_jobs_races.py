"""Whatever is lost, doubled, late or at the same time: one end, one charge. On both configurations."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.conf import settings
from django.db.models.functions import Now

from accounts.models import User
from processing import caretaker, jobs, tasks
from processing.errors import Refused
from processing.models import Job, Worker
from tests.processing.test_jobs import run, sound, submit  # noqa: F401
from tests.together import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]
Status = Job.Status


def claim(job: Job, lease: timedelta = timedelta(seconds=60)) -> uuid.UUID:
    token = uuid.uuid4()
    assert Job.objects.claim(job.pk, token, lease)
    return token


def lapse(job: Job) -> None:
    """The lease of this job ran out a second ago."""
    Job.objects.filter(pk=job.pk).update(lease_until=Now() - timedelta(seconds=1))


def balance(user: User) -> float:
    return User.objects.get(pk=user.pk).credits


def test_one_of_many_claims_wins(user) -> None:
    for shade in range(5):
        job = submit(user, shade=shade)
        claims = at_once(*[lambda: Job.objects.claim(job.pk, uuid.uuid4(), timedelta(seconds=60))] * 8)  # noqa: B023
        assert sorted(map(str, claims)) == ["False"] * 7 + ["True"]
        job.refresh_from_db()
        assert job.attempt == 1


def test_a_doubled_message_changes_nothing(user, model) -> None:
    job = submit(user)
    answers = at_once(*[lambda: tasks.run_job(str(job.pk))] * 4)
    assert answers == [None] * 4
    run(job)
    assert (job.status, job.attempt, model.looks, job.renditions.count()) == (Status.SUCCEEDED, 1, 2, 3)
    assert balance(user) == 9


def test_a_message_for_a_job_that_is_gone_changes_nothing(user, model) -> None:
    tasks.run_job(str(uuid.uuid4()))
    assert model.looks == 0


def test_a_lost_message_is_rung_again(user, bell) -> None:
    bell.broken = True
    job = submit(user)
    job.refresh_from_db()
    assert (job.status, job.rung) == (Status.QUEUED, None)
    bell.broken = False

    jobs.sweep()
    assert bell.rung == [job.pk]
    jobs.sweep()
    assert bell.rung == [job.pk], "told a moment ago: not yet again"

    Job.objects.filter(pk=job.pk).update(rung=Now() - jobs.RING_AGAIN - timedelta(seconds=1))
    jobs.sweep()
    assert bell.rung == [job.pk, job.pk]


def test_a_long_queue_is_rung_at_its_head_only(user, bell, monkeypatch) -> None:
    monkeypatch.setattr(jobs, "RING_AT_MOST", 2)
    waiting = [submit(user, shade=shade) for shade in range(4)]
    bell.rung.clear()
    Job.objects.update(rung=None)
    jobs.sweep()
    assert bell.rung == [job.pk for job in waiting[:2]]


def test_a_lease_that_ran_out_brings_the_job_back(user, bell, model) -> None:
    job = submit(user)
    claim(job)
    jobs.sweep()
    assert Job.objects.get().status == Status.RUNNING, "its lease holds"
    lapse(job)
    bell.rung.clear()

    jobs.sweep()

    job.refresh_from_db()
    assert (job.status, job.attempt, bell.rung) == (Status.QUEUED, 1, [job.pk])
    assert (run(job).status, job.attempt, balance(user)) == (Status.SUCCEEDED, 2, 9)


def test_the_third_crash_is_the_last(user) -> None:
    job = submit(user)
    for _ in range(settings.JOB_ATTEMPTS):
        claim(job)
        lapse(job)
        jobs.sweep()
    job.refresh_from_db()
    assert (job.status, job.error_code, job.error_facts) == (Status.FAILED, "worker_crashed", {"attempts": 3})
    assert balance(user) == 10


def test_many_sweeps_at_once_do_it_once(user, bell) -> None:
    lost = [submit(user, shade=shade) for shade in range(4)]
    for job in lost:
        claim(job)
        lapse(job)
    Job.objects.filter(pk__in=[lost[0].pk, lost[1].pk]).update(attempt=settings.JOB_ATTEMPTS)
    answers = at_once(*[jobs.sweep] * 6)
    assert answers == [None] * 6
    assert Job.objects.filter(status=Status.FAILED, error_code="worker_crashed").count() == 2
    assert Job.objects.filter(status=Status.QUEUED).count() == 2
    assert balance(user) == 8


def test_a_thawed_worker_loses_its_fence_and_its_files_go(user, model, files) -> None:
    job = submit(user)

    def frozen_while_another_one_finished() -> None:
        model.meanwhile = lambda: None
        lapse(job)
        jobs.sweep()
        run(job)

    model.meanwhile = frozen_while_another_one_finished
    tasks.run_job(str(job.pk))

    job.refresh_from_db()
    assert (job.status, job.attempt, job.renditions.count()) == (Status.SUCCEEDED, 2, 3)
    assert balance(user) == 9
    assert len([name for name in files() if "/jobs/" in name]) == 3


def test_a_thawed_worker_cannot_fail_the_job_of_another(user, model) -> None:
    job = submit(user)
    late = claim(job)
    lapse(job)
    jobs.sweep()
    run(job)
    with pytest.raises(jobs.LeaseLost):
        jobs.fail(job.pk, late, "model_failed")
    with pytest.raises(jobs.LeaseLost):
        jobs.finish(job, late, [], {})
    assert Job.objects.renew(job.pk, late, timedelta(seconds=60)) is False
    job.refresh_from_db()
    assert (job.status, job.error_code) == (Status.SUCCEEDED, "")


def test_a_thawed_worker_is_in_nobodys_way_while_another_one_works(user, model) -> None:
    job = submit(user)
    late = claim(job)
    lapse(job)
    jobs.sweep()
    present = claim(job)

    with pytest.raises(jobs.LeaseLost):
        jobs.note_stage(job.pk, late, Job.Stage.SAVING)
    with pytest.raises(jobs.LeaseLost):
        jobs.fail(job.pk, late, "model_failed")
    with pytest.raises(jobs.LeaseLost):
        jobs.finish(job, late, [], {})
    assert Job.objects.renew(job.pk, late, timedelta(seconds=60)) is False
    assert Job.objects.held_by(job.pk, present).exists()
    assert balance(user) == 9


def test_cancel_while_queued(user, model) -> None:
    job = submit(user)
    jobs.cancel(job)
    run(job)
    assert (job.status, model.looks, balance(user)) == (Status.CANCELLED, 0, 10)
    for _ in range(2):
        with pytest.raises(Refused, match="can no longer be cancelled"):
            jobs.cancel(job)


def test_cancel_after_the_work_began_is_refused(user, model) -> None:
    job = submit(user)
    claim(job)
    with pytest.raises(Refused) as refusal:
        jobs.cancel(job)
    assert (refusal.value.code, refusal.value.status) == ("not_cancellable", 409)
    assert balance(user) == 9


def test_cancel_and_claim_at_once_and_one_wins(user) -> None:
    for shade in range(8):
        job = submit(user, shade=shade)
        cancelled, claimed = at_once(
            lambda: jobs.cancel(job),  # noqa: B023
            lambda: Job.objects.claim(job.pk, uuid.uuid4(), timedelta(seconds=60)),  # noqa: B023
        )
        job.refresh_from_db()
        won_by_cancel = (None, False, Status.CANCELLED)
        if (cancelled, claimed, job.status) != won_by_cancel:
            assert (getattr(cancelled, "code", ""), claimed, job.status) == (
                "not_cancellable",
                True,
                Status.RUNNING,
            )


def test_cancel_twice_at_once_refunds_once(user) -> None:
    job = submit(user)
    at_once(lambda: jobs.cancel(job), lambda: jobs.cancel(job), lambda: jobs.cancel(job))
    assert balance(user) == 10


def test_delete_while_queued_refunds(user, files) -> None:
    jobs.delete(submit(user))
    assert (files(), Job.objects.count(), balance(user)) == ([], 0, 10)


def test_delete_while_running_refunds_and_the_worker_leaves_nothing(user, model, files, caplog) -> None:
    job = submit(user)
    model.meanwhile = lambda: jobs.delete(Job.objects.get(pk=job.pk))
    tasks.run_job(str(job.pk))
    assert (files(), Job.objects.count(), balance(user)) == ([], 0, 10)
    assert not [said for said in caplog.records if said.levelname == "ERROR"], "nothing has failed"


def test_delete_and_finish_at_once(user, model, files) -> None:
    for shade in range(6):
        job = submit(user, shade=shade)
        answers = at_once(
            lambda: tasks.run_job(str(job.pk)),  # noqa: B023
            lambda: jobs.delete(job),  # noqa: B023
        )
        assert answers == [None, None]
    assert (files(), Job.objects.count()) == ([], 0)


def test_the_same_photo_comes_while_its_last_job_is_deleted(user, model, files) -> None:
    for shade in range(6):
        job = run(submit(user, shade=shade))
        deleted, again = at_once(lambda: jobs.delete(job), lambda: submit(user, shade=shade))  # noqa: B023
        assert deleted is None
        assert isinstance(again, Job), again
        assert run(again).status == Status.SUCCEEDED
        jobs.delete(again)
        User.objects.filter(pk=user.pk).update(balance=10 * 100)
        user.credit_entries.exclude(key="test").delete()


def test_workers_are_alive_while_they_say_so(transactional_db, bell) -> None:
    assert jobs.workers_alive() is False
    caretaker.round_of_care("one")
    assert jobs.workers_alive() is True
    Worker.objects.update(seen=Now() - jobs.WORKER_SILENCE - timedelta(seconds=1))
    assert jobs.workers_alive() is False


def test_position_counts_who_came_before(user) -> None:
    first, second = submit(user), submit(user, shade=90)
    assert (jobs.position(first), jobs.position(second)) == (1, 2)
