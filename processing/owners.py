"""What happens to photos and files when their owner goes."""

from __future__ import annotations

from accounts import guests, purchases
from accounts.models import User
from processing import backgrounds, batches, jobs

AT_ONCE = 100  # guests per round, so that a round stays short


def erase(owner: User) -> None:
    """Removes an owner with all jobs, photos and files. A plan that is paid ends first: if that fails, all stays."""
    purchases.leave(owner)
    for batch in owner.batches.all():
        batches.delete(batch)
    for job in owner.jobs.all():
        jobs.delete(job)
    backgrounds.forget(owner)
    owner.delete()


def expire_guests() -> int:
    """Erases guests whose time is over and who wait for nothing; returns how many."""
    idle = [guest for guest in guests.overdue()[:AT_ONCE] if not guest.jobs.unfinished().exists()]
    for guest in idle:
        erase(guest)
    return len(idle)
