"""Addresses that many requests name at once."""

from __future__ import annotations

import time
from typing import Any

import pytest

from accounts.models import User
from processing import downloads
from processing.api import reading
from processing.jobs import Upload
from processing.models import Job
from tests import fakes
from tests.api.compat.conftest import Caller
from tests.together import at_once


@pytest.fixture(autouse=True)
def slow_elsewhere(monkeypatch, transactional_db):
    def load(url: str) -> Upload:
        time.sleep(1)
        return Upload("a.png", fakes.photo())

    monkeypatch.setattr(reading, "fetch_image", load)
    monkeypatch.setattr("processing.api.compat.work.fetch_image", load)


def test_one_account_holds_few_threads(alice, bob, bell):
    """Beyond that it is told to come again, before anything is made; another account is not held up."""
    User.objects.update(is_unlimited=True)
    ask = lambda program: lambda: program.post("jobs", {"url": "https://slow.example/a.png"})  # noqa: E731
    answers: list[Any] = at_once(*[ask(alice)] * 12, ask(bob))
    statuses = [answer.status_code for answer in answers]
    assert statuses[-1] == 202
    assert (
        statuses[:-1].count(202) == downloads.AT_ONCE and statuses[:-1].count(429) == 12 - downloads.AT_ONCE
    )
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert (refused.json()["code"], refused.json()["retryable"]) == ("too_many_downloads", True)
    assert int(refused["Retry-After"]) > 0
    assert Job.objects.count() == downloads.AT_ONCE + 1


def test_it_is_told_in_remove_bgs_words(alice, worker):
    User.objects.update(is_unlimited=True)
    caller = Caller(alice.key)
    ask = lambda: caller.json("/v1.0/removebg", {"image_url": "https://slow.example/a.png"})  # noqa: E731
    answers: list[Any] = at_once(*[ask] * (downloads.AT_ONCE + 2))
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(refused) == 2
    assert (
        refused[0].json()["errors"][0]["code"] == "rate_limit_exceeded" and int(refused[0]["Retry-After"]) > 0
    )
