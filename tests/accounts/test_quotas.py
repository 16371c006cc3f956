"""The ledger: exact under concurrency, each verb once, the balance never below zero."""

from __future__ import annotations

from functools import partial

import pytest
from django.db import IntegrityError

from accounts import quotas
from accounts.models import CREDIT, CreditEntry, User
from tests import ledger
from tests.together import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]


def new_user(credits: int) -> User:
    user = User.objects.create_user("alice@example.org")
    quotas.grant(user, credits * CREDIT, "start")
    return user


def balance(user: User) -> int:
    user.refresh_from_db()
    return user.balance


def test_it_holds_and_spends() -> None:
    user = new_user(10)
    assert quotas.reserve(user, CREDIT, "job") == CREDIT
    assert balance(user) == 9 * CREDIT
    quotas.settle("job")
    assert balance(user) == 9 * CREDIT
    ledger.check()


def test_it_holds_and_gives_back() -> None:
    user = new_user(10)
    quotas.reserve(user, 25, "job")
    quotas.refund("job", "worker_crashed")
    assert balance(user) == 10 * CREDIT
    entry = CreditEntry.objects.get(key="close:job")
    assert (entry.kind, entry.amount, entry.reason) == ("refund", 25, "worker_crashed")
    ledger.check()


def test_too_little_is_refused_and_nothing_is_written() -> None:
    user = new_user(1)
    with pytest.raises(quotas.OutOfCredits) as refusal:
        quotas.reserve(user, 2 * CREDIT, "job")
    assert refusal.value.facts == {"needed": 2, "balance": 1}
    assert balance(user) == CREDIT
    assert user.credit_entries.count() == 1


def test_who_is_not_charged_holds_nothing() -> None:
    user = User.objects.create_superuser("operator@example.org", "secret")
    assert quotas.reserve(user, CREDIT, "job") == 0
    quotas.refund("job")
    assert balance(user) == 0
    ledger.check()


@pytest.mark.parametrize("first", [quotas.settle, quotas.refund])
@pytest.mark.parametrize("second", [quotas.settle, quotas.refund])
def test_a_job_is_closed_once(first, second) -> None:
    user = new_user(10)
    quotas.reserve(user, CREDIT, "job")
    first("job")
    before = balance(user)
    with pytest.raises(IntegrityError):
        second("job")
    assert balance(user) == before
    ledger.check()


def test_a_job_holds_once() -> None:
    user = new_user(10)
    quotas.reserve(user, CREDIT, "job")
    with pytest.raises(IntegrityError):
        quotas.reserve(user, CREDIT, "job")
    assert balance(user) == 9 * CREDIT


def test_a_grant_is_made_once_by_its_key() -> None:
    user = new_user(0)
    assert quotas.grant(user, 500, "invoice:1") is True
    assert quotas.grant(user, 500, "invoice:1") is False
    assert balance(user) == 500
    ledger.check()


def test_a_grant_never_takes() -> None:
    with pytest.raises(ValueError, match="adds"):
        quotas.grant(new_user(1), -1, "trick")


def test_fifty_at_once_for_ten_credits_and_exactly_ten_pass() -> None:
    user = new_user(10)
    steps = [partial(quotas.reserve, user, CREDIT, f"job-{n}") for n in range(50)]
    answers = at_once(*steps)
    assert sum(answer == CREDIT for answer in answers) == 10
    assert sum(isinstance(answer, quotas.OutOfCredits) for answer in answers) == 40
    assert balance(user) == 0
    ledger.check()


def test_settle_and_refund_at_once_and_one_wins() -> None:
    user = new_user(5)
    for number in range(5):
        job = f"job-{number}"
        quotas.reserve(user, CREDIT, job)
        answers = at_once(partial(quotas.settle, job), partial(quotas.refund, job))
        assert sum(isinstance(answer, IntegrityError) for answer in answers) == 1
    ledger.check()


def test_the_same_grant_at_once_counts_once() -> None:
    user = new_user(0)
    answers = at_once(*[lambda: quotas.grant(user, CREDIT, "invoice:9")] * 8)
    assert sorted(map(str, answers)) == ["False"] * 7 + ["True"]
    assert balance(user) == CREDIT
