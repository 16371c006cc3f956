"""Who is told of credits that end, and what a plan gives each month: each once, whatever happens meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.utils import timezone

from accounts import allowance, credit_warnings, letters, quotas, retention
from accounts.models import CREDIT, CreditEntry, Letter, Subscription, User
from accounts.plans import PLANS
from tests import ledger
from tests.together import at_once
from webhooks.models import Endpoint, Message

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice@example.org")


def spend(user: User, photos: int, name: str = "job") -> None:
    for number in range(photos):
        quotas.reserve(user, CREDIT, f"{name}-{number}")


def told() -> list[int]:
    return [letter.facts["used"] for letter in Letter.objects.order_by("id")]


def test_told_at_80_and_at_100_once_for_each_refill(alice) -> None:
    Endpoint.objects.create(user=alice, url="https://8.8.8.8/", events=["credits.low"], secret="-")
    quotas.grant(alice, 10 * CREDIT, "pack")
    spend(alice, 7)
    assert told() == []
    spend(alice, 1, "eighth")
    quotas.refund("eighth-0")
    spend(alice, 1, "again")
    assert told() == [80]
    spend(alice, 2, "last")
    assert told() == [80, 100]
    assert Message.objects.filter(type="credits.low").count() == 2
    quotas.grant(alice, 10 * CREDIT, "another pack")
    spend(alice, 10, "more")
    assert told() == [80, 100, 80, 100]
    ledger.check()


@pytest.mark.parametrize(
    ("balance", "full", "step"),
    [
        (1000, 1000, 0),
        (201, 1000, 0),
        (200, 1000, 80),
        (100, 1000, 80),
        (99, 1000, 100),
        (0, 1000, 100),
        (0, 0, 0),
    ],
)
def test_steps(balance, full, step) -> None:
    assert credit_warnings.reached(balance, full) == step


def test_nobody_is_told_who_has_no_mailbox_or_pays_nothing(alice) -> None:
    User.objects.update(is_guest=True)
    alice.refresh_from_db()
    quotas.grant(alice, CREDIT, "visitor")
    spend(alice, 1)
    User.objects.update(is_guest=False, is_unlimited=True)
    alice.refresh_from_db()
    spend(alice, 1, "free")
    assert told() == []


def test_letters_are_sent_once_and_tried_again(alice, monkeypatch) -> None:
    letters.write(alice, "credits_low", used=80, balance=2, of=10)
    with monkeypatch.context() as broken:
        broken.setattr(
            "django.core.mail.EmailMultiAlternatives.send", lambda self: (_ for _ in ()).throw(OSError())
        )
        assert letters.send_waiting() == 0
    assert letters.send_waiting() == 0, "not again at once"
    Letter.objects.update(due=timezone.now() - timedelta(seconds=1))
    assert (letters.send_waiting(), letters.send_waiting()) == (1, 0)
    [sent] = mail.outbox
    assert (sent.to, sent.subject) == (["alice@example.org"], "80 % of your credits are used")
    assert "There are 2 of 10 credits left" in sent.body
    assert sent.alternatives[0].mimetype == "text/html" and "/account/billing" in sent.alternatives[0].content


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        ("credits_low", {"used": 100, "balance": 0, "of": 5}),
        ("webhook_disabled", {"url": "https://a/<b>", "why": "gone"}),
    ],
)
def test_every_letter_has_a_subject_and_both_parts(alice, kind, facts) -> None:
    found = letters.compose(Letter(user=alice, kind=kind, facts=facts))
    assert found.subject and "\n" not in found.subject and found.body
    assert "<b>" not in found.alternatives[0].content


def test_a_given_plan_gives_its_credits_each_month(alice, monkeypatch) -> None:
    alice.plan_name = "pro"
    alice.save()
    spend(alice, 1)
    assert allowance.give(User.objects.get()) is False
    assert User.objects.get().balance == (PLANS["pro"].credits - 1) * CREDIT
    later = datetime(2031, 2, 1, tzinfo=UTC)
    monkeypatch.setattr("accounts.allowance.timezone.now", lambda: later)
    assert allowance.give(alice) and not allowance.give(alice)
    assert CreditEntry.objects.filter(key=f"plan:{alice.pk}:pro:2031-02").count() == 1
    ledger.check()


def test_who_pays_gets_them_by_the_invoice_alone(alice) -> None:
    now = timezone.now()
    Subscription.objects.create(
        id="sub_1", user=alice, livemode=False, plan_name="pro", price="p", item="i", status="active",
        period_start=now, period_end=now + timedelta(days=30), as_of=now,
    )  # fmt: skip
    User.objects.update(plan_name="pro")
    assert allowance.give(User.objects.get()) is False
    assert not CreditEntry.objects.exists()


def test_the_free_plan_promises_none_and_gives_none(alice) -> None:
    assert PLANS["free"].credits == 0 and allowance.give(alice) is False


@pytest.mark.django_db(transaction=True)
def test_many_at_once_bring_it_once(transactional_db) -> None:
    user = User.objects.create_user("bob@example.org", plan_name="pro")
    found = at_once(*[lambda: allowance.give(User.objects.get(pk=user.pk))] * 6)
    assert sum(each is True for each in found) == 1, found
    assert User.objects.get().balance == PLANS["pro"].credits * CREDIT


def test_how_long_photos_are_kept(alice, settings) -> None:
    settings.KEEP_RESULTS = timedelta(days=30)
    for plan, own, days in [("free", None, 30), ("pro", None, 90), ("pro", 7, 7), ("free", 90, 30)]:
        assert retention.kept(User(plan_name=plan, keep_days=own)).days == days
    settings.KEEP_RESULTS = timedelta(days=200)
    assert retention.kept(User(plan_name="pro")).days == 200
