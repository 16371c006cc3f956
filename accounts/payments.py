"""What Stripe's objects mean here: credits through accounts.quotas, plans, and rows of what was paid.

An event is only a doorbell. It names an object, Stripe is asked for that object as it is now, and what it says is
applied. So events may come twice, late, in any order or not at all (`manage.py billing reconcile` asks for the same
objects): a payment counts once by its own id, and a subscription is whatever Stripe said last.
"""

from __future__ import annotations

import logging
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts import quotas, subscriptions
from accounts.billing import Found
from accounts.models import CREDIT, Payment, StripeCustomer, User
from accounts.products import PRODUCTS, Product, of_price

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Finding:
    """An object as Stripe had it at the time it was asked, and what to do with it."""

    apply: Callable[[Found, datetime], str]
    found: Found
    asked: datetime


@transaction.atomic
def apply(findings: list[Finding]) -> str:
    """Takes effect, all or nothing; returns in words what changed. One customer's findings wait for each other."""
    whose = [_customer_of(finding.found) for finding in findings]
    list(StripeCustomer.objects.select_for_update().filter(pk__in=whose).order_by("pk"))
    outcomes = [finding.apply(finding.found, finding.asked) for finding in findings]
    return "; ".join(outcomes)[:200]


def checkout(session: Found, asked: datetime) -> str:
    """A pack's checkout is worth its credits once it is paid. A plan's is only noted: its invoice brings them."""
    if session["status"] != "open":
        StripeCustomer.objects.filter(open_checkout=session["id"]).update(open_checkout="")
    if session["mode"] != "payment":
        return f"checkout {session['status']}"
    if session["payment_status"] not in {"paid", "no_payment_required"}:  # the latter: a coupon down to zero
        return f"checkout {session['payment_status']}"
    user, product = owner(session), PRODUCTS.get((session.get("metadata") or {}).get("product", ""))
    if user is None or product is None or product.is_plan:
        return _puzzle(f"checkout {session['id']}", "unknown customer or product")
    invoice = session.get("invoice") or {}
    payment = Payment(
        id=session["id"],
        user=user,
        product=product.name,
        credits=product.credits * CREDIT,
        amount=session["amount_total"] or 0,
        currency=session["currency"] or "",
        payment_intent=session.get("payment_intent") or "",
        document=(invoice.get("hosted_invoice_url") if isinstance(invoice, dict) else "") or "",
        paid=_time(session["created"]),
    )
    return _count(payment)


def invoice(found: Found, asked: datetime) -> str:
    """A paid invoice of a subscription brings the credits of its lines; see `credits_of`."""
    if found["status"] != "paid":
        return f"invoice {found['status']}"
    if not (found.get("parent") or {}).get("subscription_details"):
        return "invoice of a pack"  # which the checkout counts
    user, lines = owner(found), [(line, _product(line)) for line in found["lines"]["data"]]
    unknown = [line for line, product in lines if product is None and _is_of_subscription(line)]
    plans = [
        (line, product) for line, product in lines if product
    ]  # the rest: what an operator charged by hand
    if user is None or unknown or not plans:
        return _puzzle(f"invoice {found['id']}", "unknown customer or price")
    payment = Payment(
        id=found["id"],
        user=user,
        product=plans[-1][1].name,
        credits=sum(credits_of(line, product) for line, product in plans),
        amount=found["amount_paid"],
        currency=found["currency"],
        payment_intent=_intent(found),
        document=found.get("hosted_invoice_url") or "",
        paid=_time((found.get("status_transitions") or {}).get("paid_at") or found["created"]),
    )
    return _count(payment)


def credits_of(line: Found, product: Product) -> int:
    """Hundredths of a credit that one line of an invoice brings: those of a whole month, or, for a change of plan
    within a month, the share of what is left of it; negative where that share is given back."""
    whole = product.credits * CREDIT * int(line.get("quantity") or 1)
    parent = line.get("parent") or {}
    details = parent.get("subscription_item_details") or parent.get("invoice_item_details") or {}
    if not details.get("proration"):
        return whole
    begins, ends = line["period"]["start"], line["period"]["end"]
    share: float = min(1.0, (ends - begins) / (ends - _month_before(ends)))
    return round(whole * share) * (-1 if line["amount"] < 0 else 1)


