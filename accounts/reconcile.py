"""Compares what is written here with what Stripe has, and repairs it by the same steps as the events take."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts import billing, payments
from accounts.billing import Found
from accounts.models import StripeCustomer, User
from accounts.payments import Finding


def reconcile(repair: bool) -> Iterator[str]:
    """One sentence for each difference that was found; nothing is changed unless `repair`."""
    for customer in StripeCustomer.objects.filter(livemode=settings.STRIPE_LIVE).select_related("user"):
        for finding in _findings(customer):
            change = _applied(finding, customer.user, repair)
            if change:
                yield f"{customer.user}: {finding.found['id']}: {change}"


def unbalanced() -> QuerySet[User]:
    """Users whose balance is not the sum of their entries. There are none, unless somebody wrote by hand."""
    total = Coalesce(Sum("credit_entries__amount"), 0)
    return User.objects.annotate(total=total).exclude(balance=F("total"))


def _findings(customer: StripeCustomer) -> Iterator[Finding]:
    asked = timezone.now()
    try:
        person = billing.fetch("customers", customer.pk)
    except billing.Missing:
        person = {"id": customer.pk, "object": "customer", "deleted": True}
    if person.get("deleted"):
        yield Finding(payments.customer, person, asked)
        return
    whose = {"customer": customer.pk}
    for found in billing.listing("subscriptions", status="all", **whose):
        yield Finding(payments.subscription, found, asked)
    for found in reversed(billing.listing("invoices", status="paid", **whose)):
        yield Finding(payments.invoice, found, asked)
    for found in reversed(billing.listing("sessions", status="complete", **whose)):
        yield Finding(payments.checkout, found, asked)
    for found in billing.listing("charges", **whose):
        if found["amount_refunded"] or found["disputed"]:
            yield Finding(payments.charge, _with_disputes(found), asked)


def _with_disputes(charge: Found) -> Found:
    disputes = billing.listing("disputes", charge=charge["id"]) if charge["disputed"] else []
    return charge | {"disputes": disputes}


@transaction.atomic
def _applied(finding: Finding, user: User, repair: bool) -> str:
    """What the finding changes, "" when nothing; rolled back unless it shall be repaired."""
    before = _state(user)
    outcome = payments.apply([finding])
    changed = _state(user) != before or "unknown" in outcome
    if not repair:
        transaction.set_rollback(True)
    return outcome if changed else ""


def _state(user: User) -> tuple[object, ...]:
    """All that a finding can change for a user, apart from when it was asked for."""
    user = User.objects.get(pk=user.pk)
    subscriptions = user.subscriptions.order_by("pk").values_list(
        "pk", "status", "plan_name", "period_end", "ends_at_period_end"
    )
    counted = user.payments.aggregate(
        credits=Sum("credits"), back=Sum("credits_back"), money=Sum("amount_back")
    )
    return user.balance, user.plan_name, user.stripe_customers.count(), [*subscriptions], counted
