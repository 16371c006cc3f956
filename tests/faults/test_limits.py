"""A web process without file descriptors, without a processor, with half an upload, with forty writers at once."""

from __future__ import annotations

import http.client
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest
from django.conf import settings

from accounts import keys, quotas
from accounts.models import CREDIT, User
from processing import storage
from processing.models import Job
from tests import fakes, ledger, servers
from tests.cluster.composition import web_command
from tests.faults.conftest import Site
from tests.servers import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
PATIENCE = 180.0
DESCRIPTORS = 64
WRITERS = 40
BURNERS = 6


@contextmanager
def web(site: Site, descriptors: int = 0) -> Iterator[int]:
    """The port of a web process, which may open at most so many files and sockets."""
    port = servers.free_port()
    environment = site.environment | {"PORT": str(port), "SITE_URL": f"http://127.0.0.1:{port}"}
    command = web_command(port)
    if descriptors:
        command = ["prlimit", f"--nofile={descriptors}:{descriptors}", *command]
    with (site.folder / "web.log").open("wb") as log:
        process = subprocess.Popen(
            command, env=environment, cwd=settings.BASE_DIR, stdout=log, stderr=log, start_new_session=True
        )
    try:
        wait_until(lambda: is_served(port), "the web process answers", PATIENCE)
        yield port
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def is_served(port: int, seconds: float = 30) -> bool:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        link.request("GET", "/healthz", headers={"Host": "localhost", "Connection": "close"})
        return link.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        link.close()


def connected(stack: ExitStack, port: int) -> socket.socket:
    return stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))


def test_it_serves_although_descriptors_ran_out(site: Site) -> None:
    """Whoever has most connections without a request loses the oldest of them, and nobody else is kept out."""
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 4 * DESCRIPTORS
    with web(site, DESCRIPTORS) as port:
        with ExitStack() as many:
            for _ in range(4 * DESCRIPTORS):
                connected(many, port)
            wait_until(lambda: is_served(port), "it serves all the same", PATIENCE)
        wait_until(lambda: is_served(port), "and afterwards", PATIENCE)


BOUNDARY = "half-or-whole"


def body(shade: int = 40) -> bytes:
    lines = [f"--{BOUNDARY}", 'Content-Disposition: form-data; name="file"; filename="photo.png"', "", ""]
    return "\r\n".join(lines).encode() + fakes.photo(shade=shade) + f"\r\n--{BOUNDARY}--\r\n".encode()


def headers(key: str) -> dict[str, str]:
    return {
        "Host": "localhost",
        "X-Api-Key": key,
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
    }


def posted(port: int, key: str, shade: int) -> int:
    """The status of an upload."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        link.request("POST", "/api/v1/jobs", body(shade), headers(key))
        return link.getresponse().status
    finally:
        link.close()


def half_posted(stack: ExitStack, port: int, key: str) -> None:
    """Half of an upload, as of a client that goes."""
    whole = body()
    lines = [f"{name}: {value}" for name, value in headers(key).items()]
    head = "\r\n".join(["POST /api/v1/jobs HTTP/1.1", *lines, f"Content-Length: {len(whole)}", "", ""])
    connected(stack, port).sendall(head.encode() + whole[: len(whole) // 2])


def test_half_an_upload_leaves_nothing(site: Site) -> None:
    _, key = keys.issue(site.user)
    with web(site) as port:
        with ExitStack() as gone:
            for _ in range(8):
                half_posted(gone, port, key)
        assert posted(port, key, shade=40) == 202  # one that comes whole, when the others have been given up
        assert Job.objects.count() == 1
        assert (
            len([name for name in storage.names_under("u") if "/sources/" in name]) <= 2
        )  # photo, small copy
    ledger.check()


def test_forty_writers_at_once_are_all_served(site: Site) -> None:
    User.objects.update(plan_name="business")
    site.user.refresh_from_db()
    quotas.grant(site.user, 50 * CREDIT, "test")
    _, key = keys.issue(site.user)
    with web(site) as port, ThreadPoolExecutor(WRITERS) as writers:
        answers = list(writers.map(lambda shade: posted(port, key, shade), range(WRITERS)))
    assert answers == [202] * WRITERS
    assert Job.objects.count() == WRITERS
    ledger.check()


def test_without_a_processor_photos_are_taken_and_worked_on(site: Site) -> None:
    site.environment["JOB_LEASE_SECONDS"] = (
        "60"  # as in production: three seconds are for tests of lost workers
    )
    _, key = keys.issue(site.user)
    with busy(BURNERS), web(site) as port:
        assert posted(port, key, shade=40) == 202
        assert is_served(port)
        site.work()
        site.finished_once(Job.objects.get(), attempt=1, pictures=2)  # a program's job has no preview


@contextmanager
def busy(number: int) -> Iterator[None]:
    """So many processes that want a whole core each."""
    burners = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(number)]
    try:
        yield
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()
