"""Redis goes away while photos come in: they are accepted at once and worked on when it is back."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings

from processing.models import Job
from tests import servers
from tests.faults.conftest import Site

pytestmark = [pytest.mark.slow, pytest.mark.both, pytest.mark.timeout(300)]
PATIENCE = 15.0  # seconds of ringing; one is promised where nobody else is, and without bounds it is 19 to 80


def stop(server: servers.Redis) -> None:
    server.kill()


def freeze(server: servers.Redis) -> None:
    assert server.process
    server.process.send_signal(signal.SIGSTOP)


def fill(server: servers.Redis) -> None:
    """No byte more is taken, and nothing is thrown away for it: every write is refused."""
    client(server).config_set("maxmemory", 1)


def client(server: servers.Redis) -> Any:
    import redis

    return redis.Redis.from_url(server.url)


def wake(server: servers.Redis) -> None:
    if server.process:
        server.process.send_signal(signal.SIGCONT)
        client(server).config_set("maxmemory", 0)
    else:
        server.start()


def submit(site: Site) -> tuple[Job, float]:
    answer = subprocess.run(
        [sys.executable, "-m", "tests.faults.submit", site.user.email],
        env=site.environment,
        cwd=settings.BASE_DIR,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    key, seconds = answer.stdout.split()
    return Job.objects.get(pk=key), float(seconds)


@pytest.mark.parametrize("away", [stop, freeze, fill])
def test_redis_is_away_while_a_photo_comes(
    site: Site, redis: servers.Redis, away: Callable[[servers.Redis], None]
) -> None:
    site.environment["BROKER_URL"] = redis.url
    away(redis)
    job, seconds = submit(site)
    assert 0 < seconds < PATIENCE
    assert (job.status, job.rung) == (Job.Status.QUEUED, None)

    wake(redis)
    site.work()
    site.finished_once(job, attempt=1)


def test_redis_is_killed_under_a_worker_and_comes_back_empty(site: Site, redis: servers.Redis) -> None:
    site.environment["BROKER_URL"] = redis.url
    site.work()
    job, _ = submit(site)
    site.wait_for_stage(job, Job.Stage.LOOKING)
    redis.kill()
    redis.start()
    site.wait(job, lambda job: job.is_final, "the end of the job")
    assert job.status == Job.Status.SUCCEEDED
    site.finished_once(job, attempt=job.attempt)


def test_a_worker_that_starts_before_redis_waits_for_it(site: Site, redis: servers.Redis) -> None:
    site.environment["BROKER_URL"] = redis.url
    redis.kill()
    job, _ = submit(site)
    worker = site.work()
    servers.wait_until(lambda: "Cannot connect" in worker.log.read_text(), "the worker misses Redis", 60)
    redis.start()
    site.finished_once(job, attempt=1)
