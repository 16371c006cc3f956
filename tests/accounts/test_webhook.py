"""Webhooks: what is not Stripe's has no effect, and what is has one, however often and in whatever order it comes."""

from __future__ import annotations

import itertools
import json
import random
import time
from datetime import UTC, datetime

import pytest
from django.test import Client

from accounts import purchases, quotas
from accounts.models import CREDIT, CreditEntry, Payment, StripeCustomer, StripeEvent, Subscription, User
from tests import ledger, stripe_server
from tests.together import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]


def pay(shop, user, product, nonce="n1"):
    return shop.stripe.pay(purchases.buy(user, product, nonce).rpartition("/")[2])


def event_of(shop, kind):
    return next(event for event in shop.stripe.events if event["type"] == kind)


def balance(user: User) -> float:
    user.refresh_from_db()
    ledger.check()
    return user.credits


def test_it_works(shop, ring, alice):
    pay(shop, alice, "pack_100")
    answer = ring(event_of(shop, "checkout.session.completed"))
    assert (answer.status_code, answer.json()) == (200, {"outcome": "+100 credits"})
    assert balance(alice) == 100


BAD = [
    ("not signed", {"signature": ""}, 400, "invalid_signature"),
    ("no signature in it", {"signature": "t=1,v0=abc"}, 400, "invalid_signature"),
    ("malformed", {"signature": "t=x,v1="}, 400, "invalid_signature"),
    ("nonsense", {"signature": "nonsense"}, 400, "invalid_signature"),
    ("another secret", {"signature": stripe_server.signature("{}", secret="whsec_other")}, 400, "invalid_signature"),
    ("old", {"at": time.time() - 3600}, 400, "invalid_signature"),
    ("from the future", {"at": time.time() + 3600}, 400, "invalid_signature"),
    ("not JSON", {"body": "hello"}, 400, "invalid_event"),
    ("not an event", {"body": "[]"}, 400, "invalid_event"),
    ("without its object", {"body": '{"id": "evt_1", "type": "x", "created": 1}'}, 400, "invalid_event"),
    ("of the other mode", {"livemode": True}, 400, "wrong_mode"),
    ("another body", {"sent": '{"id": "evt_1"}'}, 400, "invalid_signature"),
    ("not text", {"sent": b"\xff\xfe"}, 400, "invalid_signature"),
    ("too large", {"sent": b" " * 256_001}, 413, "request_too_large"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "status", "code"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_it_is_refused(shop, ring, alice, wrong, status, code):
    pay(shop, alice, "pack_100")
    event = event_of(shop, "checkout.session.completed")
    if "livemode" in wrong:
        event = event | {"livemode": wrong["livemode"]}
    answer = ring(event, **wrong)
    assert (answer.status_code, answer.json()) == (status, {"code": code})
    assert balance(alice) == 0
    assert not StripeEvent.objects.exists()


@pytest.mark.parametrize("seconds", [-310, 310])
def test_a_clock_that_is_off_too_far(shop, ring, alice, seconds):
    pay(shop, alice, "pack_100")
    answer = ring(event_of(shop, "checkout.session.completed"), at=time.time() + seconds)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_signature")
    assert balance(alice) == 0


def test_one_space_more_is_another_body(shop, ring, alice):
    pay(shop, alice, "pack_100")
    event = event_of(shop, "checkout.session.completed")
    assert ring(event, sent=json.dumps(event) + " ").status_code == 400
    assert ring(event, sent=json.dumps(event, separators=(",", ":"))).status_code == 400
    assert balance(alice) == 0


def test_a_live_site_takes_no_test_event(shop, ring, alice, settings):
    pay(shop, alice, "pack_100")
    settings.STRIPE_LIVE = True
    answer = ring(event_of(shop, "checkout.session.completed"))
    assert (answer.status_code, answer.json()["code"]) == (400, "wrong_mode")
    assert balance(alice) == 0


def test_a_thin_event_of_the_second_api_is_taken(shop, ring):
    event = {
        "id": "evt_thin", "object": "v2.core.event", "type": "v1.billing.meter.error_report_triggered",
        "created": "2026-11-25T12:00:00.000Z", "livemode": False, "related_object": None,
    }  # fmt: skip
    answer = ring(event)
    assert (answer.status_code, answer.json()) == (200, {"outcome": "no effect here"})


@pytest.mark.parametrize("seconds", [-290, 290])
def test_a_clock_that_is_a_little_off(shop, ring, alice, seconds):
    pay(shop, alice, "pack_100")
    assert ring(event_of(shop, "checkout.session.completed"), at=time.time() + seconds).status_code == 200
    assert balance(alice) == 100


def test_only_posts(shop):
    assert Client().get("/billing/webhook").status_code == 405


def test_no_key_no_webhooks(settings, db):
    settings.STRIPE_SECRET_KEY = ""
    answer = Client().post("/billing/webhook", "{}", content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (404, "billing_off")


@pytest.mark.parametrize("kind", ["product.created", "v2.core.event", "checkout.session.unheard_of"])
def test_what_is_of_no_interest_is_taken(shop, ring, alice, kind):
    event = shop.stripe.tell(kind, {"id": "x_1"})
    assert ring(event).json() == {"outcome": "no effect here"}
    assert StripeEvent.objects.get().outcome == "no effect here"
    assert not shop.requests


def test_the_body_is_not_believed(shop, ring, alice):
    """Even one that is signed: Stripe is asked what the object really says."""
    session = pay(shop, alice, "pack_100")
    lie = json.loads(json.dumps(event_of(shop, "checkout.session.completed")))
    lie["data"]["object"] |= {"metadata": {"product": "pack_500"}, "amount_total": 1}
    assert session["metadata"] == {"product": "pack_100"}
    ring(lie)
    assert balance(alice) == 100


def test_an_object_that_is_gone(shop, ring, alice):
    event = shop.stripe.tell("checkout.session.completed", {"id": "cs_nothing"})
    assert ring(event).json() == {"outcome": "no effect here"}


def test_somebody_we_do_not_know(shop, ring, alice):
    pay(shop, alice, "pack_100")
    StripeCustomer.objects.all().delete()
    assert "unknown customer" in ring(event_of(shop, "checkout.session.completed")).json()["outcome"]
    assert balance(alice) == 0


def test_stripe_cannot_be_asked_so_it_must_ring_again(shop, ring, alice):
    pay(shop, alice, "pack_100")
    event = event_of(shop, "checkout.session.completed")
    shop.broken = 500
    answer = ring(event)
    assert (answer.status_code, answer.json()) == (503, {"code": "billing_unavailable"})
    assert not StripeEvent.objects.exists()
    shop.broken = 0
    assert ring(event).status_code == 200
    assert balance(alice) == 100


def test_fifty_times_one_after_the_other(shop, ring, alice):
    pay(shop, alice, "pack_100")
    event = event_of(shop, "checkout.session.completed")
    answers = [ring(event) for _ in range(50)]
    assert {answer.status_code for answer in answers} == {200}
    assert [answer.json()["outcome"] for answer in answers].count("known") == 49
    assert balance(alice) == 100


def test_fifty_times_at_once(shop, ring, alice):
    pay(shop, alice, "pack_100")
    event = event_of(shop, "checkout.session.completed")
    answers = at_once(*[lambda: ring(event)] * 50)
    assert {getattr(answer, "status_code", answer) for answer in answers} == {200}
    assert balance(alice) == 100
    assert (Payment.objects.count(), StripeEvent.objects.count()) == (1, 1)


def test_all_events_of_a_plan_at_once_and_shuffled(shop, ring, alice):
    """Creation, payment, change, refund: in any order, all at the same time, each twice."""
    pay(shop, alice, "pro")
    intent = shop.stripe.find("charges")[0]["payment_intent"]
    pay(shop, alice, "pack_100", "n2")
    shop.stripe.refund(intent, 450)
    events = shop.stripe.events * 2
    random.Random(7).shuffle(events)
    answers = at_once(*[lambda event=event: ring(event) for event in events])
    assert {getattr(answer, "status_code", answer) for answer in answers} == {200}
    assert balance(alice) == 250 + 100
    assert alice.plan_name == "pro"
    assert Payment.objects.count() == 2


def test_every_order_of_the_events_of_a_subscription_ends_alike(shop, ring, alice):
    key = pay(shop, alice, "pro")["subscription"]
    shop.stripe.end(key)
    events = [event for event in shop.stripe.events if event["type"] != "checkout.session.completed"]
    assert len(events) == 3
    for order in itertools.permutations(events):
        Subscription.objects.all().delete()
        StripeEvent.objects.all().delete()
        for event in order:
            ring(event)
        alice.refresh_from_db()
        assert (alice.plan_name, Subscription.objects.get().status) == ("free", "canceled")
    assert balance(alice) == 500


def test_an_answer_that_was_on_its_way_for_long_does_not_win(shop, ring, alice):
    key = pay(shop, alice, "pro")["subscription"]
    for event in shop.stripe.events:
        ring(event)
    Subscription.objects.update(as_of=datetime(2099, 1, 1, tzinfo=UTC), status="active")
    shop.stripe.end(key)
    assert "older" in ring(event_of(shop, "customer.subscription.deleted")).json()["outcome"]
    assert Subscription.objects.get().status == "active"


def test_jobs_and_refund_at_once(shop, ring, alice):
    """While the credits are taken back, jobs reserve them: each is either reserved or taken, none is both."""
    intent = pay(shop, alice, "pack_100")["payment_intent"]
    ring(event_of(shop, "checkout.session.completed"))
    shop.stripe.refund(intent)
    refund = event_of(shop, "charge.refunded")
    spend = [lambda n=n: quotas.reserve(alice, 10 * CREDIT, f"job-{n}") for n in range(10)]
    at_once(*spend[:5], lambda: ring(refund), *spend[5:])
    assert balance(alice) == 0
    reserved = CreditEntry.objects.filter(kind="reserve").count()
    assert quotas.owed(alice) == reserved * 10 * CREDIT
