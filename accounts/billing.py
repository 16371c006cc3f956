"""Stripe, as far as this product needs it. The only importer of its SDK, and no writer of anything here.

Objects come back as plain dictionaries in Stripe's own words, always asked for at the API version of the installed
SDK; what a webhook's body says about them is not used. Every error becomes one of four: BillingOff, Missing,
Declined, Unavailable.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.core.cache import cache as shared_cache

from accounts.products import Product

log = logging.getLogger(__name__)

SECONDS = 8  # that one answer of Stripe may take
SKEW = 300  # seconds by which a webhook's time may differ from ours, either way
PRICE_SECONDS = 3600  # for which a price that was shown may be out of date
Found = dict[str, Any]


class BillingOff(Exception):
    code = "billing_off"
    facts: dict[str, object] = {}


class Unavailable(Exception):
    """Stripe does not answer, or refused what we asked for; the log says which."""

    code = "billing_unavailable"
    facts: dict[str, object] = {}


class Declined(Exception):
    """The bank refused the payment; nothing changed."""

    code = "payment_declined"
    facts: dict[str, object] = {}


class Missing(Exception):
    """Stripe knows no such object; the argument is the parameter that names it."""

    code = "billing_unavailable"
    facts: dict[str, object] = {}


class BadEvent(Exception):
    """Not an event from Stripe for this site. `code` is for whoever reads the answer."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Event:
    id: str
    type: str
    object_id: str
    created: int  # Unix seconds
    livemode: bool


def is_on() -> bool:
    return bool(settings.STRIPE_SECRET_KEY)


# --- Asking for objects ----------------------------------------------------------------------------------


def fetch(kind: str, key: str) -> Found:
    """One object, by the name of its collection ("invoices") and its id."""
    expand = EXPAND.get(kind)
    with _asking():
        found = _collection(kind).retrieve(key, {"expand": expand} if expand else {})
    return _plain(found)


def listing(kind: str, **filters: Any) -> list[Found]:
    """All objects of a collection that pass the filters, the newest first."""
    if kind in EXPAND:
        filters["expand"] = [f"data.{field}" for field in EXPAND[kind]]
    with _asking():
        return [_plain(each) for each in _collection(kind).list(filters | {"limit": 100}).auto_paging_iter()]


EXPAND = {"invoices": ["payments"], "sessions": ["invoice"]}


def price(price_id: str) -> Found:
    """{"unit_amount": 900, "currency": "eur", "recurring": {…} or None, …}; remembered for a while."""
    key = f"stripe-price:{settings.STRIPE_LIVE}:{price_id}"
    known: Found | None = shared_cache.get(key)
    if known is None:
        known = fetch("prices", price_id)
        shared_cache.set(key, known, PRICE_SECONDS)
    return known


# --- Asking for something to happen ----------------------------------------------------------------------


def new_customer(email: str, reference: str, key: str) -> str:
    with _asking():
        made = _v1().customers.create(
            {"email": email, "metadata": {"user": reference}}, {"idempotency_key": key}
        )
    return str(made.id)


def open_checkout(customer: str, product: Product, reference: str, key: str) -> Found:
    """A page at Stripe on which the product is paid: {"id": …, "url": …}."""
    back = f"{settings.SITE_URL}/account/billing"
    params: dict[str, Any] = {
        "mode": "subscription" if product.is_plan else "payment",
        "customer": customer,
        "client_reference_id": reference,
        "line_items": [{"price": product.price, "quantity": 1}],
        "metadata": {"product": product.name},
        "allow_promotion_codes": True,
        "success_url": f"{back}?checkout={{CHECKOUT_SESSION_ID}}",
        "cancel_url": back,
    }
    if not product.is_plan:
        params["invoice_creation"] = {"enabled": True}
    if settings.STRIPE_TAX:
        params |= {
            "automatic_tax": {"enabled": True},
            "tax_id_collection": {"enabled": True},
            "customer_update": {"address": "auto", "name": "auto"},
        }
    with _asking():
        return _plain(_v1().checkout.sessions.create(params, {"idempotency_key": key}))


