"""The credits that a plan gives each month to those who do not pay for it through Stripe: on the free plan if it has
any, or on a plan that an operator gave. Whoever pays gets them with each paid invoice (accounts.payments).

Given when they are needed or looked at, so there is no clock to miss; once for a calendar month (UTC) by the key of
the ledger's entry, which the user's row repeats to spare the question.
"""

from __future__ import annotations

from datetime import UTC

from django.conf import settings
from django.utils import timezone

from accounts.models import CREDIT, Subscription, User


def give(user: User) -> bool:
    """Whether credits came in now."""
    month = f"{timezone.now().astimezone(UTC):%Y-%m}"
    if (
        not user.plan.credits
        or user.is_guest
        or user.is_unlimited
        or user.allowance == f"{user.plan.name}:{month}"
    ):
        return False
    if _pays(user):
        return False
    return _grant(user, month)


def _pays(user: User) -> bool:
    alive = {*Subscription.ALIVE, Subscription.LATE}
    return user.subscriptions.filter(livemode=settings.STRIPE_LIVE, status__in=alive).exists()


def _grant(user: User, month: str) -> bool:
    from accounts import quotas  # which gives the allowance before it spends

    plan = user.plan
    given = quotas.grant(
        user, plan.credits * CREDIT, f"plan:{user.pk}:{plan.name}:{month}", f"{plan.title}, {month}"
    )
    user.allowance = f"{plan.name}:{month}"
    User.objects.filter(pk=user.pk).update(allowance=user.allowance)
    return given
