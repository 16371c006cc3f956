"""Processes are killed, frozen and asked to end; messages are lost and doubled. The job ends once, charged once."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial

import pytest
from django.conf import settings
from django.db import connection

from processing import jobs
from processing.models import Job
from tests import ledger
from tests.faults.conftest import PATIENCE, Site, WorkerProcess, empty_broker
from tests.servers import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.both, pytest.mark.timeout(300)]
LOOKING = Job.Stage.LOOKING


def kill_all(worker: WorkerProcess) -> None:
    worker.kill()


def kill_main(worker: WorkerProcess) -> None:
    worker.process.kill()
    worker.process.wait()


def kill_child(worker: WorkerProcess) -> None:
    children = worker.children()
    assert children
    for child in children:
        os.kill(child, signal.SIGKILL)


def freeze(worker: WorkerProcess) -> None:
    """Stops all its processes at a moment in which none holds SQLite's one lock: nobody could work then."""
    worker.signal_all(signal.SIGSTOP)
    while connection.vendor == "sqlite" and is_locked(connection.settings_dict["NAME"]):
        worker.signal_all(signal.SIGCONT)
        time.sleep(0.05)
        worker.signal_all(signal.SIGSTOP)


def is_locked(database: str) -> bool:
    with closing(sqlite3.connect(database, timeout=0.2)) as probe:
        try:
            probe.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        return False


def test_it_works_and_says_so(site: Site) -> None:
    job = site.submit()
    assert jobs.workers_alive() is False
    assert (Job.objects.get().status, jobs.position(job)) == (Job.Status.QUEUED, 1)

    site.work()

    site.finished_once(job, attempt=1)
    assert jobs.workers_alive() is True


@pytest.mark.parametrize("kill", [kill_all, kill_child])
def test_kill_9_in_the_middle_of_a_job(site: Site, kill: Callable[[WorkerProcess], None]) -> None:
    first, job = site.work(), site.submit()
    site.wait_for_stage(job, LOOKING)
    kill(first)
    if first.process.poll() is not None:
        site.work()
    site.finished_once(job, attempt=2)


def test_kill_9_of_the_main_process_and_its_child_may_end_the_job_or_not(site: Site) -> None:
    first, job = site.work(), site.submit()
    site.wait_for_stage(job, LOOKING)
    kill_main(first)
    site.work()
    site.wait(job, lambda job: job.is_final, "the end of the job")
    site.finished_once(job, attempt=job.attempt)


def is_looking(attempt: int, job: Job) -> bool:
    return job.attempt == attempt and job.stage == LOOKING


def test_a_photo_that_kills_every_worker_is_given_up_and_refunded(site: Site) -> None:
    worker, job = site.work(), site.submit()
    for attempt in range(1, settings.JOB_ATTEMPTS + 1):
        site.wait(job, partial(is_looking, attempt), f"attempt {attempt}")
        kill_child(worker)
    site.wait(job, lambda job: job.is_final, "the end of the job")
    assert (job.status, job.error_code) == (Job.Status.FAILED, "worker_crashed")
    site.user.refresh_from_db()
    assert site.user.credits == 10
    other = site.submit(shade=90)
    site.finished_once(other, attempt=1)


def test_the_broker_is_emptied_before_a_worker_hears_it(site: Site) -> None:
    job = site.submit()
    empty_broker()
    site.work()
    site.finished_once(job, attempt=1)


def test_the_broker_is_emptied_under_a_worker(site: Site) -> None:
    site.work()
    first = site.submit()
    site.wait_for_stage(first, LOOKING)
    waiting = site.submit(shade=90)
    empty_broker()
    for job in (first, waiting):
        site.wait(job, lambda job: job.is_final, "the end of the job")
        assert (job.status, job.attempt) == (Job.Status.SUCCEEDED, 1)


def test_a_worker_that_hears_nothing_ends_itself(site: Site) -> None:
    """Its supervisor starts another one, which takes what waits."""
    site.environment["DJANGO_SETTINGS_MODULE"] = "tests.faults.deaf"
    deaf, job = site.work(), site.submit()
    wait_until(lambda: deaf.process.poll() is not None, "the deaf worker ends", PATIENCE)
    assert "hears nothing" in deaf.log.read_text()
    job.refresh_from_db()
    assert job.status == Job.Status.QUEUED
    site.environment["DJANGO_SETTINGS_MODULE"] = "bgsite.settings"
    site.work()
    site.finished_once(job, attempt=1)


def test_doubled_messages_are_one_job(site: Site) -> None:
    job = site.submit()
    for _ in range(4):
        jobs.ring(job.pk)
    site.work()
    site.finished_once(job, attempt=1)


def test_a_worker_that_is_asked_to_end_finishes_its_job(site: Site) -> None:
    worker, job = site.work(), site.submit()
    site.wait_for_stage(job, LOOKING)
    worker.process.terminate()
    assert worker.process.wait(timeout=60) == 0
    site.finished_once(job, attempt=1)


def test_a_frozen_worker_wakes_up_too_late(site: Site) -> None:
    frozen, job = site.work(), site.submit()
    site.wait_for_stage(job, LOOKING)
    freeze(frozen)
    site.work()
    site.finished_once(job, attempt=2)

    frozen.signal_all(signal.SIGCONT)
    wait_until(lambda: "lease was lost" in frozen.log.read_text(), "the thawed worker notices", 60)
    site.finished_once(job, attempt=2)


def test_a_child_above_its_memory_ceiling_is_replaced_and_its_job_is_done(site: Site) -> None:
    site.environment["WORKER_MEMORY_MB"] = "100"  # less than any child has when it has looked at a photo
    worker = site.work()
    before = site.submit()
    site.wait(before, lambda job: job.is_final, "the end of the first job")
    children = worker.children()
    after = site.submit(shade=60)
    site.wait(after, lambda job: job.is_final, "the end of the second job")
    wait_until(lambda: bool(set(worker.children()) - set(children)), "another child", PATIENCE)
    assert [(job.status, job.attempt) for job in (before, after)] == [(Job.Status.SUCCEEDED, 1)] * 2
    ledger.check()
