"""The whole composition with wires that can be cut, and people who send photos however it fares."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psycopg

from tests import fakes, tiny
from tests.cluster import composition
from tests.cluster.composition import Cluster, Process
from tests.faults.proxy import Wire

PATIENCE = 240.0  # seconds for which a sender tries again, and for which a job may take
PAUSE = 0.5  # seconds between two tries
PACE = 2.0  # seconds between two photos of one sender, so that a storm has its time
EMAIL = "load@example.org"


@dataclass
class Faulty:
    """The cluster, and the wires to PostgreSQL and S3 by the port they lead to."""

    cluster: Cluster
    key: str
    database: Wire
    store: Wire

    def client(self) -> httpx.Client:
        limits = httpx.Limits(max_keepalive_connections=0)
        headers = {"X-Api-Key": self.key}
        return httpx.Client(
            base_url=self.cluster.url, headers=headers, timeout=60, trust_env=False, limits=limits
        )

    def books(self) -> dict:
        """tests.faults.books of this site; AssertionError with what it said."""
        answer = self._asked("tests.faults.books")
        assert answer.returncode == 0, answer.stderr[-3000:]
        return json.loads(answer.stdout.splitlines()[-1])

    def wait_for_quiet(self, seconds: float = PATIENCE) -> None:
        """Until no job waits or runs, without anybody's help; AssertionError with all that may say why once none has
        come to its end for so many seconds: a busy machine may need long for many."""
        code = "from processing.models import Job; print(Job.objects.unfinished().count())"
        fewest, deadline = sys.maxsize, 0.0
        while left := int(self.cluster.manage("shell", "--no-imports", "-c", code).split()[-1]):
            if left < fewest:
                fewest, deadline = left, time.monotonic() + seconds
            assert time.monotonic() < deadline, (
                f"{left} jobs: none has ended for {seconds:g} s\n{self.story()}"
            )
            time.sleep(1)

    def ended(self) -> int:
        """How many jobs are at their end; -1 while the database is away. Asked past the wire."""
        try:
            with psycopg.connect(self.cluster.postgres.url, connect_timeout=5) as link:
                asked = "SELECT count(*) FROM processing_job WHERE status NOT IN ('queued', 'running')"
                return int(next(iter(link.execute(asked)))[0])
        except psycopg.OperationalError:
            return -1

    def story(self) -> str:
        """Every unfinished job, worker and message, the processes as they are, the wires, and the last words."""
        answer = self._asked("tests.faults.left")
        wires = f"wires: database {self.database.mode}, store {self.store.mode}"
        return "\n".join([answer.stdout or answer.stderr[-2000:], self.processes(), wires, self.logs()])

    def _asked(self, module: str) -> subprocess.CompletedProcess[str]:
        """A module of the tests, run in the environment of the site's own processes."""
        return subprocess.run(
            [sys.executable, "-m", module],
            env=self.cluster.environment,
            cwd=composition.ROOT,
            capture_output=True,
            text=True,
            check=False,
        )

    def processes(self) -> str:
        """Of each web process and worker: itself and its children, with state, age and what they wait in."""
        told = []
        for each in [*self.cluster.webs, *self.cluster.workers]:
            if each.running is None or each.running.poll() is not None:
                told.append(f"{each.name}: ended, code {each.running and each.running.returncode}")
                continue
            words = ["ps", "-o", "pid,ppid,stat,etimes,time,wchan:24,cmd", "-ww", "-s", str(each.running.pid)]
            found = subprocess.run(words, capture_output=True, text=True, check=False)
            told.append(f"{each.name}: pid {each.running.pid}\n{found.stdout}")
        return "\n".join(told)

    def logs(self) -> str:
        said = [(each.name, each.said()[-1500:]) for each in [*self.cluster.webs, *self.cluster.workers]]
        return "\n".join(f"--- {name} said last:\n{words}" for name, words in said)


@contextmanager
def faulty(folder: Path, webs: int, workers: int, rounds: int = 0) -> Iterator[Faulty]:
    wires: list[Wire] = []

    def between(port: int) -> int:
        wires.append(Wire(port))
        return wires[-1].port

    tiny.install(folder / "models", rounds)
    quick = {
        "INFERENCE_ENGINE": "fp32",
        "SWEEP_SECONDS": "1",
        "JOB_LEASE_SECONDS": "4",
        "WORKER_NICE": "0",
        "JOB_SECONDS": "60",
        "REMOTE_TIMEOUT_SECONDS": "50",
    }
    try:
        with composition.cluster(folder, folder / "models", webs, workers, between=between, **quick) as made:
            composition.wait_for_workers(made, workers)
            store, database = wires
            yield Faulty(made, made.key(EMAIL), database, store)
    finally:
        for wire in wires:
            wire.end()


def photo(number: int) -> bytes:
    """No two are the same."""
    return fakes.photo(64 + number % 97, 64 + number // 97 % 89, shade=number % 120)


@dataclass
class Senders:
    """Programs that send photos, each with a key of its own, and send again until they have an answer that counts."""

    faulty: Faulty
    sent: dict[str, str] = field(default_factory=dict)  # Idempotency-Key: id of the job
    refused: list[str] = field(default_factory=list)  # answers after which a program gives up
    hindered: dict[str, int] = field(default_factory=dict)  # what was answered instead, and how often
    lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, numbers: Iterator[int]) -> None:
        with self.faulty.client() as client:
            while (number := self._next(numbers)) is not None:
                self.send_one(client, number)
                time.sleep(PACE)

    def send_one(self, client: httpx.Client, number: int) -> None:
        key, deadline = uuid.uuid4().hex, time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            what = self._try(client, key, number)
            if not what:
                return
            with self.lock:
                self.hindered[what] = self.hindered.get(what, 0) + 1
            time.sleep(PAUSE)
        self.refused.append(f"photo {number}: no answer within {PATIENCE:g} s")

    def _try(self, client: httpx.Client, key: str, number: int) -> str:
        """ "" when the photo is taken or refused for good, else what stood in the way."""
        try:
            answer = client.post(
                "/api/v1/jobs",
                files={"file": (f"{number}.png", photo(number), "image/png")},
                headers={"Idempotency-Key": key},
            )
        except httpx.HTTPError as error:
            return type(error).__name__
        if answer.status_code in {201, 202}:
            with self.lock:
                self.sent[key] = answer.json()["id"]
            return ""
        if answer.status_code in {409, 429, 500, 502, 503, 504, 507}:
            return str(answer.status_code)
        self.refused.append(f"photo {number}: {answer.status_code} {answer.text[:300]}")
        return ""

    def _next(self, numbers: Iterator[int]) -> int | None:
        with self.lock:
            return next(numbers, None)


def restart(process: Process) -> None:
    """Its whole machine is gone, and another one comes."""
    process.kill()
    process.start()


def storm_jobs() -> int:
    return int(os.environ.get("STORM_JOBS", "90"))
