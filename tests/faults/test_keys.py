"""Requests with an Idempotency-Key in two web processes: one is killed in the middle, one takes long."""

from __future__ import annotations

import http.client
import io
import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx
import pytest
from django.conf import settings
from django.db.models.functions import Now
from PIL import Image

from accounts import keys
from accounts.models import CreditEntry, KeptAnswer, User
from processing.api.claims import SILENT
from processing.models import Job
from tests import ledger, servers
from tests.cluster.composition import web_command
from tests.faults.conftest import Site
from tests.servers import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.both, pytest.mark.timeout(300)]
PATIENCE = 120.0


@contextmanager
def webs(site: Site, marks: Path, count: int = 2) -> Iterator[list[int]]:
    """The ports of so many web processes, each with a gunicorn of its own that starts no other in place of it."""
    (marks / "tmp").mkdir(parents=True)
    ports = [servers.free_port() for _ in range(count)]
    made = []
    for port in ports:
        environment = site.environment | {
            "DJANGO_SETTINGS_MODULE": "tests.faults.holding",
            "HOLD_MARKS": str(marks),
            "TMPDIR": str(marks / "tmp"),
            "PORT": str(port),
            "SITE_URL": f"http://127.0.0.1:{port}",
        }
        with (site.folder / f"web-{port}.log").open("wb") as log:
            made.append(
                subprocess.Popen(
                    web_command(port),
                    env=environment,
                    cwd=settings.BASE_DIR,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            )
    try:
        for port in ports:
            wait_until(partial(servers.answers, port, "/healthz"), "a web process", PATIENCE)
        yield ports
    finally:
        for process in made:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def key_of(site: Site) -> str:
    """Under a plan whose rate is above that of the tries."""
    User.objects.update(plan_name="business")
    return keys.issue(User.objects.get())[1]


def large_photo() -> bytes:
    """More than what is kept in memory."""
    file, chance = io.BytesIO(), random.Random(17)
    Image.frombytes("RGB", (1100, 1000), chance.randbytes(3 * 1100 * 1000)).save(file, "PNG")
    return file.getvalue()


PHOTO = large_photo()


def post(port: int, key: str, name: str) -> httpx.Response:
    return httpx.post(
        f"http://127.0.0.1:{port}/api/v1/jobs",
        headers={"X-Api-Key": key, "Idempotency-Key": "order-17"},
        files={"file": (name, PHOTO, "image/png")},
        timeout=PATIENCE,
        trust_env=False,
    )


def obeyed(answer: httpx.Response) -> None:
    """Waits as long as the site asks for."""
    time.sleep(float(answer.headers["Retry-After"]))


def made_one() -> None:
    assert Job.objects.count() == 1
    assert CreditEntry.objects.filter(kind="reserve").count() == 1
    ledger.check()


def test_the_key_of_a_process_that_was_killed_is_free_within_seconds(site: Site, tmp_path: Path) -> None:
    key = key_of(site)
    with webs(site, tmp_path / "marks") as (dies, other):
        with pytest.raises((httpx.HTTPError, http.client.HTTPException)):
            post(dies, key, "dies.png")
        assert (tmp_path / "marks" / "dies").exists(), "it was not killed"
        assert [*(tmp_path / "marks" / "tmp").rglob("*.*")] == [], "of its photo nothing is left on the disk"
        kept = KeptAnswer.objects.get()
        assert (kept.status, Job.objects.count()) == (0, 0)
        began = time.monotonic()
        while (answer := post(other, key, "dies.png")).status_code == 409:
            assert time.monotonic() - began < 30.0, "the key is not free"
            obeyed(answer)
        assert (answer.status_code, answer.json()["id"]) == (202, str(kept.job_id))
        assert post(other, key, "dies.png").headers["Idempotent-Replayed"] == "true"
    made_one()


def test_one_that_takes_long_keeps_its_key(site: Site, tmp_path: Path) -> None:
    key = key_of(site)
    marks = tmp_path / "marks"
    with webs(site, marks) as (slow, other), ThreadPoolExecutor(1) as people:
        first = people.submit(post, slow, key, "holds.png")
        wait_until((marks / "holds").exists, "the first has begun", PATIENCE)
        long_ago = KeptAnswer.objects.filter(created__lt=Now() - SILENT * 2)
        try:
            while not long_ago.exists():  # by the database's clock, by which claims are counted
                answer = post(other, key, "holds.png")
                assert (answer.status_code, answer.json().get("code")) == (409, "idempotency_in_progress")
                obeyed(answer)
        finally:
            (marks / "let-go").touch()
        assert first.result(PATIENCE).status_code == 202
        again = post(other, key, "holds.png")
        assert again.json()["id"] == first.result().json()["id"]
        assert again.headers["Idempotent-Replayed"] == "true"
    made_one()
