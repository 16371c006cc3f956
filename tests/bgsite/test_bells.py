"""Doorbells between processes: who waits is woken at once, and nothing that was rung is missed."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

import pytest
from kombu import Connection

from bgsite import bells, filebroker

LONG = 60.0  # seconds; whoever waits as long was not woken
RING = "import sys, pathlib; from bgsite import bells; bells.ring(pathlib.Path(sys.argv[1]))"


def waited(bell: bells.Bell, seconds: float = LONG) -> float:
    began = time.monotonic()
    bell.wait(seconds)
    return time.monotonic() - began


def test_another_process_wakes_all_who_wait(tmp_path):
    both = [bells.Bell(tmp_path), bells.Bell(tmp_path)]
    found: list[float] = []
    threads = [threading.Thread(target=lambda bell=bell: found.append(waited(bell))) for bell in both]
    for thread in threads:
        thread.start()
    subprocess.run([sys.executable, "-c", RING, str(tmp_path)], check=True)
    for thread in threads:
        thread.join(LONG)
    assert len(found) == 2 and max(found) < LONG


def test_a_ring_before_the_wait_is_not_missed_and_counts_once(tmp_path):
    bell = bells.Bell(tmp_path)
    for _ in range(3):
        bells.ring(tmp_path)
    assert waited(bell) < LONG
    assert waited(bell, 0.05) >= 0.05


def test_nobody_rings_for_ever_at_a_dead_mans_door(tmp_path):
    dead = bells.Bell(tmp_path)
    assert dead._pipe is not None
    os.close(dead._pipe)  # as the system does with those of a process that is killed
    bells.ring(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_pipe_that_is_full_keeps_nobody_waiting(tmp_path):
    bell = bells.Bell(tmp_path)
    for _ in range(70_000):
        bell.ring()
    bells.ring(tmp_path)
    assert waited(bell) < LONG


def test_who_closed_hears_nothing_and_leaves_nothing(tmp_path):
    bell = bells.Bell(tmp_path)
    bell.close()
    assert list(tmp_path.iterdir()) == []
    bell.ring()
    bell.close()


def test_without_named_pipes_a_wait_is_a_short_sleep(tmp_path, monkeypatch):
    def refuse(*args: object) -> None:
        raise PermissionError

    monkeypatch.setattr("os.mkfifo", refuse)
    bell = bells.Bell(tmp_path)
    assert waited(bell) < LONG
    bell.ring()
    bell.close()


def test_a_message_wakes_its_reader(tmp_path, monkeypatch):
    """The broker's readers wait for the bell, and not for their next look."""
    monkeypatch.setattr(filebroker, "LOOK_UNRUNG", LONG)
    filebroker.register()
    url = f"safefs://localhost{tmp_path}"
    got = threading.Event()
    ready = threading.Event()

    def read() -> None:
        with Connection(url) as link, link.SimpleQueue("small") as queue:
            ready.set()
            queue.get(timeout=LONG).ack()
            got.set()

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    assert ready.wait(LONG)
    deadline = time.monotonic() + LONG
    while not list((tmp_path / "bells").glob("*.bell")):  # it waits
        assert time.monotonic() < deadline
        time.sleep(0.01)
    began = time.monotonic()
    with Connection(url) as link, link.SimpleQueue("small") as queue:
        queue.put({"job": 1})
    assert got.wait(LONG)
    assert time.monotonic() - began < LONG / 2
    thread.join(LONG)


@pytest.mark.parametrize("name", ["not-there", "file"])
def test_a_place_without_bells_is_no_error(tmp_path, name):
    (tmp_path / "file").write_text("")
    bells.ring(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
