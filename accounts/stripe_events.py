"""Stripe's events: which objects to ask for, and that each event is stored once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from django.db import transaction
from django.utils import timezone

from accounts import billing, payments
from accounts.billing import Event, Found
from accounts.models import Payment, StripeEvent
from accounts.payments import Finding


def receive(event: Event) -> str:
    """Takes effect at most once; returns in words what changed. billing.Unavailable: Stripe has to send it again."""
    if StripeEvent.objects.filter(pk=event.id).exists():
        return "known"
    look = HANDLERS.get(event.type)
    findings = _asked(look, event.object_id) if look else []
    facts = {
        "type": event.type,
        "object_id": event.object_id,
        "created": datetime.fromtimestamp(event.created, UTC),
    }
    with transaction.atomic():
        _, new = StripeEvent.objects.get_or_create(pk=event.id, defaults=facts)
        if not new:
            return "known"
        outcome = payments.apply(findings) or "no effect here"
        StripeEvent.objects.filter(pk=event.id).update(outcome=outcome)
    return outcome


def look_at_checkout(key: str) -> list[Finding]:
    """A checkout, and the subscription that was bought in it with its first invoice, so that the page to which
    Stripe sends the buyer back needs not wait for an event."""
    session = _look("sessions", key, payments.checkout)
    bought, invoice = session.found.get("subscription"), session.found.get("invoice")
    if session.found["mode"] != "subscription" or not bought or not invoice:
        return [session]
    return [session, *look_at_subscription(bought), _look("invoices", invoice["id"], payments.invoice)]


def look_at_subscription(key: str) -> list[Finding]:
    return [_look("subscriptions", key, payments.subscription)]


def look_at_invoice(key: str) -> list[Finding]:
    """An invoice, and the subscription it is for: a payment that failed or came late changes both."""
    invoice = _look("invoices", key, payments.invoice)
    details = (invoice.found.get("parent") or {}).get("subscription_details") or {}
    return [*(look_at_subscription(details["subscription"]) if details else []), invoice]


def look_at_charge(key: str) -> list[Finding]:
    """A charge with its disputes; first the payment it belongs to, when its own event has not come yet."""
    charge = _look("charges", key, payments.charge)
    if charge.found["disputed"]:
        charge.found["disputes"] = billing.listing("disputes", charge=key)
    intent = charge.found.get("payment_intent") or ""
    known = not intent or Payment.objects.filter(payment_intent=intent).exists()
    return [*([] if known else _origin(intent)), charge]


def look_at_refund(key: str) -> list[Finding]:
    charge = billing.fetch("refunds", key).get("charge")
    return look_at_charge(charge) if charge else []


def look_at_dispute(key: str) -> list[Finding]:
    return look_at_charge(billing.fetch("disputes", key)["charge"])


def look_at_customer(key: str) -> list[Finding]:
    return [_look("customers", key, payments.customer)]


HANDLERS: dict[str, Callable[[str], list[Finding]]] = {
    "checkout.session.completed": look_at_checkout,
    "checkout.session.async_payment_succeeded": look_at_checkout,
    "checkout.session.async_payment_failed": look_at_checkout,
    "checkout.session.expired": look_at_checkout,
    "invoice.paid": look_at_invoice,
    "invoice.payment_failed": look_at_invoice,
    "customer.subscription.created": look_at_subscription,
    "customer.subscription.updated": look_at_subscription,
    "customer.subscription.deleted": look_at_subscription,
    "customer.subscription.paused": look_at_subscription,
    "customer.subscription.resumed": look_at_subscription,
    "charge.refunded": look_at_charge,
    "refund.updated": look_at_refund,
    "refund.failed": look_at_refund,
    "charge.dispute.created": look_at_dispute,
    "charge.dispute.updated": look_at_dispute,
    "charge.dispute.closed": look_at_dispute,
    "customer.deleted": look_at_customer,
}


def _asked(look: Callable[[str], list[Finding]], key: str) -> list[Finding]:
    """What Stripe says, asked outside of any transaction. An object that is gone has no effect."""
    try:
        return look(key)
    except billing.Missing:
        return []


def _origin(intent: str) -> list[Finding]:
    """The checkout of a pack or the invoice that a payment was for."""
    for session in billing.listing("sessions", payment_intent=intent):
        return look_at_checkout(session["id"])
    paid = {"type": "payment_intent", "payment_intent": intent}
    for link in billing.listing("invoice_payments", payment=paid):
        return look_at_invoice(link["invoice"])
    return []


def _look(kind: str, key: str, apply: Callable[[Found, datetime], str]) -> Finding:
    asked = timezone.now()  # before the answer: what is newer than this may be newer than the answer
    return Finding(apply, billing.fetch(kind, key), asked)
