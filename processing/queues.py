"""Which queue a job waits in, and its turn there.

A queue is a name that workers serve (WORKER_QUEUES): photos by size, models at a service elsewhere, and what an
operator routes by model (MODEL_QUEUES), for example to workers with a GPU. Within a queue, turns share fairly between
owners: start-time fair queueing (Goyal, Vin and Cheng 1996), with the plan's priority as the step between two photos
of one owner. Who has nothing waiting joins at the head, so that a batch of a thousand photos delays another's
single one by the photo in work and at most one more. The owner's own single photos go before the rest
of a batch, too: somebody waits for them.
"""

from __future__ import annotations

from django.conf import settings
from django.db.models import F, Min

from accounts.models import User
from processing.models import Job, JobQuerySet
from processing.registry.remote.account import PROVIDER_OF


def queue_of(model: str, pixels: int) -> str:
    """The queue for a photo of so many pixels and a model's name."""
    if model in settings.MODEL_QUEUES:
        return str(settings.MODEL_QUEUES[model])
    if model in PROVIDER_OF:
        return "remote"
    return "large" if pixels > settings.LARGE_PIXELS else "small"


def head(queue: str) -> int:
    """The turn that is next; 0 when nobody waits."""
    first = Job.objects.waiting_in(queue).values_list("turn", flat=True)[:1]
    return next(iter(first), 0)


def turn_for(owner: User, queue: str, in_batch: bool = False) -> int:
    """Where a new photo of this owner joins: at the head, or a step behind the owner's last that waits there; for one
    that came by itself, the last of those that did so as well."""
    mine = Job.objects.claimable().filter(owner=owner, queue=queue).order_by("-turn")
    mine = mine if in_batch else mine.filter(batch=None)
    behind = [turn + owner.plan.priority for turn in mine.values_list("turn", flat=True)[:1]]
    return max([head(queue), *behind])


def rejoin(waiting: JobQuerySet) -> None:
    """Gives jobs that were held back their turns again, in their order, as if the first of them came now."""
    firsts = waiting.order_by().values_list("queue").annotate(Min("turn"))
    for queue, first in list(firsts):
        waiting.filter(queue=queue).update(turn=F("turn") + max(0, head(queue) - first))


def unknown() -> int:
    """Moves jobs out of queues that the settings no longer know; returns how many."""
    return Job.objects.queued().exclude(queue__in=settings.QUEUES).update(queue="small")
