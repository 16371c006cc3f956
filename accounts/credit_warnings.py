"""Warns people whose credits are nearly used, and used up: once each for every refill.

A refill is the balance as it was after credits last came in, whatever brought them. Only rows are written here (a
letter, an event for webhooks), in the transaction that spends; they are sent later, by somebody else.
"""

from __future__ import annotations

from django.db.models import F

from accounts import letters
from accounts.models import CREDIT, User
from webhooks import outbox

STEPS = (100, 80)  # per cent; the highest that is reached is told


def note(user_id: int) -> None:
    """Credits came in."""
    User.objects.filter(pk=user_id).update(refill=F("balance"), told_used=0)


def warn(user_id: int) -> None:
    """Credits were spent. In the transaction that did it, so nobody else changes the row meanwhile."""
    user = User.objects.get(pk=user_id)
    step = reached(user.balance, user.refill)
    if step > user.told_used and not user.is_guest:
        User.objects.filter(pk=user_id).update(told_used=step)
        facts = {"used": step, "balance": user.balance / CREDIT, "of": user.refill / CREDIT}
        letters.write(user, "credits_low", **facts)
        outbox.announce(user_id, "credits.low", lambda: facts)


def reached(balance: int, refill: int) -> int:
    """100 when not one photo can be paid any more, 80 when a fifth is left, else 0. In hundredths of a credit."""
    if refill < CREDIT:
        return 0
    if balance < CREDIT:
        return 100
    return 80 if balance * 5 <= refill else 0
