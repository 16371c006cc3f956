"""A worker that hears nothing although bells ring notices it, and one that merely has nothing to do does not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from celery.worker import state

from accounts import quotas
from accounts.models import CREDIT, User
from processing import broker_watchdog, jobs
from processing.broker_watchdog import BUSY_ROUNDS, IDLE_ROUNDS, BrokerWatchdog
from processing.models import Job
from processing.pipeline.recipe import Recipe
from tests import fakes

pytestmark = pytest.mark.django_db


class Request:
    """Stands for one of Celery's."""


@pytest.fixture(autouse=True)
def nothing_in_hand() -> Iterator[None]:
    state.reset_state()
    yield
    state.reset_state()


@pytest.fixture
def job() -> Job:
    user = User.objects.create_user("alice@example.org")
    quotas.grant(user, 10 * CREDIT, "test")
    made = jobs.submit(user, jobs.Upload("photo.png", fakes.photo()), Recipe())
    jobs.ring(made.pk)
    return made


def rounds_until_lost(ear: BrokerWatchdog, most: int) -> int | None:
    """In which round of care it is sure that it is lost; None when it is not within so many."""
    return next((number for number in range(1, most + 1) if ear.is_lost()), None)


def test_bells_ring_and_nothing_is_heard(job: Job) -> None:
    assert rounds_until_lost(BrokerWatchdog(), IDLE_ROUNDS + 1) == IDLE_ROUNDS


def test_nobody_waits() -> None:
    assert rounds_until_lost(BrokerWatchdog(), 3 * IDLE_ROUNDS) is None


def test_the_broker_takes_no_bell(job: Job) -> None:
    """It is away: that is not the worker's fault, and another worker would hear no more."""
    Job.objects.update(rung=None)
    assert rounds_until_lost(BrokerWatchdog(), 3 * IDLE_ROUNDS) is None


def test_photos_wait_for_others(job: Job, settings) -> None:
    settings.WORKER_QUEUES = ["edits", "remote"]
    assert rounds_until_lost(BrokerWatchdog(), 3 * IDLE_ROUNDS) is None


def test_what_it_hears_in_between_counts(job: Job) -> None:
    ear = BrokerWatchdog()
    assert rounds_until_lost(ear, IDLE_ROUNDS - 1) is None
    state.all_total_count[0] += 1
    assert rounds_until_lost(ear, IDLE_ROUNDS) is None


def test_one_that_works_has_as_long_as_a_task_may_take(job: Job) -> None:
    ear, request = BrokerWatchdog(), Request()
    state.reserved_requests.add(request)
    assert rounds_until_lost(ear, BUSY_ROUNDS) is None
    assert ear.is_lost()


def test_it_ends_when_it_is_lost(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[bool] = []
    monkeypatch.setattr(broker_watchdog, "end", lambda: ended.append(True))
    ear = BrokerWatchdog()
    for _ in range(IDLE_ROUNDS):
        ear.look()
    assert ended == [True]
