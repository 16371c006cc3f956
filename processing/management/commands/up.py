"""`manage.py up`: serves the site and works on jobs, two processes in one terminal, until Ctrl-C.

Not honcho: it signals whole process groups, which would end a worker's child in the middle of its job. Here only
the two main processes are asked to end, and each ends its own. One that dies is started again (see `Supervisor`).
"""

from __future__ import annotations

import fcntl
import http.client
import logging
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import OperationalError

from processing.management.supervisor import PAUSES, Supervisor

log = logging.getLogger(__name__)

THREADS = 64  # of the web process: most wait, for disks, sockets, and results (gunicorn.conf.py)


class Command(BaseCommand):
    help = "Serves the site and works on jobs until Ctrl-C. HOST, PORT, DATA_DIR, WORKERS by environment."

    def handle(self, *args: Any, **options: Any) -> None:
        with only_one(settings.DATA_DIR / "up.lock"):
            check_port(settings.HOST, settings.PORT)
            check_database()
            commands = {"web": web_command(), "worker": worker_command()}
            hopeless = Supervisor(commands, answers, self.warn).run(self.greet)
        if hopeless is not None:
            raise CommandError(
                f"The {hopeless.name} process cannot stay up: it ended by itself {len(PAUSES) + 1} times in a row "
                f"({hopeless.how}). Its own words are above; `manage.py doctor` looks for what is wrong.",
                returncode=1,
            )

    def warn(self, words: str) -> None:
        if settings.LOG_FORMAT == "json":
            log.warning(words)
            return
        self.stderr.write(words)
        self.stderr.flush()

    def greet(self) -> None:
        if settings.LOG_FORMAT == "json":  # then every line is read by a program
            log.info("bgsite is at %s", settings.SITE_URL)
            return
        lines = [f"bgsite is at {settings.SITE_URL}", f"  Sign in as {settings.OPERATOR_EMAIL}{_password()}"]
        sample = settings.DATA_DIR / "sample" / "cutout.png"
        if sample.exists():
            lines.append(f"  A sample cutout is in {sample}")
        self.stdout.write("\n".join(["", *lines, "  Ctrl-C ends it.", ""]))
        self.stdout.flush()


def _password() -> str:
    path = settings.DATA_DIR / "operator.txt"
    return f", the password is in {path}" if path.exists() else ""


def web_command() -> list[str]:
    return [
        *(sys.executable, "-m", "gunicorn", "bgsite.wsgi", "--bind", address(settings.HOST, settings.PORT)),
        *("--worker-class", "bgsite.gathering.GatheringWorker"),
        *("--workers", "1", "--threads", str(THREADS)),
        *("--graceful-timeout", "10", "--timeout", "60", "--log-level", "warning"),
    ]


def worker_command() -> list[str]:
    return [
        *(sys.executable, "-m", "celery", "--quiet", "-A", "bgsite", "worker"),
        *("--without-gossip", "--without-mingle", "--loglevel", "WARNING"),
    ]


def address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Two products on one data folder would fight for its port, its queue and its database."""
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError(
                f"bgsite is already running on {path.parent}: end it first, or set DATA_DIR."
            ) from None
        yield


def check_database() -> None:
    """After an update the tables are made first; the pages would fail one by one, and say nothing of the reason."""
    try:
        executor = MigrationExecutor(connection)
    except OperationalError:
        return  # the site itself waits for a database that is away
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise CommandError(
            "The database belongs to another version: run `manage.py prepare` first, or `make run`, which does both."
        )


def check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"The port {port} on {host} cannot be used ({os.strerror(error.errno or 0)}): "
                "set PORT to another one, for example PORT=8080."
            ) from None


def answers() -> bool:
    """Whether the site says that it is alive."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.HOST, settings.HOST)  # noqa: S104
    link = http.client.HTTPConnection(host, settings.PORT, timeout=2)  # and not urllib, which asks proxies
    try:
        link.request("GET", "/healthz", headers={"Host": settings.ALLOWED_HOSTS[0]})
        return link.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        link.close()
