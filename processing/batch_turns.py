"""When the jobs of a batch come to their turn, and when the batch itself is over.

A worker is told of a few jobs of a batch at a time: as many as can run at once and one more. So a batch of a
thousand never stands in front of somebody's single photo by more than that, and each job that ends rings for the
next. As everywhere, a bell that nobody heard is rung again by the sweep.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from accounts import retention
from processing.models import Batch, Job, Worker
from processing.signals import batch_finished

SWEPT_AT_ONCE = 50  # batches in one round


def turn(batch_id: uuid.UUID) -> None:
    """One of its jobs has ended."""
    ring_ahead(batch_id)
    finish(batch_id)


def ring_ahead(batch_id: uuid.UUID) -> None:
    """Tells workers of as many jobs of this batch as may be on their way at once."""
    from processing import jobs

    mine = Job.objects.filter(batch=batch_id)
    told = Q(rung__gte=Now() - jobs.RING_AGAIN)
    under_way = mine.filter(Q(status=Job.Status.RUNNING) | Q(told, status=Job.Status.QUEUED, held=False))
    free = _width() - under_way.count()
    if free <= 0:
        return
    waiting = mine.claimable().exclude(told).order_by("created").values_list("pk", flat=True)
    for job_id in list(waiting[:free]):
        jobs.ring(job_id)


def finish(batch_id: uuid.UUID) -> bool:
    """Ends a closed batch whose last item has ended, and says so once; False when there is something left."""
    with transaction.atomic():
        batch = Batch.objects.ending().select_for_update().filter(pk=batch_id).first()
        if batch is None or batch.items.unfinished().exists():
            return False
        if batch.status == Batch.Status.RUNNING:
            batch.status = Batch.Status.FINISHED
        batch.rounds += 1
        batch.save(update_fields=["status", "rounds"])
        Batch.objects.filter(pk=batch_id).update(finished=Now(), expires=Now() + retention.kept(batch.owner))
        batch.refresh_from_db()
        batch_finished.send(sender=Batch, batch=batch)
    return True


def sweep() -> None:
    """Rings for batches that wait, and ends those whose last word was lost. Safe anywhere, any number of times."""
    waiting = (
        Job.objects.claimable().exclude(batch=None).order_by().values_list("batch", flat=True).distinct()
    )
    for batch_id in list(waiting[:SWEPT_AT_ONCE]):
        ring_ahead(batch_id)
    for batch_id in list(Batch.objects.ending().values_list("pk", flat=True)[:SWEPT_AT_ONCE]):
        finish(batch_id)


def _width() -> int:
    from processing import jobs

    alive = Worker.objects.filter(seen__gte=Now() - jobs.WORKER_SILENCE).count()
    return max(1, alive) * settings.WORKERS + 1
