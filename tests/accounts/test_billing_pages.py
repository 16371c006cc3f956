"""The pages about money: for everybody, for one's own account, with and without billing."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts import billing_pages, quotas
from accounts.models import CREDIT, User
from accounts.money import money
from tests import ledger

pytestmark = pytest.mark.django_db

ACTIONS = ["buy", "change", "end", "resume", "portal"]


def bought(shop, client, product="pack_100"):
    """Pressed "buy" on the page; the checkout at Stripe."""
    answer = client.post("/account/billing/buy", {"product": product})
    assert answer.status_code == 302
    return answer["Location"].rpartition("/")[2]


def test_prices_for_everybody(shop, client):
    page = client.get("/pricing").content.decode()
    assert "€9.00" in page and "€49.00" in page and "€10.00" in page
    assert "Test mode" in page


def test_prices_without_billing(settings, client):
    settings.STRIPE_SECRET_KEY = ""
    settings.STRIPE_PRICES = {}
    page = client.get("/pricing").content.decode()
    assert 'data-billing="off"' in page
    assert "On request" in page and "Buy" not in page


def test_prices_while_stripe_is_away(shop, client):
    shop.broken = 500
    answer = client.get("/pricing")
    assert answer.status_code == 200
    assert "€" not in answer.content.decode()


def test_my_plan_and_credits(shop, signed_in, alice):
    quotas.grant(alice, 12_345, "gift", "A present")
    quotas.reserve(alice, CREDIT, "job")
    page = signed_in.get("/account/billing").content.decode()
    assert "122.45" in page and "A present" in page and "+123.45" in page and "−1" in page


def test_without_billing_nothing_can_be_bought(settings, signed_in):
    settings.STRIPE_SECRET_KEY = ""
    settings.STRIPE_PRICES = {}
    page = signed_in.get("/account/billing").content.decode()
    assert 'data-billing="off"' in page
    assert "billing/buy" not in page and "billing/portal" not in page
    assert signed_in.post("/account/billing/portal").status_code == 404


def test_buying_and_coming_back(shop, signed_in, alice):
    """The credits are there when the buyer is back, also when no event has come yet."""
    key = bought(shop, signed_in)
    shop.stripe.pay(key)
    page = signed_in.get(f"/account/billing?checkout={key}", follow=True).content.decode()
    assert "100 credits are there" in page
    alice.refresh_from_db()
    assert alice.credits == 100


def test_then_the_event_brings_nothing_more(shop, signed_in, alice, happen):
    key = bought(shop, signed_in)
    shop.stripe.pay(key)
    signed_in.get(f"/account/billing?checkout={key}")
    assert happen()[-1] == "counted before"
    alice.refresh_from_db()
    assert alice.credits == 100


def test_coming_back_without_having_paid(shop, signed_in, alice):
    key = bought(shop, signed_in)
    signed_in.get(f"/account/billing?checkout={key}", follow=True)
    alice.refresh_from_db()
    assert alice.credits == 0


def test_coming_back_with_somebody_elses_checkout(shop, signed_in, alice):
    bob = User.objects.create_user("bob@example.org")
    other = Client()
    other.force_login(bob)
    key = bought(shop, other)
    shop.stripe.pay(key)
    signed_in.get(f"/account/billing?checkout={key}", follow=True)
    for user in (alice, bob):
        user.refresh_from_db()
        assert user.credits == 0


@pytest.mark.parametrize("key", ["", "cs_nothing", "../../v1/customers", "a" * 5000, "%00", "ä"])
def test_coming_back_with_nonsense(shop, signed_in, key):
    answer = signed_in.get(f"/account/billing?checkout={key}", follow=True)
    assert answer.status_code == 200
    assert not any("customers" in request.path for request in shop.requests)


def test_prices_and_credits_of_the_form_are_not_believed(shop, signed_in, alice):
    form = {
        "product": "pack_100",
        "nonce": "n1",
        "price": "price_1",
        "amount": "1",
        "credits": "99999",
        "quantity": "50",
    }
    answer = signed_in.post("/account/billing/buy", form)
    session = answer["Location"].rpartition("/")[2]
    sent = shop.posts("/v1/checkout/sessions")[-1].form
    assert sent["line_items"] == [{"price": "price_pack_100", "quantity": "1"}]
    assert sent["metadata"] == {"product": "pack_100"}
    shop.stripe.pay(session)
    signed_in.get(f"/account/billing?checkout={session}")
    alice.refresh_from_db()
    assert alice.credits == 100


def test_what_is_not_sold(shop, signed_in):
    answer = signed_in.post("/account/billing/buy", {"product": "everything"})
    assert answer.status_code == 400
    assert "Not sold here" in answer.content.decode()


def test_stripe_is_away(shop, signed_in):
    shop.broken = 500
    answer = signed_in.post(
        "/account/billing/buy", {"product": "pack_100"}, headers={"Accept": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (503, "billing_unavailable")


def test_plan_portal_end_and_back(shop, signed_in, alice):
    key = bought(shop, signed_in, "pro")
    shop.stripe.pay(key)
    assert (
        "500 credits are there"
        in signed_in.get(f"/account/billing?checkout={key}", follow=True).content.decode()
    )
    assert "/portal/" in signed_in.post("/account/billing/portal")["Location"]
    assert "The plan ends" in signed_in.post("/account/billing/end", follow=True).content.decode()
    page = signed_in.get("/account/billing").content.decode()
    assert "Ends on" in page and "Keep the plan" in page
    assert "The plan goes on" in signed_in.post("/account/billing/resume", follow=True).content.decode()
    page = signed_in.post("/account/billing/change", {"product": "business"}, follow=True).content.decode()
    assert "The plan is changed" in page
    alice.refresh_from_db()
    assert alice.plan_name == "business"


def test_debts_are_told(shop, signed_in, alice):
    quotas.take(alice, 30 * CREDIT, "x", "Refund")
    assert "30 credits are owed" in signed_in.get("/account/billing").content.decode()
    ledger.check()


@pytest.mark.parametrize("action", ACTIONS)
def test_only_who_is_signed_in(shop, client, action):
    answer = client.post(f"/account/billing/{action}", {"product": "pack_100"})
    assert answer.status_code == 302 and "login" in answer["Location"]
    assert not shop.requests


@pytest.mark.parametrize("action", ACTIONS)
def test_only_forms_of_ours(shop, alice, action):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    assert strict.post(f"/account/billing/{action}", {"product": "pack_100"}).status_code == 403
    assert strict.get(f"/account/billing/{action}").status_code == 405
    assert not shop.requests


def test_one_user_cannot_make_us_ask_without_end(shop, signed_in):
    codes = {signed_in.post("/account/billing/portal").status_code for _ in range(25)}
    assert codes == {302, 429}


def test_the_ledger_in_pages(shop, signed_in, alice):
    for number in range(billing_pages.ENTRIES + 1):
        quotas.grant(alice, CREDIT, f"gift-{number}", f"Present {number}")
    first, second = (signed_in.get(f"/account/billing?page={n}").content.decode() for n in (1, 2))
    assert "Page 1 of 2" in first and "Present 20" in first
    assert "Present 0<" in second and "Present 20" not in second


@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [(1234, "eur", "€12.34"), (500, "jpy", "¥500"), (1234, "chf", "12.34 CHF"), (-50, "usd", "−$0.50"),
     (0, "eur", "€0.00"), (123456789, "gbp", "£1,234,567.89"), (1, "vnd", "1 VND")],
)  # fmt: skip
def test_money_in_words(amount, currency, words):
    assert money(amount, currency) == words
