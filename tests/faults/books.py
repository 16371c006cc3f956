"""What must be true when all is quiet again, whatever happened before; says what it counted as JSON.

python -m tests.faults.books      with the environment of the site that is looked at
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from datetime import timedelta
from typing import Any

import django


def check() -> dict[str, Any]:
    """AssertionError when a job has no end, a result is not what its row says, or a file or a credit is astray."""
    from accounts.models import CREDIT, User
    from processing import caretaker, storage
    from processing.backup import stored
    from processing.models import Job
    from processing.pipeline.recipe import Recipe
    from processing.renditions import made_at_once
    from tests import ledger

    statuses = Counter(Job.objects.values_list("status", flat=True))
    assert set(statuses) <= {"succeeded", "failed", "cancelled"}, f"not all have ended: {statuses}"
    ledger.check()
    for job in Job.objects.exclude(status="succeeded"):
        assert job.status == "cancelled" or job.error_code, f"{job.pk} failed without a reason"
    for job in Job.objects.filter(status="succeeded"):
        made = list(job.renditions.filter(revision=0))
        wanted = {recipe.canonical() for recipe in made_at_once(job, Recipe.from_canonical(job.recipe))}
        assert wanted <= {each.recipe for each in made}, f"{job.pk} has {len(made)} pictures"
        for each in made:
            found = hashlib.sha256(storage.read(each.file)).hexdigest()
            assert found == each.sha256, f"{each.file} is not what its row says"
    usual, caretaker.ORPHAN_AGE = caretaker.ORPHAN_AGE, timedelta(0)
    swept = caretaker.sweep_files()
    caretaker.ORPHAN_AGE = usual
    report = stored.report(set(storage.names_under("u")))
    assert (report.missing, report.unnamed) == ([], []), report
    spent = {
        user.email: -sum(_charges(user)) / CREDIT
        for user in User.objects.filter(jobs__isnull=False).distinct()
    }
    return {
        "statuses": statuses,
        "codes": Counter(Job.objects.exclude(error_code="").values_list("error_code", flat=True)),
        "attempts": Counter(Job.objects.values_list("attempt", flat=True)),
        "cached": Job.objects.filter(cached=True).count(),
        "swept": len(swept),
        "spent": spent,
    }


def _charges(user: Any) -> list[int]:
    """What jobs took and gave back, in hundredths of a credit."""
    return list(
        user.credit_entries.filter(kind__in=["reserve", "settle", "refund"]).values_list("amount", flat=True)
    )


if __name__ == "__main__":
    django.setup()
    print(json.dumps(check()))
