"""Requests that wait share one look at the rows, and are woken by it."""

from __future__ import annotations

import threading
import time
import uuid

import pytest
from django.db import connection

from processing.api import watch
from processing.models import Job
from tests.together import at_once

pytestmark = pytest.mark.both


def waits(job_id: object, seconds: float = 20) -> float:
    began = time.monotonic()
    watch.until_final(Job, job_id, seconds)
    connection.close()
    return time.monotonic() - began


def test_all_who_wait_are_woken_by_the_end(alice, bell):
    job = alice.upload(path="jobs").json()["id"]
    looks = []
    threads = [threading.Thread(target=lambda: looks.append(waits(uuid.UUID(job)))) for _ in range(20)]
    for thread in threads:
        thread.start()
    assert sum(thread.name == "watch" for thread in threading.enumerate()) <= 1
    Job.objects.update(status=Job.Status.FAILED)
    for thread in threads:
        thread.join(10)
    assert len(looks) == 20 and max(looks) < 20


def test_what_is_gone_is_final_and_time_ends_the_rest(alice, bell):
    assert waits(uuid.uuid4()) < 20
    job = alice.upload(path="jobs").json()["id"]
    assert waits(uuid.UUID(job), 0.2) >= 0.2


def test_a_new_wait_after_an_old_one_is_seen(alice, bell):
    """The thread ends with its last waiter; the next one begins another."""
    job = uuid.UUID(alice.upload(path="jobs").json()["id"])
    Job.objects.update(status=Job.Status.FAILED)
    for _ in range(20):
        assert waits(job) < 20
    assert all(isinstance(one, float) for one in at_once(*[lambda: waits(job)] * 5))


def test_the_database_may_be_away_for_a_moment(alice, bell, monkeypatch):
    job = uuid.UUID(alice.upload(path="jobs").json()["id"])
    Job.objects.update(status=Job.Status.FAILED)
    real, broken = watch._finals, [1]

    def finals(*args: object) -> object:
        if broken:
            broken.pop()
            raise ConnectionError
        return real(*args)

    monkeypatch.setattr(watch, "_finals", finals)
    monkeypatch.setattr(watch, "PAUSE_AFTER_ERROR", 0.01)
    assert waits(job) < 20 and not broken
