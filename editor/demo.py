"""What people of the generated month (processing.demo) thought of their results."""

from __future__ import annotations

import random

from django.db.models import OuterRef, Subquery

from editor.models import Feedback
from processing.models import Job

SHARE, GOOD = 0.04, 0.88  # of the results somebody says something, and so many of these are content


def opinions(seed: int = 7) -> int:
    """Writes them; returns how many."""
    rng = random.Random(seed)  # noqa: S311 (nothing secret)
    reasons = Feedback.Reason.values
    done = Job.objects.filter(owner__email__startswith="demo-", status=Job.Status.SUCCEEDED)
    rows = [
        Feedback(job_id=pk, owner_id=owner, model=model, good=(good := rng.random() < GOOD),
                 reason="" if good else rng.choice(reasons))
        for pk, owner, model in done.order_by("pk").values_list("pk", "owner_id", "model")
        if rng.random() < SHARE
    ]  # fmt: skip
    Feedback.objects.bulk_create(rows)
    when = Job.objects.filter(pk=OuterRef("job_id")).values("finished")
    Feedback.objects.filter(job__in=[row.job_id for row in rows]).update(changed=Subquery(when))
    return len(rows)
