"""Buying, by the real SDK against the stand-in: what is sent, and what comes of it."""

from __future__ import annotations

import pytest
from stripe._api_version import _ApiVersion

from accounts import billing, purchases, quotas, subscriptions
from accounts.models import CREDIT, CreditDebt, Payment, StripeCustomer, Subscription, User
from tests import ledger
from tests.stripe_state import DAY

pytestmark = pytest.mark.django_db


def session_of(url: str) -> str:
    return url.rpartition("/")[2]


def buy(shop, user, product, nonce="n1"):
    """Buys and pays; the events wait for delivery."""
    key = session_of(purchases.buy(user, product, nonce))
    return shop.stripe.pay(key)


def current(user: User) -> Subscription:
    present = subscriptions.current(user)
    assert present
    return present


def credits(user: User) -> float:
    user.refresh_from_db()
    ledger.check()
    return user.credits


def test_a_pack_brings_its_credits(shop, happen, alice):
    buy(shop, alice, "pack_100")
    assert credits(alice) == 0  # a page that was opened is no payment
    happen()
    assert credits(alice) == 100
    payment = Payment.objects.get()
    assert (payment.user, payment.product, payment.amount, payment.currency) == (
        alice,
        "pack_100",
        1000,
        "eur",
    )
    assert payment.document.startswith(shop.url)


def test_what_is_sent_for_a_pack(shop, alice):
    purchases.buy(alice, "pack_100", "n1")
    made, opened = shop.posts("/v1/customers")[0], shop.posts("/v1/checkout/sessions")[0]
    assert made.form == {"email": "alice@example.org", "metadata": {"user": str(alice.pk)}}
    assert opened.headers["Stripe-Version"] == _ApiVersion.CURRENT
    customer = StripeCustomer.objects.get().pk
    assert opened.headers["Idempotency-Key"] == f"checkout-{customer}-pack_100-n1"
    assert opened.form | {"success_url": "", "cancel_url": ""} == {
        "mode": "payment",
        "customer": customer,
        "client_reference_id": str(alice.pk),
        "line_items": [{"price": "price_pack_100", "quantity": "1"}],
        "metadata": {"product": "pack_100"},
        "allow_promotion_codes": "true",
        "invoice_creation": {"enabled": "true"},
        "success_url": "",
        "cancel_url": "",
    }


def test_a_double_click_is_one_checkout_and_one_customer(shop, alice):
    assert purchases.buy(alice, "pack_100", "n1") == purchases.buy(alice, "pack_100", "n1")
    assert len(shop.stripe.kept["sessions"]) == len(shop.stripe.kept["customers"]) == 1


def test_a_plan_brings_plan_and_credits(shop, happen, alice):
    buy(shop, alice, "pro")
    happen()
    assert credits(alice) == 500
    assert alice.plan_name == "pro"
    assert current(alice).status == "active"


def test_a_month_later_there_are_credits_again(shop, happen, alice):
    subscription = buy(shop, alice, "pro")["subscription"]
    happen()
    shop.stripe.renew(subscription)
    happen()
    assert credits(alice) == 1000
    assert Payment.objects.count() == 2


def test_a_coupon_down_to_zero_counts_as_paid(shop, happen, alice):
    shop.stripe.coupon_percent = 100
    buy(shop, alice, "pack_100")
    buy(shop, alice, "pro")
    happen()
    assert credits(alice) == 600
    assert set(Payment.objects.values_list("amount", flat=True)) == {0}


def test_a_transfer_counts_when_it_arrives(shop, happen, alice):
    key = session_of(purchases.buy(alice, "pack_100", "n1"))
    shop.stripe.pay(key, delayed=True)
    assert happen() == ["checkout unpaid"]
    assert credits(alice) == 0
    shop.stripe.transfer_arrives(key)
    happen()
    assert credits(alice) == 100


def test_a_transfer_that_never_arrives_brings_nothing(shop, happen, alice):
    key = session_of(purchases.buy(alice, "pack_100", "n1"))
    shop.stripe.pay(key, delayed=True)
    shop.stripe.transfer_arrives(key, arrives=False)
    happen()
    assert credits(alice) == 0


