"""`manage.py prepare` and `manage.py up` as `make run` calls them, in a data folder of their own, on a tiny net."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests import servers, tiny
from tests.servers import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 180.0  # seconds; on a machine that does much else a start takes a minute
SERVERS = ("DATABASE_URL", "BROKER_URL", "S3_BUCKET", "OPERATOR_PASSWORD", "OPERATOR_EMAIL")


class Product:
    """The embedded mode in a folder: what is asked of the command line, and what it says."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, servers.free_port()
        tiny.install(folder / "models")
        self.environment = {key: value for key, value in os.environ.items() if key not in SERVERS}
        self.environment |= {
            "DJANGO_SETTINGS_MODULE": "bgsite.settings",
            "DATA_DIR": str(folder),
            "MODELS_DIR": str(folder / "models"),
            "PORT": str(self.port),
        }
        self.up: subprocess.Popen[bytes] | None = None

    def manage(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *words]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )

    def serve(self) -> subprocess.Popen[bytes]:
        with (self.folder / "up.log").open("wb") as log:
            self.up = subprocess.Popen(
                [sys.executable, "manage.py", "up"],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_until(lambda: "Ctrl-C ends it" in self.said(), "the product serves", PATIENCE)
        return self.up

    def said(self) -> str:
        return (self.folder / "up.log").read_text()

    def processes(self) -> list[int]:
        """Of this product alone: all that `up` started carry its data folder in their environment."""
        mark = f"DATA_DIR={self.folder}".encode()
        return [int(path.parent.name) for path in Path("/proc").glob("[0-9]*/environ") if mark in _read(path)]

    def get(self, path: str) -> tuple[int, bytes]:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        link.request("GET", path)
        answer = link.getresponse()
        return answer.status, answer.read()

    def end(self) -> None:
        for process in self.processes():
            os.kill(process, signal.SIGKILL)
        if self.up:
            self.up.wait()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # the process has ended
        return b""


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    if not Path("/proc/self/environ").exists():
        pytest.skip("needs /proc to find the processes that were started")
    product = Product(tmp_path)
    yield product
    product.end()


def test_prepare_makes_everything_once(product: Product) -> None:
    first = product.manage("prepare")
    assert (first.returncode, first.stderr) == (0, "")
    for words in ("Preparing the database", "Made the operator operator@localhost", "A sample cutout is in"):
        assert words in first.stdout

    kept = product.folder / "operator.txt"
    assert kept.stat().st_mode & 0o777 == 0o600
    password = kept.read_text().split()[-1]
    assert password in first.stdout
    with Image.open(product.folder / "sample" / "cutout.png") as cutout:
        assert (cutout.size, cutout.mode) == ((512, 512), "RGBA")
    assert (product.folder / "sample" / "source.jpg").read_bytes()[:2] == b"\xff\xd8"

    second = product.manage("prepare")
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    check = f"from accounts.models import User; print(User.objects.get().check_password({password!r}))"
    assert product.manage("shell", "--no-imports", "-c", check).stdout.strip() == "True"


def test_prepare_takes_the_operator_from_the_environment(product: Product) -> None:
    product.environment |= {"OPERATOR_EMAIL": "me@example.org", "OPERATOR_PASSWORD": "a long one, 1234"}
    said = product.manage("prepare")
    assert (said.returncode, "me@example.org" in said.stdout) == (0, True)
    assert "a long one" not in said.stdout
    assert not (product.folder / "operator.txt").exists()


def test_prepare_says_in_one_sentence_that_the_database_is_away(product: Product) -> None:
    product.environment["DATABASE_URL"] = f"postgres://nobody@127.0.0.1:{servers.free_port()}/none"
    said = product.manage("prepare")
    assert said.returncode == 1
    assert "The database cannot be used" in said.stderr
    assert "Traceback" not in said.stderr


def test_it_serves_refuses_a_second_start_and_ends_on_ctrl_c(product: Product) -> None:
    assert product.manage("prepare").returncode == 0
    up = product.serve()
    assert product.get("/healthz") == (200, b"ok")
    assert product.get("/readyz")[0] == 200
    assert product.get("/")[0] == 200
    assert f"http://localhost:{product.port}" in product.said()

    again = product.manage("up")
    assert (again.returncode, "already running" in again.stderr) == (1, True)

    up.send_signal(signal.SIGINT)
    assert up.wait(timeout=PATIENCE) == 0
    wait_until(lambda: product.processes() == [], "no process is left", PATIENCE)


def test_a_port_in_use_is_one_sentence(product: Product) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", product.port))
        other.listen()
        said = product.manage("up")
    assert (said.returncode, f"port {product.port}" in said.stderr) == (1, True)
    assert "Traceback" not in said.stderr


@pytest.mark.parametrize(("word", "name"), [("gunicorn", "web"), ("celery", "worker")])
def test_one_half_that_dies_is_started_again(product: Product, word: str, name: str) -> None:
    assert product.manage("prepare").returncode == 0
    up = product.serve()
    (first,) = children(up, word)
    os.kill(first, signal.SIGKILL)

    wait_until(lambda: children(up, word) not in ([], [first]), f"another {name} process", PATIENCE)
    assert (
        f"The {name} process ended by itself (killed by SIGKILL); it is started again in 1 s."
        in product.said()
    )
    wait_until(lambda: _answers(product), "the site answers", PATIENCE)

    up.send_signal(signal.SIGINT)
    assert up.wait(timeout=PATIENCE) == 0
    wait_until(lambda: product.processes() == [], "no process is left", PATIENCE)


def children(up: subprocess.Popen[bytes], word: str) -> list[int]:
    found = subprocess.run(
        ["pgrep", "-P", str(up.pid), "-f", word], capture_output=True, text=True, check=False
    )
    return [int(line) for line in found.stdout.split()]


def _answers(product: Product) -> bool:
    try:
        return product.get("/healthz")[0] == 200
    except OSError:
        return False
