"""What a user does about money: buy, change or end a plan, look after the card. The verbs of the billing page.

Whatever happens at Stripe comes back as payments and subscriptions (accounts.stripe_events); nothing is granted here.
"""

from __future__ import annotations

import logging

from django.conf import settings

from accounts import billing, payments, stripe_events, subscriptions
from accounts.models import StripeCustomer, Subscription, User
from accounts.products import PRODUCTS, Product

log = logging.getLogger(__name__)


class CannotBuy(Exception):
    """`code` says why: unknown_product, already_subscribed, not_subscribed, checkout_pending."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
        self.facts: dict[str, object] = {}


def buy(user: User, name: str, nonce: str) -> str:
    """The address of Stripe's page for a product. The same nonce gives the same page, so that a double click does
    not open two."""
    product = _sold(name)
    if product.is_plan and subscriptions.current(user):
        raise CannotBuy("already_subscribed")
    try:
        return _open(customer_of(user), product, nonce)
    except billing.Missing as missing:
        if missing.args != ("customer",):
            raise
        # The customer was deleted at Stripe.
        user.stripe_customers.filter(livemode=settings.STRIPE_LIVE).delete()
        return _open(customer_of(user, again=nonce), product, nonce)


def came_back(user: User, session: str) -> None:
    """Counts a checkout at once when its buyer comes back from it; somebody else's counts for its own buyer at
    most, by its own event."""
    try:
        findings = stripe_events.look_at_checkout(session)
    except billing.Missing:
        return
    if payments.owner(findings[0].found) == user:
        payments.apply(findings)


def change(user: User, name: str, nonce: str) -> None:
    """Another plan from now on; Stripe charges or credits what is left of the month, and credits go with it."""
    product, present = _sold(name), _subscribed(user)
    if not product.is_plan:
        raise CannotBuy("unknown_product")
    if product.name == present.plan_name:
        raise CannotBuy("already_subscribed")
    billing.change_plan(present.pk, present.item, product, f"change-{present.pk}-{name}-{nonce}")
    payments.apply(stripe_events.look_at_subscription(present.pk))


def end(user: User, at_period_end: bool) -> None:
    """Whether the plan ends with what is paid for."""
    present = _subscribed(user)
    billing.end_plan(present.pk, at_period_end)
    payments.apply(stripe_events.look_at_subscription(present.pk))


def leave(user: User) -> None:
    """Ends what is paid by the month at once: the account is about to be removed."""
    if not billing.is_on():
        return
    for present in user.subscriptions.filter(livemode=settings.STRIPE_LIVE).exclude(
        status__in=subscriptions.ENDED
    ):
        billing.end_plan_now(present.pk)


def portal(user: User) -> str:
    return billing.portal(customer_of(user).pk)


def customer_of(user: User, again: str = "") -> StripeCustomer:
    """The user's row, made when it is needed first. Two requests at once make one customer, by the key."""
    known = user.stripe_customers.filter(livemode=settings.STRIPE_LIVE).first()
    if known:
        return known
    # The time tells apart users of different databases that were made one after the other and share a number.
    key = f"customer-{user.pk}-{user.date_joined.timestamp():.0f}-{again}"
    made = billing.new_customer(user.email, str(user.pk), key)
    taken = StripeCustomer.objects.filter(pk=made).exclude(user=user)
    if taken.exists():  # as after a database was restored: two people must never share a card
        log.error("Stripe's customer %s is another user's here; run manage.py billing reconcile", made)
        raise billing.Unavailable
    return StripeCustomer.objects.get_or_create(
        user=user, livemode=settings.STRIPE_LIVE, defaults={"id": made}
    )[0]


def _open(customer: StripeCustomer, product: Product, nonce: str) -> str:
    reference = str(customer.user_id)
    key = f"checkout-{customer.pk}-{product.name}-{nonce}"
    if not product.is_plan:
        return str(billing.open_checkout(customer.pk, product, reference, key)["url"])
    return _open_only_one(customer, product, reference, key)


def _open_only_one(customer: StripeCustomer, product: Product, reference: str, key: str) -> str:
    """Of plans only one checkout may be open at a time, as two that are paid would be two subscriptions."""
    before = customer.open_checkout
    session = billing.open_checkout(customer.pk, product, reference, key)
    if before and before != session["id"] and billing.close_checkout(before) == "complete":
        billing.close_checkout(session["id"])
        came_back(customer.user, before)  # its event has not come yet
        raise CannotBuy("already_subscribed")
    mine = StripeCustomer.objects.filter(pk=customer.pk, open_checkout__in=[before, session["id"]])
    if not mine.update(open_checkout=session["id"]):  # another tab was quicker
        billing.close_checkout(session["id"])
        raise CannotBuy("checkout_pending")
    return str(session["url"])


def _sold(name: str) -> Product:
    product = PRODUCTS.get(name)
    if product is None or not product.price:
        raise CannotBuy("unknown_product")
    return product


def _subscribed(user: User) -> Subscription:
    present = subscriptions.current(user)
    if present is None:
        raise CannotBuy("not_subscribed")
    return present
