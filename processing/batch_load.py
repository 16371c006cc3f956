"""The thread beside every worker that loads what batches were given as addresses, and takes photos out of the ZIPs
that are kept for it (batch_arrivals); one photo at a time, the two by turns.

Loading takes up to fifteen seconds and no processor, so it neither holds up a request nor a worker's child. As with
jobs the row is the truth: a lease is taken by one conditional UPDATE, and what a dead process held comes back.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import timedelta

from celery.signals import worker_ready, worker_shutting_down
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from processing import batch_arrivals, batch_turns, batches, fetch, forks
from processing.errors import Refused
from processing.jobs import Upload
from processing.models import Batch, BatchArchive, BatchItem
from processing.models.batches import BatchItemQuerySet

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)  # four times of what a load may take
IDLE_SECONDS = 1.0
ATTEMPTS = 3
_over = threading.Event()


@worker_ready.connect
def start(**kwargs: object) -> None:
    threading.Thread(target=_run, name="batch-loader", daemon=True).start()


@worker_shutting_down.connect
def stop(**kwargs: object) -> None:
    _over.set()


def _run() -> None:
    while not _over.is_set():
        try:
            with forks.at_work():
                busy = load_next()
        except Exception:  # a database that is away must not end the loading
            log.exception("An item of a batch could not be loaded; it will be tried again")
            busy = False
        finally:
            connection.close()
        if not busy:
            _over.wait(IDLE_SECONDS)


def load_next() -> bool:
    """Loads one item that came as an address and one out of a ZIP; False when there is neither. Batches take turns
    by chance."""
    return any([_load_address(), _unpack()])


def _load_address() -> bool:
    rows = BatchItem.objects.to_load()
    item = rows.order_by("?").first()
    return item is not None and _taken(
        rows, item, lambda: fetch.fetch_image(item.url), fetch.failed("attempts")
    )


def _unpack() -> bool:
    paused = Batch.Status.PAUSED
    archive = BatchArchive.objects.exclude(batch__status=paused).order_by("?").first()
    if archive is None:
        return False
    rows = archive.items.to_unpack()
    item = rows.order_by("position").first()
    if item is None:
        return batch_arrivals.drop_if_done(archive)
    return _taken(rows, item, lambda: batch_arrivals.photo(archive, item.key), Refused("interrupted"))


def _taken(rows: BatchItemQuerySet, item: BatchItem, read: Callable[[], Upload], lost: Refused) -> bool:
    """Takes an item of these rows under a lease; `lost` is what becomes of one that was tried too often. True, also
    when somebody else was quicker."""
    if not rows.filter(pk=item.pk).update(lease_until=Now() + LEASE, attempt=F("attempt") + 1):
        return True
    item = BatchItem.objects.select_related("batch__owner").get(pk=item.pk)
    if item.attempt > ATTEMPTS:
        batches.give_up(item, lost)
    else:
        batches.load(item, read)
    batch_turns.finish(item.batch_id)
    return True
