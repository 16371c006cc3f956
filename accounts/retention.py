"""How long a user's photos and results are kept: as long as the plan gives, or shorter, as the user likes."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from accounts.models import User
from accounts.plans import DEFAULT, Plan


def days_of(plan: Plan) -> int:
    """What a plan gives. The free one gives what the operator set for everybody, and no other gives less."""
    usual: int = settings.KEEP_RESULTS.days
    return usual if plan.name == DEFAULT else max(plan.keep_days, usual)


def kept(user: User) -> timedelta:
    """For how long, after it is finished."""
    most = days_of(user.plan)
    return timedelta(days=min(user.keep_days or most, most))
