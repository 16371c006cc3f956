"""What happens to photos and files when their owner goes."""

from __future__ import annotations

from django.db.models import DateTimeField, ExpressionWrapper, F
from django.db.models.functions import Now

from accounts import guests, letters, purchases, retention
from accounts.models import User
from processing import audit, backgrounds, batches, direct, jobs

AT_ONCE = 100  # guests per round, so that a round stays short


def erase(owner: User) -> None:
    """Removes an owner with all jobs, photos and files. A plan that is paid ends first: if that fails, all stays.

    What tax law wants kept (that a payment was made) stays without a name. Logs hold no names, and go by age.
    """
    purchases.leave(owner)
    owner.payments.update(document="")
    audit.forget(owner)
    for batch in owner.batches.all():
        batches.delete(batch)
    for job in owner.jobs.all():
        jobs.delete(job)
    backgrounds.forget(owner)
    direct.forget(owner)
    owner.delete()


def keep_for(owner: User, days: int | None) -> None:
    """Chooses how long photos are kept, for those that are there as well; None: as long as the plan gives."""
    owner.keep_days = days
    User.objects.filter(pk=owner.pk).update(keep_days=days)
    until = ExpressionWrapper(F("finished") + retention.kept(owner), DateTimeField())
    owner.jobs.exclude(finished=None).update(expires=until)
    owner.batches.exclude(finished=None).update(expires=until)


def leave(owner: User) -> None:
    """The owner wants to be forgotten: nobody gets in any more from now on, and `erase_leaving` does the rest. A
    plan that is paid ends first; if that fails, nothing has happened."""
    purchases.leave(owner)
    User.objects.filter(pk=owner.pk).update(is_active=False, leaving=Now())


def erase_leaving() -> int:
    """Erases the accounts of those who left; returns how many."""
    leaving = list(User.objects.exclude(leaving=None)[:AT_ONCE])
    for owner in leaving:
        address = owner.email
        erase(owner)
        letters.farewell(address)
    return len(leaving)


def expire_guests() -> int:
    """Erases guests whose time is over and who wait for nothing; returns how many."""
    idle = [guest for guest in guests.overdue()[:AT_ONCE] if not guest.jobs.unfinished().exists()]
    for guest in idle:
        erase(guest)
    return len(idle)
