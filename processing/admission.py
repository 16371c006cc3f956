"""Whether one more photo may wait: bounds for one account and for all, so that a flood is told to come later."""

from __future__ import annotations

from datetime import timedelta
from math import ceil

from django.conf import settings
from django.db.models.functions import Now

from accounts.models import User
from processing import estimates
from processing.errors import Refused
from processing.models import Job, Worker

SECONDS_EACH = 3.0  # a cautious guess of what one photo takes one worker, while nothing is known
LONGEST = 600  # seconds; whatever is longer may have changed until then


def admit(owner: User, photos: int = 1) -> None:
    """Refused: too_many_unfinished, queue_full. Counted without a lock: a few more may slip in."""
    limit = owner.plan.unfinished
    if not owner.is_unlimited and owner.jobs.unfinished()[: limit + 1].count() + photos > limit:
        raise Refused("too_many_unfinished", limit=limit, seconds=patience(1))
    waiting = Job.objects.queued()[: settings.QUEUE_LIMIT + 1].count()
    if waiting + photos > settings.QUEUE_LIMIT:
        raise Refused("queue_full", seconds=patience(waiting + photos - settings.QUEUE_LIMIT))


def patience(photos: int) -> int:
    """Seconds until so many that wait are likely to be done, by what photos took lately and how many work now."""
    each = estimates.usual_seconds() or SECONDS_EACH
    workers = Worker.objects.filter(seen__gte=Now() - timedelta(seconds=30)).count()
    return min(LONGEST, ceil(photos * each / (max(1, workers) * settings.WORKERS)))
