"""The thread beside every worker that loads what batches were given as addresses, one photo at a time.

Loading takes up to fifteen seconds and no processor, so it neither holds up a request nor a worker's child. As with
jobs the row is the truth: a lease is taken by one conditional UPDATE, and what a dead process held comes back.
"""

from __future__ import annotations

import logging
import threading
from datetime import timedelta

from celery.signals import worker_ready, worker_shutting_down
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from processing import batch_turns, batches, fetch, forks
from processing.models import BatchItem

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
    """Loads one item that waits for it; False when there is none. Batches take turns by chance."""
    item = BatchItem.objects.to_load().order_by("?").first()
    if item is None:
        return False
    leased = BatchItem.objects.to_load().filter(pk=item.pk)
    if not leased.update(lease_until=Now() + LEASE, attempt=F("attempt") + 1):
        return True  # somebody else was quicker
    item = BatchItem.objects.select_related("batch__owner").get(pk=item.pk)
    if item.attempt > ATTEMPTS:
        batches.give_up(item, fetch.failed("attempts"))
    else:
        batches.load(item, lambda: fetch.fetch_image(item.url))
    batch_turns.finish(item.batch_id)
    return True
