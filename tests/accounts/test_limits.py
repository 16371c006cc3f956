"""All stores of the windows are held to one contract."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator

import pytest
from django.db import connections
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter

from accounts import limits
from accounts.limits import (
    DatabaseLimiter,
    LibraryLimiter,
    LimiterAway,
    RateLimiter,
    RoughLimiter,
    TooManyRequests,
)
from accounts.models import RateWindow
from accounts.plans import HOUR, MINUTE, Rate
from tests import servers
from tests.together import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]

LONG = Rate(3, HOUR)


def on_redis(url: str) -> LibraryLimiter:
    storage = RedisStorage(url, wrap_exceptions=True, socket_timeout=1, socket_connect_timeout=1)
    return LibraryLimiter(MovingWindowRateLimiter(storage))


@pytest.fixture(scope="module")
def redis() -> Iterator[servers.Redis]:
    """One for all tests here, as none kills it."""
    with servers.needed(), servers.redis() as server:
        yield server


@pytest.fixture(params=["database", "redis", "memory"])
def limiter(request: pytest.FixtureRequest) -> RateLimiter:
    if request.param == "memory":
        return RoughLimiter()
    if request.param == "database":
        return DatabaseLimiter()
    server = request.getfixturevalue("redis")
    server.flush()
    return on_redis(server.url)


def test_it_works(limiter):
    decisions = [limiter.hit("a", LONG) for _ in range(4)]
    assert [decision.allowed for decision in decisions] == [True, True, True, False]
    assert [decision.remaining for decision in decisions] == [2, 1, 0, 0]
    assert decisions[0].retry_after == 0
    assert HOUR - 60 < decisions[3].retry_after <= HOUR
    assert abs(decisions[3].reset - time.time() - HOUR) < 60


def test_keys_and_rates_are_counted_apart(limiter):
    for _ in range(3):
        assert limiter.hit("a", LONG).allowed
    assert limiter.hit("b", LONG).allowed
    assert limiter.hit("a", Rate(3, MINUTE)).allowed


def test_a_cost_counts_as_so_many(limiter):
    assert limiter.hit("a", LONG, 2).remaining == 1
    assert not limiter.hit("a", LONG, 2).allowed
    assert limiter.hit("a", LONG, 1).allowed


def test_what_was_refused_is_not_counted(limiter):
    limiter.hit("a", LONG, 2)
    for _ in range(5):
        limiter.hit("a", LONG, 2)
    assert limiter.hit("a", LONG).allowed


def test_more_than_the_rate_never_fits(limiter):
    assert not limiter.hit("a", LONG, 4).allowed


def test_the_window_moves_on(limiter):
    second = Rate(1, 1)
    assert limiter.hit("a", second).allowed
    refused = limiter.hit("a", second)
    assert not refused.allowed
    time.sleep(max(refused.retry_after, 0) + 0.1)
    assert limiter.hit("a", second).allowed


def tries(case: tuple[str, str]) -> int:
    """How many of 400 tries passed in this process."""
    kind, url = case
    limiter = DatabaseLimiter() if kind == "database" else on_redis(url)
    passed = sum(limiter.hit("race", Rate(50, HOUR)).allowed for _ in range(400))
    connections.close_all()
    return passed


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["database", "redis"])
def test_four_processes_let_exactly_the_limit_through(kind, request):
    url = ""
    if kind == "redis":
        server = request.getfixturevalue("redis")
        server.flush()
        url = server.url
    connections.close_all()  # a child must not inherit a connection in use
    with multiprocessing.get_context("fork").Pool(4) as pool:
        passed = pool.map(tries, [(kind, url)] * 4, chunksize=1)
    assert sum(passed) == 50


def test_a_redis_that_is_away_is_told(redis):
    limiter = on_redis(f"redis://127.0.0.1:{servers.free_port()}/0")
    with pytest.raises(LimiterAway):
        limiter.hit("a", LONG)


def test_the_first_window_that_is_full_refuses():
    rates = (Rate(2, MINUTE), Rate(3, HOUR))
    limiter = DatabaseLimiter()
    assert limits.hit_all(limiter, "a", rates).remaining == 1
    limits.hit_all(limiter, "a", rates)
    with pytest.raises(TooManyRequests) as refusal:
        limits.hit_all(limiter, "a", rates)
    assert refusal.value.facts["window"] == MINUTE
    assert limiter.hit("a", Rate(3, HOUR)).remaining == 0, "the hour counted what the minute refused"


def test_windows_that_are_over_are_forgotten():
    DatabaseLimiter().hit("old", Rate(1, MINUTE))
    DatabaseLimiter().hit("young", LONG)
    RateWindow.objects.filter(pk__startswith="old").update(ends=time.time() - HOUR)
    assert limits.forget_old() == 1
    assert RateWindow.objects.get().pk.startswith("young")


def test_the_memory_forgets_what_is_over(monkeypatch):
    limiter = RoughLimiter()
    for number in range(100):
        limiter.hit(f"address:{number}", Rate(5, MINUTE))
    later = time.time() + MINUTE + limits.KEPT_SECONDS
    monkeypatch.setattr(limits.time, "time", lambda: later)
    assert limiter.hit("address:1", Rate(5, MINUTE)).remaining == 4
    assert len(limiter.windows) == 1


def test_threads_that_ask_at_once_let_exactly_the_limit_through():
    limiter = RoughLimiter()
    asked = at_once(*[lambda: limiter.hit("a", Rate(20, HOUR)).allowed] * 40)
    assert asked.count(True) == 20
