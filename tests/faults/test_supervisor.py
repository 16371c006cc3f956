"""The supervisor of `manage.py up`: what dies comes again, what cannot live ends all, nothing is left running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from processing.management import supervisor
from processing.management.supervisor import Supervisor
from tests.servers import wait_until

LIVES = [sys.executable, "-c", "import time; time.sleep(600)"]
DIES = [sys.executable, "-c", "raise SystemExit(3)"]
# Its child outlives it, as that of a worker that was killed does.
LEAVES_A_CHILD = ["sh", "-c", "sleep 600 & echo $! > {mark}; kill -9 $$"]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(supervisor, "PAUSES", (0.0, 0.0, 0.0))
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def is_gone(pid: int) -> bool:
    """A process that nobody has waited for is gone as well."""
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_one_that_never_can_start_ends_all() -> None:
    said: list[str] = []
    made = Supervisor({"web": LIVES, "worker": DIES}, lambda: False, said.append)

    hopeless = made.run(lambda: None)

    assert (hopeless.name, hopeless.how) == ("worker", "exit code 3")
    assert said == ["The worker process ended by itself (exit code 3); it is started again in 0 s."] * 3
    assert not any(member.runs for member in made.members.values())


def test_one_that_has_lived_long_enough_may_die_as_often_as_it_likes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "TRUSTED", 0.0)
    said: list[str] = []
    made = Supervisor({"worker": DIES}, lambda: False, lambda words: said.append(words) or enough(made, said))

    assert made.run(lambda: None) is None
    assert len(said) == 12


def enough(made: Supervisor, said: list[str]) -> None:
    if len(said) == 12:
        os.kill(os.getpid(), signal.SIGTERM)


def test_the_children_of_one_that_died_end_before_it_comes_again(tmp_path: Path) -> None:
    mark = tmp_path / "child"
    command = [word.format(mark=mark) for word in LEAVES_A_CHILD]
    made = Supervisor({"worker": command}, lambda: False, lambda words: None)

    assert made.run(lambda: None).how == "killed by SIGKILL"
    wait_until(lambda: is_gone(int(mark.read_text())), "the child has ended")


def test_it_greets_once_and_ends_when_it_is_asked() -> None:
    greeted: list[str] = []
    made = Supervisor({"web": LIVES, "worker": LIVES}, lambda: True, lambda words: None)

    def greet() -> None:
        greeted.append("hello")
        threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()

    assert made.run(greet) is None
    assert greeted == ["hello"]
    assert {member.process.returncode for member in made.members.values()} == {-signal.SIGTERM}


def test_a_second_demand_kills_who_does_not_listen(tmp_path: Path) -> None:
    mark = tmp_path / "deaf"
    code = f"import signal,time,pathlib; signal.signal(15, signal.SIG_IGN); pathlib.Path({str(mark)!r}).touch(); "
    deaf = [sys.executable, "-c", code + "time.sleep(600)"]
    made = Supervisor({"web": deaf}, mark.exists, lambda words: None)

    def ask_twice() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()

    assert made.run(ask_twice) is None
    assert made.members["web"].process.returncode == -signal.SIGKILL


def test_nothing_is_left_of_a_team(tmp_path: Path) -> None:
    left = subprocess.run(
        ["pgrep", "-P", str(os.getpid()), "-f", "time.sleep.600"], capture_output=True, check=False
    )
    assert left.stdout == b""
