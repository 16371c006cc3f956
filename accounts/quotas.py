"""The only writer of the ledger: grant, reserve, settle, refund.

Every verb changes the balance and adds its entry in one transaction, and each is made once by its key, so that a
job that runs twice is charged once. The balance is checked by the update that lowers it (no read before a write),
which is exact under concurrency on SQLite and PostgreSQL alike.
"""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.db.models import F

from accounts.models import CREDIT, CreditEntry, User

Kind = CreditEntry.Kind


class OutOfCredits(Exception):
    """The balance does not cover the amount."""

    code = "insufficient_credits"

    def __init__(self, needed: int, balance: int) -> None:
        super().__init__(self.code)
        self.facts = {"needed": needed / CREDIT, "balance": balance / CREDIT}


def grant(user: User, amount: int, key: str, reason: str = "") -> bool:
    """Adds `amount` hundredths of a credit; False when this key was granted before."""
    if amount < 0:
        raise ValueError("A grant adds credits.")
    return _enter(user.pk, Kind.GRANT, amount, key, reason)


@transaction.atomic
def reserve(user: User, amount: int, job: str) -> int:
    """Holds the price of a job; returns what was held (0 for a user who is not charged)."""
    charge = 0 if user.is_unlimited else amount
    if not _lower(user.pk, charge):
        user.refresh_from_db(fields=["balance"])
        raise OutOfCredits(charge, user.balance)
    _entry(user.pk, Kind.RESERVE, -charge, f"reserve:{job}")
    return charge


@transaction.atomic
def settle(job: str) -> None:
    """The job is done: what was held is spent. A job is settled or refunded, once."""
    held = CreditEntry.objects.get(key=f"reserve:{job}")
    _entry(held.user_id, Kind.SETTLE, 0, f"close:{job}")


@transaction.atomic
def refund(job: str, reason: str = "") -> None:
    """The job failed or was cancelled: what was held goes back."""
    held = CreditEntry.objects.get(key=f"reserve:{job}")
    _entry(held.user_id, Kind.REFUND, -held.amount, f"close:{job}", reason)
    User.objects.filter(pk=held.user_id).update(balance=F("balance") - held.amount)


def _lower(user_id: int, amount: int) -> bool:
    changed = User.objects.filter(pk=user_id, balance__gte=amount).update(balance=F("balance") - amount)
    return changed == 1


def _entry(user_id: int, kind: Kind, amount: int, key: str, reason: str = "") -> None:
    CreditEntry.objects.create(user_id=user_id, kind=kind, amount=amount, key=key, reason=reason)


def _enter(user_id: int, kind: Kind, amount: int, key: str, reason: str) -> bool:
    try:
        with transaction.atomic():
            _entry(user_id, kind, amount, key, reason)
            User.objects.filter(pk=user_id).update(balance=F("balance") + amount)
    except IntegrityError:  # the key is there: this grant was made before
        return False
    return True
