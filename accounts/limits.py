"""Rates: whether one more is let through. Exact, however many processes ask at once.

The window moves: within any `seconds` seconds at most `limit` units pass, and what was refused is not counted.
Redis keeps the windows where it is there (library `limits`, one script per question), else a row of the database
under its lock. Both are held to the same tests.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from functools import cache
from math import ceil
from typing import Protocol

from django.conf import settings
from django.db import transaction
from limits import RateLimitItem, RateLimitItemPerSecond
from limits.errors import StorageError
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter
from limits.strategies import RateLimiter as Strategy

from accounts.models import RateWindow
from accounts.plans import Rate

KEPT_SECONDS = 60.0  # a window whose hits are all over is kept so long


@dataclass(frozen=True, slots=True)
class Decision:
    """`remaining` units are left; the window's oldest hit is over at `reset` (Unix seconds); after
    `retry_after` seconds the same question can be answered with yes."""

    allowed: bool
    limit: int
    remaining: int
    reset: float
    retry_after: float


class LimiterAway(Exception):
    """The store of the windows does not answer."""

    code = "limits_unavailable"
    facts: dict[str, object] = {}


class TooManyRequests(Exception):
    code = "rate_limited"

    def __init__(self, decision: Decision, rate: Rate) -> None:
        super().__init__(self.code)
        self.decision = decision
        self.facts = {"limit": rate.limit, "window": rate.seconds, "seconds": ceil(decision.retry_after)}


class RateLimiter(Protocol):
    def hit(self, key: str, rate: Rate, cost: int = 1) -> Decision:
        """Counts `cost` units for `key` if they fit into the rate. Raises LimiterAway."""
        ...


class DatabaseLimiter:
    """One row for a key and a rate; whoever asks holds its lock (on SQLite: the one writer's)."""

    def hit(self, key: str, rate: Rate, cost: int = 1) -> Decision:
        with transaction.atomic():
            row, _ = RateWindow.objects.select_for_update().get_or_create(
                pk=f"{key}/{rate.limit}/{rate.seconds}"
            )
            now = time.time()
            hits = [(at, units) for at, units in row.hits if at > now - rate.seconds]
            used = sum(units for _, units in hits)
            allowed = used + cost <= rate.limit
            if allowed:
                hits, used = [*hits, (now, cost)], used + cost
                row.hits, row.ends = hits, now + rate.seconds
                row.save()
        reset = hits[0][0] + rate.seconds if hits else now + rate.seconds
        wait = 0.0 if allowed else _wait(hits, used + cost - rate.limit, now, rate)
        return Decision(allowed, rate.limit, rate.limit - used, reset, wait)


class LibraryLimiter:
    """A store of the library `limits`, asked by one of its strategies."""

    def __init__(self, strategy: Strategy) -> None:
        self.strategy = strategy

    def hit(self, key: str, rate: Rate, cost: int = 1) -> Decision:
        item = _item(rate)
        try:
            allowed = self.strategy.hit(item, key, cost=cost)
            stats = self.strategy.get_window_stats(item, key)
        except StorageError as error:
            raise LimiterAway from error
        # A cost above one may have to wait for more than the oldest hit; then it is told to come again.
        wait = 0.0 if allowed else max(stats.reset_time - time.time(), 0.05)
        return Decision(allowed, rate.limit, max(0, stats.remaining), stats.reset_time, wait)


class RoughLimiter:
    """Windows of this process's own memory, which begin with their first hit: no thread, no lock held for long."""

    def __init__(self) -> None:
        self.windows: dict[
            tuple[str, Rate], tuple[float, int]
        ] = {}  # when it is over, and what was used of it
        self.lock = threading.Lock()
        self.looked = 0.0

    def hit(self, key: str, rate: Rate, cost: int = 1) -> Decision:
        now = time.time()
        with self.lock:
            self._forget(now)
            ends, used = self.windows.get((key, rate), (0.0, 0))
            if ends <= now:
                ends, used = now + rate.seconds, 0
            allowed = used + cost <= rate.limit
            if allowed:
                used += cost
                self.windows[key, rate] = ends, used
        return Decision(
            allowed, rate.limit, rate.limit - used, ends, 0.0 if allowed else max(ends - now, 0.05)
        )

    def _forget(self, now: float) -> None:
        if now < self.looked + KEPT_SECONDS:
            return
        self.looked = now
        self.windows = {asked: window for asked, window in self.windows.items() if window[0] > now}


@cache
def exact() -> RateLimiter:
    """What counts photos."""
    if not settings.RATE_LIMIT_URL:
        return DatabaseLimiter()
    # To its end: what another thread has half imported, the library takes for a version that is too old.
    import redis  # noqa: F401

    storage = RedisStorage(
        settings.RATE_LIMIT_URL,
        wrap_exceptions=True,
        key_prefix="rates",
        socket_timeout=1,
        socket_connect_timeout=1,
    )
    return LibraryLimiter(MovingWindowRateLimiter(storage))


@cache
def rough() -> RateLimiter:
    """What counts requests that cost nothing: in this process alone, so that a look at a job writes nothing."""
    return RoughLimiter()


def hit_all(limiter: RateLimiter, key: str, rates: tuple[Rate, ...], cost: int = 1) -> Decision:
    """Counts in every window, the shortest first, and returns the tightest; raises TooManyRequests.

    The first refusal ends it, so a long window never counts what a short one refused.
    """
    decisions = []
    for rate in rates:
        decision = limiter.hit(key, rate, cost)
        if not decision.allowed:
            raise TooManyRequests(decision, rate)
        decisions.append(decision)
    return min(decisions, key=lambda decision: decision.remaining)


def forget_old() -> int:
    """Deletes windows that are over; returns how many."""
    deleted, _ = RateWindow.objects.filter(ends__lt=time.time() - KEPT_SECONDS).delete()
    return deleted


def _wait(hits: list[tuple[float, int]], missing: int, now: float, rate: Rate) -> float:
    """Seconds until `missing` units of the oldest hits are out of the window."""
    for at, units in hits:
        missing -= units
        if missing <= 0:
            return max(at + rate.seconds - now, 0.05)
    return float(rate.seconds)  # more than the whole rate: it never fits


def _item(rate: Rate) -> RateLimitItem:
    return RateLimitItemPerSecond(rate.limit, rate.seconds)
