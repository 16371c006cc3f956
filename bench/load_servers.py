"""The two servers of bench.load: ours as `manage.py up` starts it, and `rembg s`; same machine, same weights."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path

import psutil

from bench.contestants import CORES, ROOT
from tests.servers import answers, free_port

PROGRAM = ROOT / "var" / "rembg-server" / "bin" / "rembg"
LAST_LINES = 20  # of its log, when a server does not do what it should
PATIENCE = 180.0  # seconds; the first start of either loads or makes weights
FORM = {"model": "u2net"}  # rembg's server has another default by now
ACCOUNT = """
from accounts import keys, quotas
from accounts.models import CREDIT, User
user = User.objects.create_user("bench@example.org", plan_name="business")
quotas.grant(user, 1_000_000 * CREDIT, "bench")
print("KEY", keys.issue(user)[1])
"""


@dataclass(frozen=True)
class Server:
    """One that runs: its processes, what it wrote, and what each of its requests carries."""

    name: str
    url: str
    pids: tuple[int, ...]
    log: Path
    headers: dict[str, str] = field(default_factory=dict)
    path: str = "/api/remove"
    form: dict[str, str] = field(default_factory=lambda: FORM)

    def asked_for(self, preset: str) -> Server:
        """The same, asked for a preset: a field that rembg's own server does not know."""
        return replace(self, form=FORM | {"preset": preset})

    def rss_mb(self) -> float:
        """Resident memory of the whole trees of processes; what they share counts for each of them."""
        return sum(map(tree_rss_mb, self.pids))

    def cpu_seconds(self) -> float:
        """Processor time of the trees so far, of those that ended in them too."""
        return sum(map(tree_cpu_seconds, self.pids))

    def last_words(self) -> str:
        return _last_words(self.log)


def tree_rss_mb(pid: int) -> float:
    return sum(_of_tree(pid, lambda process: process.memory_info().rss)) / 1e6


def tree_cpu_seconds(pid: int) -> float:
    return sum(_of_tree(pid, lambda process: sum(process.cpu_times()[:4])))


def _of_tree(pid: int, figure: Callable[[psutil.Process], float]) -> Iterator[float]:
    try:
        root = psutil.Process(pid)
        tree = [root, *root.children(recursive=True)]
    except psutil.Error:
        return
    for process in tree:
        with suppress(psutil.Error):  # ended meanwhile
            yield figure(process)


def _last_words(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-LAST_LINES:])


@contextmanager
def ours(models: Path, workers: int) -> Iterator[Server]:
    """The product in its embedded configuration, with an account of a paid plan and its key."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="bgsite-load-") as folder:
        surroundings = os.environ | {
            "DATA_DIR": folder,
            "MODELS_DIR": str(models),
            "PORT": str(port),
            "SITE_URL": f"http://127.0.0.1:{port}",
            "SECRET_KEY": secrets.token_hex(40),
            "WORKERS": str(workers),
            "LOG_LEVEL": "WARNING",
        }
        manage = [sys.executable, "manage.py"]
        subprocess.run(
            [*manage, "prepare"], env=surroundings, cwd=ROOT, check=True, stdout=subprocess.DEVNULL
        )
        said = subprocess.run(
            [*manage, "shell", "-c", ACCOUNT],
            env=surroundings,
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        )
        key = said.stdout.rpartition("KEY ")[2].strip()
        log = Path(folder) / "server.log"
        with _running([*manage, "up"], surroundings, port, "/healthz", log) as pid:
            yield Server("ours", f"http://127.0.0.1:{port}", (pid,), log, {"X-Api-Key": key})


@contextmanager
def rembg(models: Path, program: Path) -> Iterator[Server]:
    """`rembg s` with a thread for each core, without its page. Its home is a folder of its own that leads to the same
    weights, as it makes folders there."""
    port = free_port()
    options = ["-h", "127.0.0.1", "-p", str(port), "-l", "warning", "-t", str(CORES), "--no-ui"]
    with tempfile.TemporaryDirectory(prefix="rembg-home-") as home:
        (Path(home) / "u2net.onnx").symlink_to((models / "u2net.onnx").resolve())
        surroundings = os.environ | {"U2NET_HOME": home}
        log = Path(home) / "server.log"
        with _running([str(program), "s", *options], surroundings, port, "/api", log) as pid:
            yield Server("rembg", f"http://127.0.0.1:{port}", (pid,), log)


def rembg_program(asked: str) -> Path:
    """The program of rembg; without one it is installed into a place of its own, as its server brings packages
    that nothing here needs."""
    program = Path(asked) if asked else PROGRAM
    if not program.exists():
        place = program.parent.parent
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        install = ["-m", "pip", "install", "-q", f"rembg[cpu,cli]=={version('rembg')}"]
        subprocess.run([str(place / "bin" / "python"), *install], check=True)
    return program


@contextmanager
def _running(
    command: list[str], surroundings: dict[str, str], port: int, path: str, log: Path
) -> Iterator[int]:
    with log.open("wb") as said:
        process = subprocess.Popen(
            command, cwd=ROOT, env=surroundings, start_new_session=True, stdout=said, stderr=said
        )
    try:
        deadline = time.monotonic() + PATIENCE
        while not answers(port, path):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{' '.join(command)} did not start:\n{_last_words(log)}")
            time.sleep(0.2)
        yield process.pid
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
