"""docker-compose.yml as processes on loopback: PostgreSQL, Redis, an S3 store, nginx, web processes, workers.

Each process is started by the very command that compose gives it, and is configured by environment alone.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from tests import servers
from tests.cluster.nginx import Nginx
from tests.servers import answers, free_port, wait_until

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 180.0  # on a machine that does much else
JOB_SECONDS = 180.0


@dataclass
class Process:
    """One that can be asked to end, killed with all its children, and started again."""

    name: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    port: int = 0
    running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                self.command,
                env=self.environment,
                cwd=ROOT,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def ask_to_end(self) -> None:
        if self.running:
            self.running.terminate()

    def wait(self, seconds: float = JOB_SECONDS) -> int:
        assert self.running
        code = self.running.wait(timeout=seconds)
        self.running = None
        return code

    def kill(self) -> None:
        """It and all its children, at once, as when a machine loses its power."""
        if self.running is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self.running.pid, signal.SIGKILL)
        self.running.wait()
        self.running = None

    def said(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""


@dataclass
class Cluster:
    folder: Path
    environment: dict[str, str]
    postgres: servers.Postgres
    redis: servers.Redis
    nginx: Nginx
    webs: list[Process] = field(default_factory=list)
    workers: list[Process] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.nginx.port}"

    def manage(self, *words: str) -> str:
        """What `manage.py` said."""
        command = [sys.executable, "manage.py", *words]
        answer = subprocess.run(
            command, env=self.environment, cwd=ROOT, capture_output=True, text=True, check=False
        )
        if answer.returncode:
            raise RuntimeError(f"manage.py {words[0]}: {answer.stderr[-2000:]}")
        return answer.stdout

    def key(self, email: str = "load@example.org", credits: int = 100_000) -> str:
        """An API key of a new account with credits."""
        said = self.manage("shell", "--no-imports", "-c", ACCOUNT.format(email=email, credits=credits))
        return said.rpartition("KEY ")[2].strip()

    def cookie(self, email: str = "load@example.org") -> str:
        """What a browser sends in which this account is signed in."""
        return (
            self.manage("shell", "--no-imports", "-c", SIGNED_IN.format(email=email))
            .rpartition("COOKIE ")[2]
            .strip()
        )

    def add_web(self) -> Process:
        port = free_port()
        name = f"web-{len(self.webs)}"
        environment = self.environment | {"PORT": str(port), "HOST": "127.0.0.1"}
        web = Process(name, web_command(port), environment, self.folder / f"{name}.log", port)
        self.webs.append(web)
        web.start()
        return web

    def add_worker(self) -> Process:
        name = f"worker-{len(self.workers)}"
        worker = Process(name, worker_command(), self.environment, self.folder / f"{name}.log")
        self.workers.append(worker)
        worker.start()
        return worker

    def ready(self) -> bool:
        return all(answers(web.port, "/readyz") for web in self.webs)

    def workers_alive(self) -> int:
        code = "from processing.figures import queue; print(queue().workers)"
        return int(self.manage("shell", "--no-imports", "-c", code).split()[-1])

    def restart_web(self, web: Process) -> None:
        """Out of nginx's list first, so that nothing new reaches it; then it ends what it has, and begins again."""
        self.nginx.serve_by([other.port for other in self.webs if other is not web])
        web.ask_to_end()
        web.wait()
        web.start()
        wait_until(lambda: answers(web.port, "/readyz"), f"{web.name} is ready", START_SECONDS)
        self.nginx.serve_by([other.port for other in self.webs])

    def restart_worker(self, worker: Process) -> None:
        """It brings its photo to an end and takes no other; the rest go on meanwhile."""
        worker.ask_to_end()
        worker.wait()
        worker.start()

    def end(self) -> None:
        for process in [*self.webs, *self.workers]:
            process.kill()
        self.nginx.end()


ACCOUNT = """
from accounts import keys, quotas
from accounts.models import CREDIT, User
user = User.objects.create_user("{email}", plan_name="business")
quotas.grant(user, {credits} * CREDIT, "{email}")
print("KEY", keys.issue(user, per_minute=100_000)[1])
"""

SIGNED_IN = """
from django.conf import settings
from django.test import Client
from accounts.models import User
browser = Client()
browser.force_login(User.objects.get(email="{email}"), settings.AUTHENTICATION_BACKENDS[0])
print("COOKIE", settings.SESSION_COOKIE_NAME + "=" + browser.cookies[settings.SESSION_COOKIE_NAME].value)
"""


def web_command(port: int) -> list[str]:
    words = f"-m gunicorn bgsite.wsgi --bind 127.0.0.1:{port} --workers 1 --threads 64"
    kind = "--worker-class bgsite.gathering.GatheringWorker"
    return [
        sys.executable,
        *words.split(),
        *kind.split(),
        *"--graceful-timeout 60 --timeout 60 --log-level warning".split(),
    ]


def worker_command() -> list[str]:
    words = "-m celery --quiet -A bgsite worker --without-gossip --without-mingle --loglevel WARNING"
    return [sys.executable, *words.split()]


@contextmanager
def cluster(
    folder: Path,
    models: Path,
    webs: int = 2,
    workers: int = 3,
    port: int = 0,
    between: Callable[[int], int] = int,
    store: str = "",
    **more: str,
) -> Iterator[Cluster]:
    """All of it, ready. `more` goes into the environment of every process. `between` gives the port by which the site
    reaches the server on another one: the same, unless a fault shall be put between them. `store` is the address
    of an S3 store that runs already."""
    kept = nullcontext(store) if store else servers.s3()
    with servers.own_postgres() as database, servers.redis() as broker, kept as endpoint:
        port = port or free_port()
        reached = f"http://127.0.0.1:{between(urlsplit(endpoint).port or 80)}"
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "bgsite.settings",
            "DATA_DIR": str(folder / "data"),
            "MODELS_DIR": str(models),
            "SITE_URL": f"http://127.0.0.1:{port}",
            "SECRET_KEY": secrets.token_hex(40),
            "DATABASE_URL": f"postgres://bgsite@127.0.0.1:{between(database.port)}/postgres",
            "BROKER_URL": broker.url,
            "S3_BUCKET": "bgsite",
            "S3_ENDPOINT_URL": reached,
            "S3_ACCESS_KEY": "test",
            "S3_SECRET_KEY": "test",
            "BEHIND_PROXY": "on",
            "FILE_DELIVERY": "nginx",
            "INFERENCE_THREADS": "1",
            "LOG_LEVEL": "WARNING",
            **more,
        }
        nginx = Nginx(folder / "nginx", port, folder / "data" / "files", reached)
        made = Cluster(folder, environment, database, broker, nginx)
        made.manage("prepare")
        try:
            for _ in range(webs):
                made.add_web()
            for _ in range(workers):
                made.add_worker()
            wait_until(made.ready, "the web processes are ready", START_SECONDS)
            nginx.start([web.port for web in made.webs])
            wait_until(lambda: answers(port, "/readyz"), "the site answers through nginx", START_SECONDS)
            yield made
        finally:
            made.end()


def wait_for_workers(made: Cluster, count: int, seconds: float = START_SECONDS) -> None:
    """A worker's sign of life comes when it can take photos."""
    deadline = time.monotonic() + seconds
    while made.workers_alive() < count:
        assert time.monotonic() < deadline, "\n".join(worker.said()[-2000:] for worker in made.workers)
        time.sleep(0.5)