@pytest.mark.parametrize("name", ["nothing", "pack_2000", "free", ""])
def test_what_is_not_sold_is_refused(shop, alice, name):
    with pytest.raises(purchases.CannotBuy, match="unknown_product"):
        purchases.buy(alice, name, "n1")
    assert not shop.requests


# --- Plans -----------------------------------------------------------------------------------------------


def test_only_one_plan(shop, happen, alice):
    buy(shop, alice, "pro")
    happen()
    with pytest.raises(purchases.CannotBuy, match="already_subscribed"):
        purchases.buy(alice, "business", "n2")


def test_a_second_window_closes_the_first(shop, alice):
    first = session_of(purchases.buy(alice, "pro", "n1"))
    second = session_of(purchases.buy(alice, "pro", "n2"))
    states = {key: each["status"] for key, each in shop.stripe.kept["sessions"].items()}
    assert states == {first: "expired", second: "open"}


def test_a_second_window_after_the_first_was_paid(shop, alice):
    buy(shop, alice, "pro")  # and its events have not come yet
    with pytest.raises(purchases.CannotBuy, match="already_subscribed"):
        purchases.buy(alice, "pro", "n2")
    assert [each["status"] for each in shop.stripe.find("sessions")] == ["expired", "complete"]
    assert credits(alice) == 500


def test_a_bigger_plan_in_the_middle_of_a_month(shop, happen, alice):
    key = buy(shop, alice, "pro")["subscription"]
    happen()
    item = shop.stripe.get("subscriptions", key)["items"]["data"][0]
    shop.stripe.now = (item["current_period_start"] + item["current_period_end"]) // 2
    purchases.change(alice, "business", "n2")
    happen()
    alice.refresh_from_db()
    assert alice.plan_name == "business"
    assert credits(alice) == pytest.approx(500 + (5000 - 500) / 2, abs=120)  # months differ in length
    sent = shop.posts(f"/v1/subscriptions/{key}")[0].form
    assert sent["proration_behavior"] == "always_invoice"
    assert sent["payment_behavior"] == "error_if_incomplete"


def test_back_and_forth_between_plans_brings_nothing(shop, happen, alice):
    buy(shop, alice, "pro")
    happen()
    purchases.change(alice, "business", "n2")
    happen()
    assert credits(alice) == 5000
    purchases.change(alice, "pro", "n3")
    happen()
    assert credits(alice) == 500


def test_a_smaller_plan_after_everything_is_spent_leaves_a_debt(shop, happen, alice):
    buy(shop, alice, "business")
    happen()
    quotas.reserve(alice, 5000 * CREDIT, "job")
    purchases.change(alice, "pro", "n2")
    happen()
    assert credits(alice) == 0
    assert quotas.owed(alice) == 4500 * CREDIT


def test_a_card_that_refuses_the_bigger_plan_changes_nothing(shop, happen, alice):
    buy(shop, alice, "pro")
    happen()
    with shop.stripe.refusing_card(), pytest.raises(billing.Declined):
        purchases.change(alice, "business", "n2")
    assert current(alice).plan_name == "pro"
    assert credits(alice) == 500


def test_the_end_of_a_plan_can_be_taken_back(shop, happen, alice):
    key = buy(shop, alice, "pro")["subscription"]
    happen()
    purchases.end(alice, at_period_end=True)
    assert current(alice).ends_at_period_end
    purchases.end(alice, at_period_end=False)
    assert not current(alice).ends_at_period_end
    purchases.end(alice, at_period_end=True)
    shop.stripe.renew(key)
    happen()
    alice.refresh_from_db()
    assert (alice.plan_name, credits(alice)) == ("free", 500)


def test_a_late_payment_keeps_the_plan_for_a_while(shop, happen, alice, settings):
    key = buy(shop, alice, "pro")["subscription"]
    happen()
    with shop.stripe.refusing_card():
        shop.stripe.renew(key)
    happen()
    assert subscriptions.end_grace() == 0
    alice.refresh_from_db()
    assert (alice.plan_name, credits(alice)) == ("pro", 500)
    Subscription.objects.update(grace_until="2020-01-01T00:00:00Z")
    assert subscriptions.end_grace() == 1
    alice.refresh_from_db()
    assert alice.plan_name == "free"
    shop.stripe.pay_late(key)
    happen()
    alice.refresh_from_db()
    assert (alice.plan_name, credits(alice)) == ("pro", 1000)


