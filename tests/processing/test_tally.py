"""What ended is counted once, whatever becomes of the job; percentiles from counts by duration."""

from __future__ import annotations

import pytest

from accounts import quotas
from accounts.models import CREDIT, User
from processing import intake, jobs, tally
from processing.errors import Refused
from processing.models import Job, Tally, UserDay
from processing.pipeline.recipe import Recipe
from tests.fakes import photo
from tests.together import at_once


@pytest.mark.parametrize(
    ("seconds", "bucket"), [(0, 0), (0.5, 0), (0.51, 1), (10, 8), (10.01, tally.ABOVE_10 + 1), (9999, 16)]
)
def test_buckets(seconds, bucket):
    assert tally.bucket_of(seconds) == bucket


@pytest.mark.parametrize(
    ("counts", "share", "seconds"),
    [
        ([0] * 17, 0.5, 0.0),
        ([10] + [0] * 16, 0.5, 0.25),
        ([10] + [0] * 16, 1.0, 0.5),
        ([5, 5] + [0] * 15, 0.5, 0.5),
        ([5, 5] + [0] * 15, 0.75, 0.75),
        ([0] * 8 + [10] + [0] * 8, 0.5, 8.5),
        ([0] * 16 + [3], 0.95, 300.0),
    ],
)
def test_percentiles(counts, share, seconds):
    assert tally.percentile(counts, share) == pytest.approx(seconds)


@pytest.fixture
def alice(db: None) -> User:
    user = User.objects.create_user("alice@example.org")
    quotas.grant(user, 100 * CREDIT, "start")
    return user


def submitted(user: User) -> Job:
    return jobs.submit(user, jobs.Upload("a.png", photo()), Recipe())


def ended(user: User, code: str = "", cost: float = 0.0, paid_by: str = "operator") -> None:
    job = submitted(user)
    tally.note(job, code, {"model": "u2net", "cost": cost, "paid_by": paid_by})


def test_it_counts(alice, bell):
    ended(alice)
    ended(alice, cost=0.018)
    ended(alice, cost=0.2, paid_by="user")
    ended(alice, "worker_crashed")
    done = Tally.objects.get(code="")
    assert (done.count, done.fee, done.credits) == (3, 0.018, 300)
    assert Tally.objects.get(code="worker_crashed").count == 1
    day = UserDay.objects.get()
    assert (day.done, day.failed) == (3, 1)


def test_it_outlives_the_job(alice, bell):
    job = submitted(alice)
    tally.note(job, "", {})
    jobs.delete(job)
    assert Tally.objects.get().count == 1


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_twenty_at_once(alice, bell):
    job = submitted(alice)
    answers = at_once(*[lambda: tally.note(job, "", {})] * 20)
    assert answers == [None] * 20
    assert sum(Tally.objects.values_list("count", flat=True)) == 20
    assert UserDay.objects.get().done == 20


def test_a_pause_takes_nothing_new_and_charges_nothing(alice, bell):
    waiting = submitted(alice)
    intake.pause("The disk is being changed")
    with pytest.raises(Refused) as refusal:
        submitted(alice)
    assert (refusal.value.code, refusal.value.status) == ("intake_paused", 503)
    assert "The disk is being changed" in str(refusal.value)
    jobs.cancel(waiting)
    waiting.refresh_from_db()
    with pytest.raises(Refused, match="The disk"):
        jobs.retry(waiting)
    alice.refresh_from_db()
    assert alice.balance == 100 * CREDIT
    intake.resume()
    assert submitted(alice).status == "queued"
