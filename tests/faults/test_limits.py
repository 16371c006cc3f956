"""A web process that has no file descriptor left serves again by itself when there are some."""

from __future__ import annotations

import http.client
import os
import resource
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from django.conf import settings

from tests import servers
from tests.cluster.composition import web_command
from tests.faults.conftest import Site
from tests.servers import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
PATIENCE = 180.0
DESCRIPTORS = 64


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


def test_it_serves_again_after_descriptors_ran_out(site: Site, tmp_path: Path) -> None:
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 4 * DESCRIPTORS
    with web(site, DESCRIPTORS) as port:
        with ExitStack() as many:
            for _ in range(
                2 * DESCRIPTORS
            ):  # the system's backlog takes those for which no descriptor is left
                connected(many, port)
            assert not is_served(port, seconds=5), "descriptors did not run out"
        wait_until(lambda: is_served(port), "it serves again", PATIENCE)