def test_the_grace_is_not_prolonged_by_the_next_failure(shop, happen, alice):
    key = buy(shop, alice, "pro")["subscription"]
    with shop.stripe.refusing_card():
        shop.stripe.renew(key)
        happen()
        first = Subscription.objects.get().grace_until
        shop.stripe.tell("customer.subscription.updated", shop.stripe.get("subscriptions", key))
        happen()
    assert first and Subscription.objects.get().grace_until == first


def test_who_leaves_is_not_charged_again(shop, happen, alice):
    key = buy(shop, alice, "pro")["subscription"]
    happen()
    purchases.leave(alice)
    assert shop.stripe.get("subscriptions", key)["status"] == "canceled"


# --- Money that goes back --------------------------------------------------------------------------------


def test_a_refund_takes_the_credits_back(shop, happen, alice):
    intent = buy(shop, alice, "pack_100")["payment_intent"]
    happen()
    shop.stripe.refund(intent, 250)
    happen()
    assert credits(alice) == 75
    shop.stripe.refund(intent)
    happen()
    assert credits(alice) == 0
    assert Payment.objects.get().amount_back == 1000


def test_a_refund_after_the_credits_were_spent_is_a_debt(shop, happen, alice):
    intent = buy(shop, alice, "pack_100")["payment_intent"]
    happen()
    quotas.reserve(alice, 80 * CREDIT, "job")
    shop.stripe.refund(intent)
    happen()
    assert (credits(alice), quotas.owed(alice)) == (0, 80 * CREDIT)
    quotas.grant(alice, 50 * CREDIT, "gift")
    assert (credits(alice), quotas.owed(alice)) == (0, 30 * CREDIT)
    quotas.refund("job")
    assert (credits(alice), quotas.owed(alice)) == (50, 0)
    assert CreditDebt.objects.get().amount == 80 * CREDIT


def test_a_refund_that_is_told_before_its_payment(shop, happen, alice):
    intent = buy(shop, alice, "pack_100")["payment_intent"]
    shop.stripe.refund(intent)
    shop.stripe.events.reverse()
    happen()
    assert credits(alice) == 0
    assert Payment.objects.get().credits_back == 100 * CREDIT


def test_a_refund_of_an_invoice_that_is_told_before_it(shop, happen, alice):
    buy(shop, alice, "pro")
    shop.stripe.refund(shop.stripe.find("charges")[0]["payment_intent"])
    shop.stripe.events.reverse()
    happen()
    assert credits(alice) == 0


@pytest.mark.parametrize(("won", "left"), [(True, 100), (False, 0)])
def test_a_dispute_holds_the_credits_until_it_is_won(shop, happen, alice, won, left):
    intent = buy(shop, alice, "pack_100")["payment_intent"]
    happen()
    dispute = shop.stripe.dispute(intent)
    happen()
    assert credits(alice) == 0
    shop.stripe.close_dispute(dispute["id"], won)
    happen()
    assert credits(alice) == left


def test_the_operator_refunds(shop, happen, alice):
    intent = buy(shop, alice, "pack_100")["payment_intent"]
    happen()
    billing.refund(intent, "refund-1")
    happen()
    assert credits(alice) == 0


# --- What is wrong at Stripe -----------------------------------------------------------------------------


def test_a_customer_who_was_deleted_there(shop, happen, alice):
    buy(shop, alice, "pro")
    happen()
    shop.stripe.delete_customer(StripeCustomer.objects.get().pk)
    happen()
    alice.refresh_from_db()
    assert (alice.plan_name, StripeCustomer.objects.count()) == ("free", 0)
    buy(shop, alice, "pack_100", "n2")
    happen()
    assert credits(alice) == 600


