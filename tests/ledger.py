"""What must be true of the ledger at any time, whatever happened before."""

from __future__ import annotations

from django.db.models import Sum

from accounts.models import CreditEntry, User
from processing.models import Job


def check() -> None:
    """Every balance is the sum of its entries; a job holds once, and is closed once when it is over."""
    for user in User.objects.all():
        total = user.credit_entries.aggregate(total=Sum("amount"))["total"] or 0
        assert user.balance == total >= 0, f"{user}: balance {user.balance}, entries {total}"
    for job in Job.objects.all():
        kinds = kinds_of(job)
        assert kinds == expected(job), f"{job.status} job with entries {kinds}"


def kinds_of(job: Job) -> list[str]:
    keys = [f"reserve:{job.pk}", f"close:{job.pk}"]
    return list(CreditEntry.objects.filter(key__in=keys).order_by("pk").values_list("kind", flat=True))


def expected(job: Job) -> list[str]:
    match job.status:
        case Job.Status.SUCCEEDED:
            return ["reserve", "refund" if job.cached else "settle"]
        case Job.Status.FAILED | Job.Status.CANCELLED:
            return ["reserve", "refund"]
        case _:
            return ["reserve"]
