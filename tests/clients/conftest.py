"""gunicorn and a worker as people start them, for clients that come from outside; one pair for all of this folder."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from accounts import keys, quotas
from accounts.models import CREDIT, User
from processing.management.commands.up import web_command
from tests import fakes, tiny
from tests.faults.conftest import WorkerProcess, empty_broker, environment
from tests.servers import free_port, listens, wait_until


@dataclass
class Server:
    """The site, and somebody's key for it. `user` is a free account with 10 credits."""

    url: str
    port: int
    key: str
    photo: Path
    user: User
    logs: tuple[Path, Path]  # of the web process and of the worker


@pytest.fixture(scope="package")
def site_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("site")


@pytest.fixture(scope="package")
def port(site_folder: Path, django_db_setup: None, django_db_blocker: Any) -> Iterator[int]:
    with django_db_blocker.unblock(), _running(site_folder) as number:
        yield number


@pytest.fixture
def server(port: int, site_folder: Path, tmp_path: Path, transactional_db: None) -> Server:
    user = User.objects.create_user("alice@example.org")
    quotas.grant(user, 10 * CREDIT, "test")
    photo = tmp_path / "cup.png"
    photo.write_bytes(fakes.photo(800, 600))
    logs = site_folder / "web.log", site_folder / "worker.log"
    return Server(f"http://127.0.0.1:{port}", port, keys.issue(user)[1], photo, user, logs)


@contextmanager
def _running(folder: Path) -> Iterator[int]:
    tiny.install(folder / "models")
    empty_broker()
    usual, settings.PORT = settings.PORT, free_port()
    port = settings.PORT
    names = "localhost,127.0.0.1,api.remove.bg"  # the last for clients in which it is written down
    surroundings = environment(folder) | {
        "PORT": str(port), "ALLOWED_HOSTS": names, "LOG_FORMAT": "json", "WEBHOOK_INTERNAL_HOSTS": "127.0.0.1:9",
    }  # fmt: skip
    worker = WorkerProcess(surroundings, folder / "worker.log")
    with (folder / "web.log").open("wb") as log:
        web = subprocess.Popen(
            web_command(),
            env=surroundings,
            cwd=settings.BASE_DIR,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    settings.PORT = usual
    try:
        wait_until(lambda: listens(port), "gunicorn", 60)
        yield port
    finally:
        os.killpg(web.pid, signal.SIGKILL)
        web.wait()
        worker.kill()
        empty_broker()