def test_a_deletion_nobody_told_us_of(shop, alice):
    purchases.buy(alice, "pack_100", "n1")
    del shop.stripe.kept["customers"][StripeCustomer.objects.get().pk]
    assert purchases.buy(alice, "pack_100", "n2").startswith(shop.url)
    assert len(shop.stripe.kept["customers"]) == 1


def test_a_price_that_is_not_in_the_settings(shop, happen, alice, settings):
    buy(shop, alice, "pro")
    settings.STRIPE_PRICES = {"pro": ["price_other"]}
    assert any("unknown" in outcome for outcome in happen())
    assert credits(alice) == 0
    assert not Payment.objects.exists()


def test_a_price_that_is_gone_at_stripe_costs_nobody_their_customer(shop, alice):
    purchases.buy(alice, "pack_100", "n1")
    del shop.stripe.kept["prices"]["price_pack_500"]
    with pytest.raises(billing.Missing):
        purchases.buy(alice, "pack_500", "n2")
    assert len(shop.stripe.kept["customers"]) == StripeCustomer.objects.count() == 1


def test_what_an_operator_charged_by_hand_brings_no_credits(shop, happen, alice):
    session = buy(shop, alice, "pro")
    lines = shop.stripe.get("invoices", session["invoice"])["lines"]["data"]
    by_hand = {"type": "invoice_item_details", "invoice_item_details": {"proration": False}}
    lines.append(lines[0] | {"parent": by_hand, "pricing": None, "amount": 5000})
    happen()
    assert credits(alice) == 500


def test_an_earlier_price_is_known(shop, happen, alice, settings):
    buy(shop, alice, "pro")
    settings.STRIPE_PRICES = {"pro": ["price_new", "price_pro"]}
    happen()
    assert credits(alice) == 500


@pytest.mark.parametrize("broken", [500, 429, 401])
def test_stripe_is_away(shop, alice, broken):
    shop.broken = broken
    with pytest.raises(billing.Unavailable):
        purchases.buy(alice, "pack_100", "n1")
    assert not StripeCustomer.objects.exists()
    shop.broken = 0
    assert purchases.buy(alice, "pack_100", "n1").startswith(shop.url)


def test_stripe_is_slow(shop, alice, monkeypatch):
    """Nobody waits longer than agreed, nothing is written, and the same click may be tried again."""
    monkeypatch.setattr(billing, "SECONDS", 0.2)
    shop.broken = 0.6
    with pytest.raises(billing.Unavailable):
        purchases.buy(alice, "pack_100", "n1")
    assert not StripeCustomer.objects.exists()


def test_an_answer_that_was_lost_is_asked_for_again(shop, alice):
    first = purchases.buy(alice, "pack_100", "n1")
    StripeCustomer.objects.all().delete()  # as if the process had died before it was written down
    assert purchases.buy(alice, "pack_100", "n1") == first


def test_one_customer_is_never_two_users(shop, alice, caplog):
    """As after a database that was restored: Stripe answers with a customer that is another user's here."""
    bob = User.objects.create_user("bob@example.org")
    mine = purchases.customer_of(alice)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(billing, "new_customer", lambda *args: mine.pk)
        with pytest.raises(billing.Unavailable):
            purchases.buy(bob, "pack_100", "n1")
    assert not bob.stripe_customers.exists()
    assert "another user's" in caplog.text


def test_what_happened_in_the_other_mode_does_not_count(shop, happen, alice, settings):
    buy(shop, alice, "pro")
    happen()
    settings.STRIPE_LIVE = True
    assert subscriptions.current(alice) is None
    subscriptions.give_plan(alice)
    alice.refresh_from_db()
    assert alice.plan_name == "free"


def test_nothing_without_a_key(alice, settings):
    settings.STRIPE_SECRET_KEY = ""
    settings.STRIPE_PRICES = {"pack_100": ["price_1"]}
    with pytest.raises(billing.BillingOff):
        purchases.buy(alice, "pack_100", "n1")


def test_months_of_all_lengths():
    from accounts.payments import _month_before

    march, february = 1_774_915_200, 1_772_236_800  # 31 March and 28 February 2026
    assert _month_before(march) == february
    assert (march - _month_before(march)) // DAY == 31
