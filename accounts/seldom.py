"""What a process does about a thing at most every so many seconds, and remembers of no more than some things."""

from __future__ import annotations

import time
from collections.abc import Hashable

MOST = 10_000


class Seldom:
    """Forgets everything when it is full: then something is done once more than it had to be."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.done: dict[Hashable, float] = {}

    def is_due(self, what: Hashable) -> bool:
        """Whether it is time; then it counts as done."""
        now = time.monotonic()
        if now - self.done.get(what, -self.seconds) < self.seconds:
            return False
        if len(self.done) >= MOST:
            self.done.clear()
        self.done[what] = now
        return True
