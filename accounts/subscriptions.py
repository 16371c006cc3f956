"""Which plan a user has by what is paid: the best of the subscriptions that are alive in the present mode."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import Subscription, User
from accounts.plans import DEFAULT, get_plan
from accounts.products import of_price

log = logging.getLogger(__name__)

ENDED = {"canceled", "incomplete_expired"}  # Stripe never takes these back
IN_FORCE = Q(status__in=Subscription.ALIVE) | Q(status=Subscription.LATE, grace_until__gt=Now())


def current(user: User) -> Subscription | None:
    """The subscription that can be changed or ended: alive, or late with its payment."""
    alive = {*Subscription.ALIVE, Subscription.LATE}
    return user.subscriptions.filter(livemode=settings.STRIPE_LIVE, status__in=alive).first()


def note(user: User, found: dict[str, Any], asked: datetime) -> str:
    """Writes down what Stripe said of a subscription, unless something newer is known, and gives the plan."""
    item = found["items"]["data"][0]
    product = of_price(item["price"]["id"])
    if product is None or not product.is_plan:
        log.error("Stripe's price %s is of no plan in the settings", item["price"]["id"])
        return f"subscription {found['id']}: unknown price"
    known = Subscription.objects.select_for_update().filter(pk=found["id"]).first()
    if known and (known.as_of > asked or known.status in ENDED):
        return "older than what is known"
    facts = {
        "livemode": settings.STRIPE_LIVE,
        "plan_name": product.name,
        "price": item["price"]["id"],
        "item": item["id"],
        "status": found["status"],
        "period_start": datetime.fromtimestamp(item["current_period_start"], UTC),
        "period_end": datetime.fromtimestamp(item["current_period_end"], UTC),
        "ends_at_period_end": bool(found["cancel_at_period_end"] or found.get("cancel_at")),
        "grace_until": _grace(known, found["status"]),
        "as_of": asked,
    }
    Subscription.objects.update_or_create(pk=found["id"], defaults={"user": user, **facts})
    give_plan(user)
    return f"subscription {found['status']}"


def give_plan(user: User) -> None:
    """Sets the plan by the subscriptions in force. A plan that an operator gave to somebody who never subscribed
    is not touched, as nothing calls this for them."""
    in_force = user.subscriptions.filter(IN_FORCE, livemode=settings.STRIPE_LIVE)
    names = in_force.values_list("plan_name", flat=True)
    best = max(names, key=lambda name: get_plan(name).credits, default=DEFAULT)
    User.objects.filter(pk=user.pk).update(plan_name=best)


def end_all(user: User) -> None:
    user.subscriptions.exclude(status__in=ENDED).update(status="canceled", as_of=timezone.now())
    give_plan(user)


def end_grace() -> int:
    """Takes the plan from those whose payment is late for too long; returns how many. Called now and then."""
    over = _late().filter(grace_until__lte=Now()).exclude(user__plan_name=DEFAULT).select_related("user")
    return _each(subscription.user for subscription in over)


def _late() -> QuerySet[Subscription]:
    return Subscription.objects.filter(livemode=settings.STRIPE_LIVE, status=Subscription.LATE)


def _each(users: Iterable[User]) -> int:
    """Counts those who lost their plan: another subscription may be in force."""
    lost = 0
    for user in users:
        give_plan(user)
        user.refresh_from_db(fields=["plan_name"])
        lost += user.plan_name == DEFAULT
    return lost


def _grace(known: Subscription | None, status: str) -> datetime | None:
    """The grace begins with the first failure and is not prolonged by the next ones."""
    if status != Subscription.LATE:
        return None
    return (known and known.grace_until) or timezone.now() + settings.PAYMENT_GRACE
