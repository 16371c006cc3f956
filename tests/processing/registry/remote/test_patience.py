"""How often a provider is asked again, how long is waited, and when it is left alone."""

import pytest

from processing.registry.remote.breaker import Breaker
from processing.registry.remote.errors import ProviderError
from tests.providers import Reply, removebg_error

from .conftest import predictor


def busy(retry_after: str) -> Reply:
    reply = removebg_error(429, "rate_limit_exceeded")
    reply.headers["Retry-After"] = retry_after
    return reply


def test_trouble_then_success(removebg, time_, disc):
    removebg.script.extend([Reply(500), Reply(503)])
    assert predictor("removebg-api", removebg, time_).predict(disc).max() == 1
    assert time_.naps == [0.5, 1.0]


def test_after_three_tries_it_is_over(removebg, time_, disc):
    removebg.script.extend([Reply(500)] * 9)
    with pytest.raises(ProviderError):
        predictor("removebg-api", removebg, time_).predict(disc)
    assert len(removebg.seen) == 3


@pytest.mark.parametrize(
    ("asked", "waited"),
    [
        ("3", 3.0),
        ("0", 0.0),
        ("Tue, 14 Nov 2023 22:13:27 GMT", 7.0),
        ("Tue, 14 Nov 2023 22:00:00 GMT", 0.0),
        ("soon", 0.5),
        ("-5", 0.5),
        ("²", 0.5),
    ],
)
def test_retry_after_is_obeyed(removebg, time_, disc, asked, waited):
    removebg.script.append(busy(asked))
    assert predictor("removebg-api", removebg, time_, timeout=60.0).predict(disc).max() == 1
    assert time_.naps == [waited]


@pytest.mark.parametrize("asked", ["21", "3600", "Wed, 15 Nov 2023 22:13:20 GMT"])
def test_who_asks_for_too_much_is_not_asked_again(removebg, time_, disc, asked):
    removebg.script.append(busy(asked))
    with pytest.raises(ProviderError) as caught:
        predictor("removebg-api", removebg, time_, timeout=60.0).predict(disc)
    assert caught.value.code == "provider_rate_limited"
    assert caught.value.facts["retry_after"] in {21, 3600, 86400}
    assert (len(removebg.seen), time_.naps) == (1, [])


def test_no_pause_ends_after_the_timeout(removebg, time_, disc):
    removebg.script.append(busy("15"))
    with pytest.raises(ProviderError):
        predictor("removebg-api", removebg, time_, timeout=10.0).predict(disc)
    assert time_.naps == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
def test_what_cannot_help_is_not_repeated(removebg, time_, disc, status):
    removebg.script.append(Reply(status))
    with pytest.raises(ProviderError):
        predictor("removebg-api", removebg, time_).predict(disc)
    assert len(removebg.seen) == 1


class Watch:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_breaker_opens_half_opens_and_closes():
    watch = Watch()
    breaker = Breaker(failures=2, rest=30, clock=watch)
    breaker.failed()
    assert breaker.allows()
    breaker.failed()
    assert not breaker.allows()
    assert breaker.wait == 30
    watch.now += 30
    assert breaker.allows(), "one may try"
    assert not breaker.allows(), "and the others wait for its outcome"
    breaker.failed()
    assert not breaker.allows(), "one more failure is enough to open it again"
    watch.now += 31
    assert breaker.allows()
    breaker.succeeded()
    assert breaker.allows()
    assert breaker.allows()


def test_a_success_in_between_starts_the_count_anew():
    breaker = Breaker(failures=2)
    for outcome in (breaker.failed, breaker.succeeded, breaker.failed):
        outcome()
    assert breaker.allows()


def test_a_failing_provider_is_left_alone(removebg, time_, disc):
    removebg.script.extend([Reply(500)] * 15)
    looked = predictor("removebg-api", removebg, time_)
    for _ in range(6):
        with pytest.raises(ProviderError) as caught:
            looked.predict(disc)
    assert len(removebg.seen) == 15, "five times three tries, and the sixth time none"
    assert caught.value.code == "provider_unavailable"
    assert int(caught.value.facts["retry_after"]) > 0


def test_a_wrong_key_does_not_open_it_for_others(removebg, time_, disc):
    for _ in range(6):
        with pytest.raises(ProviderError):
            predictor("removebg-api", removebg, time_, key="wrong").predict(disc)
    assert predictor("removebg-api", removebg, time_).predict(disc).max() == 1
