"""A process forks between the steps of its threads, so that no child inherits a lock in use; but it does not wait for
ever."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

import pytest

from processing import forks


def forked(work: Callable[[], int]) -> int:
    """Exit code of a child that does that."""
    child = os.fork()
    if not child:
        os._exit(work())
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


class Busy:
    """A thread that takes a lock in its step and lets it go when it is told to."""

    def __init__(self) -> None:
        self.lock, self.begun, self.may_end = threading.Lock(), threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        assert self.begun.wait(30)

    def run(self) -> None:
        with forks.at_work(), self.lock:
            self.begun.set()
            assert self.may_end.wait(60)


def test_a_child_finds_every_lock_free() -> None:
    busy = Busy()
    threading.Timer(0.3, busy.may_end.set).start()
    assert forked(lambda: 0 if busy.lock.acquire(timeout=2) else 1) == 0
    busy.thread.join()


def test_a_fork_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forks, "PATIENCE", 0.2)
    busy = Busy()
    assert forked(lambda: 7) == 7
    busy.may_end.set()
    busy.thread.join()
    assert forked(lambda: 0 if busy.lock.acquire(timeout=2) else 1) == 0


def test_a_step_begins_after_the_fork_and_in_the_child_too(monkeypatch: pytest.MonkeyPatch) -> None:
    done = threading.Event()

    def step() -> int:
        with forks.at_work():
            done.set()
        return 0

    assert forked(step) == 0
    threading.Thread(target=step).start()
    assert done.wait(30)


def test_many_threads_and_many_forks() -> None:
    """What hung a worker's new child for two minutes: a lock that a thread of its parent held when it was forked."""
    over, shared, steps = threading.Event(), threading.Lock(), [0]

    def work() -> None:
        while not over.is_set():
            with forks.at_work(), shared:
                steps[0] += 1
                time.sleep(0.001)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        codes = {forked(lambda: 0 if shared.acquire(timeout=5) else 1) for _ in range(30)}
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert (codes, steps[0] > 30) == ({0}, True)
