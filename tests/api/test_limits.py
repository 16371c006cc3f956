from __future__ import annotations

import io
from collections import Counter
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from PIL import Image

from accounts import limits, throttles
from accounts.models import User
from accounts.plans import ANONYMOUS, PLANS, Rate
from processing import storage
from processing.models import Job
from tests import fakes, ledger
from tests.together import at_once

pytestmark = pytest.mark.both


def photo(width: int, height: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height)).save(file, "PNG")
    return file.getvalue()


def test_the_eleventh_photo_of_a_minute_waits(alice, bell):
    answers = [alice.upload(fakes.photo(shade=shade)) for shade in range(10)]
    assert {answer.status_code for answer in answers} == {202}
    assert [int(answer["X-RateLimit-Remaining"]) for answer in answers] == list(range(9, -1, -1))
    assert {answer["X-RateLimit-Limit"] for answer in answers} == {"10"}
    refused = alice.upload()
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert 0 < int(refused["Retry-After"]) <= 60
    assert refused["X-RateLimit-Remaining"] == "0"
    assert alice.get("account").status_code == 200, "looking is not a photo"


def test_a_paid_plan_weighs_by_megapixels(alice, bell):
    User.objects.update(plan_name="pro")
    light, heavy = alice.upload(photo(1000, 1000)), alice.upload(photo(2000, 1100))
    assert int(light["X-RateLimit-Remaining"]) == 499
    assert int(heavy["X-RateLimit-Remaining"]) == 496


def test_a_key_has_its_own_limit(alice, another_key, bell):
    narrow = another_key("alice@example.org", per_minute=1)
    assert narrow.upload().status_code == 202
    assert narrow.upload().status_code == 429
    assert alice.upload().status_code == 202, "the user's other key is not used up"


def test_a_test_key_costs_nothing_and_has_a_daily_allowance(alice, another_key, bell, settings):
    settings.TEST_KEY_PHOTOS = 2
    test = another_key("alice@example.org", is_test=True)
    made = test.upload().json()
    assert made["credits"] == 0
    assert test.upload().status_code == 202
    assert test.upload().status_code == 429
    assert alice.get("account").json()["credits"] == 10


def test_an_unlimited_user_is_not_counted(alice, bell):
    User.objects.update(is_unlimited=True)
    assert {alice.upload().status_code for _ in range(12)} == {202}


def test_requests_of_any_kind_are_bounded(alice, monkeypatch):
    monkeypatch.setitem(PLANS, "free", replace(PLANS["free"], requests=Rate(3, 60)))
    assert [alice.get("account").status_code for _ in range(4)] == [200, 200, 200, 429]


def test_no_photo_passes_while_the_limits_cannot_be_checked(alice, bell, monkeypatch):
    class Away:
        def hit(self, *args: object) -> limits.Decision:
            raise limits.LimiterAway

    monkeypatch.setattr(limits, "exact", Away)
    answer = alice.upload()
    assert (answer.status_code, answer.json()["code"]) == (503, "limits_unavailable")
    assert "Retry-After" in answer
    assert alice.get("jobs").status_code == 200


def test_a_client_cannot_choose_its_address(client, transactional_db, monkeypatch):
    monkeypatch.setattr(throttles, "ANONYMOUS", replace(ANONYMOUS, requests=Rate(2, 60)))
    answers = [
        client.get("/api/v1/errors", headers={"X-Forwarded-For": f"203.0.113.{number}"})
        for number in range(3)
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 429]


@pytest.mark.slow
def test_fifty_requests_at_once_for_ten_credits_and_exactly_ten_are_taken(alice, bell, monkeypatch):
    """Through the whole of the API: ten jobs, ten holds, a balance of zero, and nothing left of the others."""
    roomy = replace(PLANS["free"], images=(Rate(100, 60),), unfinished=100)
    monkeypatch.setitem(PLANS, "free", roomy)
    photos = [fakes.photo(shade=shade) for shade in range(50)]
    answers: list[Any] = at_once(*[partial(alice.upload, photo) for photo in photos])
    statuses = Counter(getattr(answer, "status_code", repr(answer)) for answer in answers)
    assert statuses == {202: 10, 402: 40}, statuses
    assert Job.objects.count() == 10 and User.objects.get().balance == 0
    assert len(list(storage.names_under("u"))) == 10
    ledger.check()
