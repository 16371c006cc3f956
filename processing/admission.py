"""Whether one more photo may wait: bounds for one account and for all, so that a flood is told to come later."""

from __future__ import annotations

from django.conf import settings

from accounts.models import User
from processing.errors import Refused
from processing.models import Job

SECONDS_EACH = 3  # a cautious guess of what one photo takes one worker


def admit(owner: User, photos: int = 1) -> None:
    """Refused: too_many_unfinished, queue_full. Counted without a lock: a few more may slip in."""
    limit = owner.plan.unfinished
    if not owner.is_unlimited and owner.jobs.unfinished()[: limit + 1].count() + photos > limit:
        raise Refused("too_many_unfinished", limit=limit, seconds=SECONDS_EACH)
    waiting = Job.objects.queued()[: settings.QUEUE_LIMIT + 1].count()
    if waiting + photos > settings.QUEUE_LIMIT:
        raise Refused("queue_full", seconds=min(600, waiting * SECONDS_EACH // settings.WORKERS))
