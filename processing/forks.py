"""Threads beside a process that forks: they pause for the moment in which it does.

A worker replaces a child that died, and each after so many tasks, by a fork, while caretaker, delivery and loader run
in threads of the same process. A child gets a copy of every lock, and of a lock that a thread holds at that moment
(of a module that is being imported, of a pool of connections, of a library in C) nobody in the child will ever let
go: it would hang where it first needs it, until it is given up after two minutes. So what these threads do is done
inside `at_work()`, and a fork waits until none of them is at it, but not for long: one that waits for the network
holds no such lock.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE = 5.0  # seconds for which a fork waits


class _Gate:
    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.at_work = 0
        self.forking = False

    def enter(self) -> None:
        with self.changed:
            self.changed.wait_for(lambda: not self.forking)
            self.at_work += 1

    def leave(self) -> None:
        with self.changed:
            self.at_work -= 1
            self.changed.notify_all()

    def close(self) -> None:
        """The condition's own lock is held across the fork, so that it is nobody else's."""
        self.changed.acquire()
        self.forking = True
        self.changed.wait_for(lambda: self.at_work == 0, PATIENCE)

    def open(self) -> None:
        self.forking = False
        self.changed.notify_all()
        self.changed.release()


_gate = _Gate()


@contextmanager
def at_work() -> Iterator[None]:
    """For a step of a thread; not for one that forks by itself, and not one inside another."""
    gate = _gate
    gate.enter()
    try:
        yield
    finally:
        gate.leave()


def _in_child() -> None:
    global _gate
    _gate = _Gate()


os.register_at_fork(
    before=lambda: _gate.close(), after_in_parent=lambda: _gate.open(), after_in_child=_in_child
)
