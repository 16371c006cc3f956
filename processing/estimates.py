"""How long it takes, from what took how long lately. None where nothing is known: no number is made up."""

from __future__ import annotations

from datetime import timedelta
from statistics import median

from django.conf import settings
from django.utils import timezone

from processing.models import Job

LATELY = 20  # jobs
LATELY_OF_ALL = 400  # among which each model's own are looked for


def usual_seconds(model: str = "") -> float | None:
    """The median of a worker's seconds for the last jobs of this model (of any, without one)."""
    ended = Job.objects.filter(status=Job.Status.SUCCEEDED, started__isnull=False, finished__isnull=False)
    rows = (ended.filter(model=model) if model else ended).order_by("-finished")
    pairs = rows.values_list("started", "finished")[:LATELY]
    seconds = [(end - start).total_seconds() for start, end in pairs if start and end]
    return median(seconds) if seconds else None


def usual_seconds_by_model() -> dict[str, float]:
    """The same for every model that was used lately, by one question."""
    ended = Job.objects.filter(status=Job.Status.SUCCEEDED, started__isnull=False, finished__isnull=False)
    found: dict[str, list[float]] = {}
    for model, start, end in ended.order_by("-finished").values_list("model", "started", "finished")[
        :LATELY_OF_ALL
    ]:
        if start and end:
            found.setdefault(model, []).append((end - start).total_seconds())
    return {model: median(seconds[:LATELY]) for model, seconds in found.items()}


def seconds_left(job: Job, position: int = 0) -> float | None:
    """Until a waiting (as number `position`) or running job is likely to end. None: nothing is known, or it takes
    longer than usual already."""
    own, any_model = usual_seconds(job.model), usual_seconds()
    each = own or any_model
    if each is None:
        return None
    if job.status == Job.Status.QUEUED:
        before = position - 1 + Job.objects.filter(status=Job.Status.RUNNING).count()
        return each + before * (any_model or each) / settings.WORKERS
    left = each - (timezone.now() - (job.started or timezone.now())) / timedelta(seconds=1)
    return left if left > 0 else None