def close_checkout(session: str) -> str:
    """Ends a checkout nobody shall pay any more; returns its status: expired, or complete when it is too late."""
    import stripe

    with _asking():
        try:
            return str(_v1().checkout.sessions.expire(session).status)
        except stripe.InvalidRequestError:  # it is over already
            return str(_v1().checkout.sessions.retrieve(session).status)


def portal(customer: str) -> str:
    """The address of Stripe's pages for cards, invoices and addresses of this customer."""
    with _asking():
        made = _v1().billing_portal.sessions.create(
            {"customer": customer, "return_url": f"{settings.SITE_URL}/account/billing"}
        )
    return str(made.url)


def change_plan(subscription: str, item: str, product: Product, key: str) -> None:
    """Another price from now on: what is left of the month is charged or credited at once."""
    change = {
        "items": [{"id": item, "price": product.price}],
        "proration_behavior": "always_invoice",
        "payment_behavior": "error_if_incomplete",  # a card that refuses leaves everything as it was
        "cancel_at_period_end": False,
    }
    with _asking():
        _v1().subscriptions.update(subscription, change, {"idempotency_key": key})


def end_plan(subscription: str, at_period_end: bool) -> None:
    """Whether the subscription ends when what is paid is used up; can be taken back until then."""
    with _asking():
        _v1().subscriptions.update(subscription, {"cancel_at_period_end": at_period_end})


def end_plan_now(subscription: str) -> None:
    with _asking():
        _v1().subscriptions.cancel(subscription)


def refund(payment_intent: str, key: str) -> None:
    """Gives the whole payment back. The event that follows takes the credits back."""
    with _asking():
        _v1().refunds.create({"payment_intent": payment_intent}, {"idempotency_key": key})


# --- Events ----------------------------------------------------------------------------------------------


def read_event(body: bytes, signature: str) -> Event:
    """The event in a webhook's body, when Stripe signed it within the last minutes for this site's mode; BadEvent."""
    import stripe

    try:
        stripe.WebhookSignature.verify_header(body, signature, settings.STRIPE_WEBHOOK_SECRET, SKEW)
    except (stripe.SignatureVerificationError, UnicodeDecodeError):
        raise BadEvent("invalid_signature") from None
    if _signed_at(signature) > time.time() + SKEW:  # the SDK refuses old ones only
        raise BadEvent("invalid_signature")
    try:
        told = json.loads(body)
        told |= _as_usual(told)
        event = Event(
            str(told["id"]),
            str(told["type"]),
            str(told["data"]["object"].get("id", "")),
            int(told["created"]),
            bool(told["livemode"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadEvent("invalid_event") from None
    if event.livemode != settings.STRIPE_LIVE:
        raise BadEvent("wrong_mode")
    return event


def _as_usual(told: Found) -> Found:
    """What a thin event of Stripe's second API says, in the words of the first; it names no object of interest."""
    if told.get("object") != "v2.core.event":
        return {}
    return {"created": datetime.fromisoformat(told["created"]).timestamp(), "data": {"object": {}}}


def _signed_at(signature: str) -> int:
    return int(next(part for part in signature.split(",") if part.startswith("t=")).split("=")[1])


# --- The SDK ---------------------------------------------------------------------------------------------


def _v1() -> Any:
    if not is_on():
        raise BillingOff
    return _client(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE).v1


@cache
def _client(key: str, base: str) -> Any:
    import stripe

    return stripe.StripeClient(
        key,
        base_addresses={"api": base} if base else {},
        max_network_retries=1,
        http_client=stripe.RequestsClient(timeout=SECONDS),
    )


def _collection(kind: str) -> Any:
    v1 = _v1()
    return v1.checkout.sessions if kind == "sessions" else getattr(v1, kind)


def _plain(found: Any) -> Found:
    return dict(found.to_dict())


@contextmanager
def _asking() -> Iterator[None]:
    """Stripe's many errors as our few. Nothing of a request or a key goes into the log."""
    import stripe

    try:
        yield
    except stripe.CardError:
        raise Declined from None
    except stripe.InvalidRequestError as error:
        if error.code == "resource_missing":
            raise Missing(error.param) from None
        log.error("Stripe refused: %s (%s, request %s)", error.code, error.param, error.request_id)
        raise Unavailable from None
    except stripe.StripeError as error:
        log.error("Stripe failed: %s (request %s)", type(error).__name__, error.request_id)
        raise Unavailable from None
