"""`manage.py up`: serves the site and works on jobs, two processes in one terminal, until Ctrl-C.

Not honcho: it signals whole process groups, which would end a worker's child in the middle of its job. Here only
the two main processes are asked to end, and each ends its own.
"""

from __future__ import annotations

import fcntl
import http.client
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

log = logging.getLogger(__name__)

THREADS = 64  # of the web process: most wait, for disks, sockets, and results (gunicorn.conf.py)
GRACE = 15  # seconds beyond the longest job that a worker may take to end


class Exit(NamedTuple):
    name: str
    code: int


class Command(BaseCommand):
    help = "Serves the site and works on jobs until Ctrl-C. HOST, PORT, DATA_DIR, WORKERS by environment."

    def handle(self, *args: Any, **options: Any) -> None:
        with only_one(settings.DATA_DIR / "up.lock"):
            check_port(settings.HOST, settings.PORT)
            team = Team({"web": web_command(), "worker": worker_command()})
            first = team.run(self.greet)
        if first is not None:
            raise CommandError(
                f"The {first.name} process ended by itself (exit code {first.code}).", returncode=1
            )

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
        *("--worker-class", "gthread", "--workers", "1", "--threads", str(THREADS)),
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


class Team:
    """Processes that start and end together."""

    def __init__(self, commands: dict[str, list[str]]) -> None:
        self.commands = commands
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.asked = 0  # how often somebody asked to end

    def run(self, ready: Callable[[], None]) -> Exit | None:
        """Serves until it is asked to end (None) or one process ends by itself (that one). `ready` is called
        once, when the site answers."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask)
        for name, command in self.commands.items():
            # A session of its own: the terminal's Ctrl-C reaches this process alone, which then asks the others.
            self.processes[name] = subprocess.Popen(command, cwd=settings.BASE_DIR, start_new_session=True)
        first = self._watch(ready)
        self._end()
        return first

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked += 1

    def _watch(self, ready: Callable[[], None]) -> Exit | None:
        greeted = False
        while not self.asked:
            for name, process in self.processes.items():
                if process.poll() is not None:
                    return Exit(name, process.returncode)
            if not greeted and answers():
                greeted = True
                ready()
            time.sleep(0.1)
        return None

    def _end(self) -> None:
        """Asks each to end and waits: a running job finishes. A second Ctrl-C, or a wait beyond reason, kills."""
        asked, deadline = self.asked, time.monotonic() + settings.JOB_SECONDS + GRACE
        for process in self.processes.values():
            if process.poll() is None:
                process.terminate()
        while any(process.poll() is None for process in self.processes.values()):
            if self.asked > max(asked, 1) or time.monotonic() > deadline:
                self._kill()
            time.sleep(0.05)

    def _kill(self) -> None:
        """The whole session of each: the children of a worker that was killed would go on."""
        for process in self.processes.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


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
