"""The only writer of the ledger: grant, reserve, settle, refund, take.

Every verb changes the balance and adds its entry in one transaction, and each is made once by its key, so that a
job that runs twice is charged once. The balance is checked by the update that lowers it (no read before a write),
which is exact under concurrency on SQLite and PostgreSQL alike.
"""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.db.models import F

from accounts import allowance, credit_warnings
from accounts.models import CREDIT, CreditDebt, CreditEntry, User

Kind = CreditEntry.Kind


class OutOfCredits(Exception):
    """The balance does not cover the amount."""

    code = "insufficient_credits"

    def __init__(self, needed: int, balance: int) -> None:
        super().__init__(self.code)
        self.facts = {"needed": needed / CREDIT, "balance": balance / CREDIT}


def grant(user: User, amount: int, key: str, reason: str = "", by: User | None = None) -> bool:
    """Adds `amount` hundredths of a credit; False when this key was granted before. `by` is the operator's row."""
    if amount < 0:
        raise ValueError("A grant adds credits.")
    try:
        with transaction.atomic():
            _entry(user.pk, Kind.GRANT, amount, key, reason, by)
            User.objects.filter(pk=user.pk).update(balance=F("balance") + amount)
            _pay_debts(user.pk, key)
            credit_warnings.note(user.pk)
    except IntegrityError:  # the key is there: this grant was made before
        return False
    return True


@transaction.atomic
def reserve(user: User, amount: int, job: str) -> int:
    """Holds the price of a job; returns what was held (0 for a user who is not charged)."""
    charge = 0 if user.is_unlimited else amount
    allowance.give(user)
    if not _lower(user.pk, charge):
        user.refresh_from_db(fields=["balance"])
        raise OutOfCredits(charge, user.balance)
    _entry(user.pk, Kind.RESERVE, -charge, f"reserve:{job}")
    if charge:
        credit_warnings.warn(user.pk)
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
    _pay_debts(held.user_id, f"close:{job}")


@transaction.atomic
def take(user: User, amount: int, key: str, reason: str = "", by: User | None = None) -> int:
    """Takes credits back, as after a refund of their price; returns how many hundredths were there to take.

    What was spent already becomes a debt that the next credits pay. The key is used once, as for a grant
    (IntegrityError).
    """
    if amount < 0:
        raise ValueError("Only a positive amount is taken.")
    # Locked, as what is there to take must not be spent meanwhile (SQLite's transactions are one at a time).
    there = User.objects.select_for_update().values_list("balance", flat=True).get(pk=user.pk)
    taken = min(there, amount)
    _lower(user.pk, taken)
    _entry(user.pk, Kind.TAKE, -taken, key, reason, by)
    if taken < amount:
        owed = amount - taken
        CreditDebt.objects.create(user_id=user.pk, amount=owed, left=owed, key=key, reason=reason)
    return taken


def owed(user: User) -> int:
    """Hundredths of a credit that the user's next credits will pay."""
    return sum(user.credit_debts.filter(left__gt=0).values_list("left", flat=True))


def _pay_debts(user_id: int, key: str) -> None:
    """Lets credits that have just come pay what is owed, oldest first. In the transaction that brought them."""
    if not CreditDebt.objects.filter(user_id=user_id, left__gt=0).exists():
        return
    there = User.objects.select_for_update().values_list("balance", flat=True).get(pk=user_id)
    for debt in CreditDebt.objects.filter(user_id=user_id, left__gt=0).order_by("id"):
        paid = min(there, debt.left)
        if not paid:
            return
        there -= paid
        _lower(user_id, paid)
        _entry(user_id, Kind.TAKE, -paid, f"debt:{debt.pk}:{key}"[:120], debt.reason)
        CreditDebt.objects.filter(pk=debt.pk).update(left=F("left") - paid)


def _lower(user_id: int, amount: int) -> bool:
    changed = User.objects.filter(pk=user_id, balance__gte=amount).update(balance=F("balance") - amount)
    return changed == 1


def _entry(user_id: int, kind: Kind, amount: int, key: str, reason: str = "", by: User | None = None) -> None:
    CreditEntry.objects.create(user_id=user_id, kind=kind, amount=amount, key=key, reason=reason, by=by)
