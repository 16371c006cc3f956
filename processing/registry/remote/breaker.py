"""A circuit breaker: a provider that fails again and again is left alone for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

FAILURES = 5  # in a row
REST = 30.0  # seconds


class Breaker:
    """Closed: everybody may try. Open: nobody, for `rest` seconds after `failures` in a row. Then half-open:
    one may try, and its outcome closes the breaker or opens it again."""

    def __init__(
        self, failures: int = FAILURES, rest: float = REST, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.failures = failures
        self.rest = rest
        self._clock = clock
        self._lock = threading.Lock()
        self._in_a_row = 0
        self._shut_until: float | None = None  # None: closed; else the time from which one may try

    def allows(self) -> bool:
        """Whether a request may go out now; the caller reports its outcome."""
        with self._lock:
            if self._shut_until is None:
                return True
            if self._clock() < self._shut_until:
                return False
            self._shut_until = self._clock() + self.rest  # the others wait for the outcome of this one
            return True

    def succeeded(self) -> None:
        with self._lock:
            self._in_a_row, self._shut_until = 0, None

    def failed(self) -> None:
        with self._lock:
            self._in_a_row += 1
            if self._in_a_row >= self.failures:
                self._shut_until = self._clock() + self.rest

    @property
    def wait(self) -> float:
        """Seconds until the next try is allowed; 0 when it is now."""
        with self._lock:
            return max(0.0, (self._shut_until or 0.0) - self._clock()) if self._shut_until else 0.0


_breakers: dict[tuple[str, str], Breaker] = {}
_guard = threading.Lock()


def breaker_for(provider: str, base_url: str) -> Breaker:
    """The breaker of this process for one provider at one address."""
    with _guard:
        return _breakers.setdefault((provider, base_url), Breaker())


def forget() -> None:
    """Start anew with closed breakers."""
    with _guard:
        _breakers.clear()
