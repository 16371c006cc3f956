"""Events that never came: reconcile finds what they would have told, and says so."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from accounts import purchases
from accounts.models import Payment, StripeCustomer, User
from tests import ledger

pytestmark = pytest.mark.django_db


def run(*words: str) -> str:
    out = io.StringIO()
    call_command("billing", *words, stdout=out, stderr=out)
    return out.getvalue()


def pay(shop, user, product, nonce="n1"):
    return shop.stripe.pay(purchases.buy(user, product, nonce).rpartition("/")[2])


def credits(user: User) -> float:
    user.refresh_from_db()
    ledger.check()
    return user.credits


def test_what_no_event_told(shop, alice):
    pay(shop, alice, "pro")
    intent = pay(shop, alice, "pack_100", "n2")["payment_intent"]
    shop.stripe.refund(intent, 500)
    said = run("reconcile")
    assert "+500 credits" in said and "+100 credits" in said and "50 credits back" in said
    assert credits(alice) == 550
    assert alice.plan_name == "pro"


def test_a_second_run_finds_nothing(shop, alice):
    pay(shop, alice, "pro")
    shop.stripe.dispute(shop.stripe.find("charges")[0]["payment_intent"])
    run("reconcile")
    assert run("reconcile") == "0 differences repaired.\n"


def test_a_dry_run_changes_nothing(shop, alice):
    pay(shop, alice, "pack_100")
    assert run("reconcile", "--dry-run").endswith("1 difference found.\n")
    assert credits(alice) == 0
    assert not Payment.objects.exists()


def test_a_plan_that_ended_and_a_customer_who_went(shop, alice, happen):
    key = pay(shop, alice, "pro")["subscription"]
    happen()
    shop.stripe.end(key)
    assert "subscription canceled" in run("reconcile")
    assert credits(alice) == 500 and alice.plan_name == "free"
    shop.stripe.delete_customer(StripeCustomer.objects.get().pk)
    assert "customer forgotten" in run("reconcile")


def test_a_balance_that_somebody_wrote_by_hand(shop, alice):
    User.objects.filter(pk=alice.pk).update(balance=7)
    assert "alice@example.org: the balance is not the sum" in run("reconcile")


def test_the_settings_are_good(shop):
    assert run("check") == "Mode: test\npro: €9.00\nbusiness: €49.00\npack_100: €10.00\npack_500: €40.00\n"


@pytest.mark.parametrize(
    "prices", [{"pro": ["price_pack_100"]}, {"pack_100": ["price_pro"]}, {"pro": ["price_x"]}]
)
def test_the_settings_are_not(shop, settings, prices):
    settings.STRIPE_PRICES = prices
    with pytest.raises(CommandError, match="Not good"):
        run("check")


def test_without_a_key(settings):
    settings.STRIPE_SECRET_KEY = ""
    with pytest.raises(CommandError, match="Billing is off"):
        run("reconcile")


def test_stripe_is_away(shop, alice):
    pay(shop, alice, "pack_100")
    shop.broken = 500
    with pytest.raises(CommandError, match="does not answer"):
        run("reconcile")
