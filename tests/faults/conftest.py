"""Real worker processes on the tests' own database, broker and files, with a net that takes its time."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection

from accounts import quotas
from accounts.models import CREDIT, User
from processing import jobs, storage
from processing.management.commands.up import worker_command
from processing.models import Job
from processing.pipeline.recipe import Recipe
from tests import fakes, ledger, tiny
from tests.servers import wait_until

PATIENCE = 90.0  # seconds; a loaded machine starts a worker slowly
SLOW = 1500  # rounds of the net: seconds enough to be hit in the middle


class WorkerProcess:
    """`celery worker` as `manage.py up` starts it, in a session of its own."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self.log = log
        with log.open("ab") as file:
            self.process = subprocess.Popen(
                worker_command(),
                env=environment,
                cwd=settings.BASE_DIR,
                stdout=file,
                stderr=file,
                start_new_session=True,
            )

    def signal_all(self, number: int) -> None:
        os.killpg(self.process.pid, number)

    def children(self) -> list[int]:
        answer = subprocess.run(
            ["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True, check=False
        )
        return [int(line) for line in answer.stdout.split()]

    def kill(self) -> None:
        """No process of this session is left afterwards, even when its leader is gone already."""
        try:
            self.signal_all(signal.SIGKILL)
        except ProcessLookupError:
            return
        finally:
            self.process.wait()


class Site:
    """The test process as the web process; workers beside it."""

    def __init__(self, folder: Path, user: User) -> None:
        self.folder, self.user = folder, user
        self.workers: list[WorkerProcess] = []
        self.environment = environment(folder)

    def work(self) -> WorkerProcess:
        worker = WorkerProcess(self.environment, self.folder / f"worker-{len(self.workers)}.log")
        self.workers.append(worker)
        return worker

    def submit(self, shade: int = 40) -> Job:
        return jobs.submit(self.user, jobs.Upload("photo.png", fakes.photo(shade=shade)), Recipe())

    def wait(self, job: Job, true: Callable[[Job], bool], what: str) -> Job:
        def look() -> bool:
            job.refresh_from_db()
            return true(job)

        try:
            wait_until(look, what, PATIENCE)
        except AssertionError as late:
            logs = "\n".join(worker.log.read_text()[-3000:] for worker in self.workers)
            raise AssertionError(f"{late}; {job.status} {job.stage} attempt {job.attempt}\n{logs}") from None
        return job

    def wait_for_stage(self, job: Job, stage: str) -> None:
        self.wait(job, lambda job: job.stage == stage or job.is_final, stage)
        assert job.stage == stage, f"{job.status}: too quick to be hit"

    def finished_once(self, job: Job, attempt: int, pictures: int = 3) -> None:
        """Succeeded, charged once, and exactly the files that its rows name."""
        self.wait(job, lambda job: job.is_final, "the end of the job")
        assert (job.status, job.error_code, job.attempt) == (Job.Status.SUCCEEDED, "", attempt)
        assert job.renditions.count() == pictures
        assert {name for name in storage.names_under("u") if "/jobs/" in name} == {
            rendition.file for rendition in job.renditions.all()
        }
        assert User.objects.get(pk=self.user.pk).balance == 9 * CREDIT
        ledger.check()


def environment(folder: Path) -> dict[str, str]:
    """What makes a process of the product use this test's database, broker, files and net."""
    asked = {
        "DJANGO_SETTINGS_MODULE": "bgsite.settings",
        "DATABASE_URL": database_url(),
        "BROKER_URL": settings.BROKER_URL,
        "DATA_DIR": str(settings.DATA_DIR),
        "MODELS_DIR": str(folder / "models"),
        "JOB_LEASE_SECONDS": "3",
        "SWEEP_SECONDS": "1",
        "INFERENCE_THREADS": "1",
        "WORKER_NICE": "0",  # on a busy machine they would get no turn within the tests' patience
        "LOG_LEVEL": "INFO",
    }
    return os.environ | asked


def database_url() -> str:
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))


def empty_broker() -> None:
    """Every message is lost, those that a worker holds too."""
    if settings.BROKER_URL.startswith("redis"):
        import redis

        redis.Redis.from_url(settings.BROKER_URL).flushdb()
    else:
        shutil.rmtree(settings.DATA_DIR / "queue", ignore_errors=True)


@pytest.fixture
def site(tmp_path: Path, transactional_db: None) -> Iterator[Site]:
    tiny.install(tmp_path / "models", SLOW)
    user = User.objects.create_user("alice@example.org")
    quotas.grant(user, 10 * CREDIT, "test")
    empty_broker()
    site = Site(tmp_path, user)
    yield site
    for worker in site.workers:
        worker.kill()
    empty_broker()
    for name in list(storage.names_under("u")):
        default_storage.delete(name)