def charge(found: Found, asked: datetime) -> str:
    """Money that went back takes its share of the credits with it; money that returns brings them again.

    `found["disputes"]` are the disputes of the charge, where there are any.
    """
    intent = found.get("payment_intent")
    payment = Payment.objects.select_for_update().filter(payment_intent=intent).first() if intent else None
    if payment is None:
        return _puzzle(f"charge {found['id']}", "of no payment that is known")
    back = min(found["amount"], found["amount_refunded"] + _disputed(found))
    due = payment.credits * back // found["amount"] if payment.credits > 0 else 0
    if payment.user:
        _correct(payment.user, payment, due - payment.credits_back)
    payment.amount_back, payment.credits_back = back, due
    payment.save(update_fields=["amount_back", "credits_back", "corrections"])
    return f"{due / CREDIT:g} credits back in all"


def owner(found: Found) -> User | None:
    """Whose customer an object is of. Events of customers we did not make change nothing."""
    known = StripeCustomer.objects.filter(pk=_customer_of(found), livemode=settings.STRIPE_LIVE)
    customer = known.select_related("user").first()
    return customer.user if customer else None


def _customer_of(found: Found) -> str:
    return str(found["id"] if found["object"] == "customer" else found.get("customer") or "")


def subscription(found: Found, asked: datetime) -> str:
    user = owner(found)
    if user is None:
        return _puzzle(f"subscription {found['id']}", "unknown customer")
    return subscriptions.note(user, found, asked)


def customer(found: Found, asked: datetime) -> str:
    """A customer who was deleted at Stripe has no plan any more; the next purchase makes a new one."""
    user = owner(found)
    if user is None or not found.get("deleted"):
        return "nothing to do"
    StripeCustomer.objects.filter(pk=found["id"]).delete()
    subscriptions.end_all(user)
    return "customer forgotten"


def _count(payment: Payment) -> str:
    """Writes the payment and its credits; once, by its id."""
    payment.livemode = settings.STRIPE_LIVE
    facts = {field.attname: getattr(payment, field.attname) for field in Payment._meta.concrete_fields}
    _, new = Payment.objects.get_or_create(pk=facts.pop("id"), defaults=facts)
    if not new:
        return "counted before"
    user, key = payment.user, f"payment:{payment.pk}"
    assert user is not None
    if payment.credits >= 0:
        quotas.grant(user, payment.credits, key, PRODUCTS[payment.product].title)
    else:
        quotas.take(user, -payment.credits, key, "Change to a smaller plan")
    return f"{payment.credits / CREDIT:+g} credits"


def _correct(user: User, payment: Payment, difference: int) -> None:
    """Takes what went back, or gives what returned. Counted, as one payment may be refunded in parts."""
    if not difference:
        return
    payment.corrections += 1
    key, reason = (
        f"correction:{payment.pk}:{payment.corrections}",
        f"Refund of {payment.title}",
    )
    if difference > 0:
        quotas.take(user, difference, key, reason)
    else:
        quotas.grant(user, -difference, key, "Refund withdrawn")


def _disputed(found: Found) -> int:
    over = {"won", "warning_needs_response", "warning_under_review", "warning_closed", "prevented"}
    return sum(each["amount"] for each in found.get("disputes", []) if each["status"] not in over)


def _product(line: Found) -> Product | None:
    price = ((line.get("pricing") or {}).get("price_details") or {}).get("price", "")
    product = of_price(price if isinstance(price, str) else price["id"])
    return product if product and product.is_plan else None


def _is_of_subscription(line: Found) -> bool:
    return (line.get("parent") or {}).get("type") == "subscription_item_details"


def _intent(found: Found) -> str:
    payments: list[Any] = (found.get("payments") or {}).get("data", [])
    intents = [each["payment"].get("payment_intent") for each in payments]
    return next((intent for intent in intents if intent), "")


def _month_before(seconds: int) -> int:
    """Unix time of the same day a month earlier, or of that month's last day."""
    end = _time(seconds)
    year, month = divmod(end.year * 12 + end.month - 2, 12)
    day = min(end.day, monthrange(year, month + 1)[1])
    return int(end.replace(year=year, month=month + 1, day=day).timestamp())


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _puzzle(what: str, why: str) -> str:
    """Something of Stripe's that is none of ours, or a price that is missing in the settings: for the operator."""
    log.error("Stripe's %s has no effect: %s", what, why)
    return f"{what}: {why}"
