"""The thread beside every worker that gives its sign of life and looks after jobs and files that were lost.

It needs no broker and no scheduler: as long as one worker lives, leases that ran out come back, waiting jobs are
rung again, results past their time are deleted, and files without a row are swept.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from celery.signals import worker_ready, worker_shutting_down
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.db.models.functions import Now

from accounts import audit, letters, limits, sharing, subscriptions
from processing import (
    backgrounds,
    batch_turns,
    batches,
    direct,
    figures,
    forks,
    jobs,
    masks,
    owners,
    queues,
    rendition_requests,
    reuse,
    sweeping,
)
from processing.api import idempotency
from processing.models import Worker
from webhooks import delivery

log = logging.getLogger(__name__)

HOUSEKEEPING_SECONDS = 300.0
ORPHAN_AGE = timedelta(hours=1)  # younger files may belong to a transaction that is still open
_over = threading.Event()
_noted = ("", "")


@worker_ready.connect
def start(**kwargs: object) -> None:
    threading.Thread(target=_run, name="caretaker", daemon=True).start()


@worker_shutting_down.connect
def stop(**kwargs: object) -> None:
    _over.set()


def _run() -> None:
    from processing.broker_watchdog import BrokerWatchdog  # loads what only a worker has

    name, watchdog = worker_name(os.getpid()), BrokerWatchdog()
    housekeeping_due = time.monotonic() + 10
    _guarded(reuse.forget_models)
    while True:
        _guarded(lambda: sign_of_life(name), *ROUND_OF_CARE, watchdog.look)
        if time.monotonic() >= housekeeping_due:
            housekeeping_due = time.monotonic() + HOUSEKEEPING_SECONDS
            _guarded(*HOUSEKEEPING)
        # The connection is not kept: a worker child that is forked meanwhile must not inherit one in use.
        with forks.at_work():
            connection.close()
        if _over.wait(settings.SWEEP_SECONDS):
            return


def worker_name(pid: int) -> str:
    return f"{socket.gethostname()}-{pid}"


def note_model(model: str, device: str) -> None:
    """Notes in the row of this process's worker what it works with; once for each change."""
    global _noted
    if (model, device) != _noted:
        here = [
            worker_name(pid) for pid in (os.getpid(), os.getppid())
        ]  # a pool's processes are its children
        Worker.objects.filter(name__in=here).update(model=model[:60], device=device[:60])
        _noted = (model, device)


def _guarded(*steps: Callable[[], object]) -> None:
    """Takes each step, whatever became of those before it: what cannot be done for one job must not keep all others
    waiting. A database that is away ends the round; the next one tries again."""
    for step in steps:
        try:
            with forks.at_work():
                step()
        except (OperationalError, InterfaceError) as error:
            log.warning(
                "The caretaker does without the database and will try again: %s", type(error).__name__
            )
            return
        except Exception:
            log.exception("The caretaker's round failed in part; it will try again")


def sign_of_life(name: str) -> None:
    queues_here = ", ".join(settings.WORKER_QUEUES)[:200]
    Worker.objects.update_or_create(
        name=name,
        defaults={"seen": Now()},
        create_defaults={"seen": Now(), "started": Now(), "queues": queues_here},
    )


def round_of_care(name: str) -> None:
    for step in (lambda: sign_of_life(name), *ROUND_OF_CARE):
        step()


def housekeeping() -> None:
    for step in HOUSEKEEPING:
        step()


def sweep_files() -> list[str]:
    """Deletes files that no row knows and that are older than an hour, wherever they are; returns their names."""
    return sweeping.sweep(ORPHAN_AGE)


def sweep_some_files() -> None:
    sweeping.sweep_slice(ORPHAN_AGE)


def forget_workers() -> None:
    """The names of those that are long gone."""
    Worker.objects.filter(seen__lt=Now() - timedelta(days=1)).delete()


ROUND_OF_CARE: tuple[Callable[[], object], ...] = (
    jobs.sweep,
    batch_turns.sweep,
    rendition_requests.sweep,
    masks.sweep,
)
# Expired results, orphaned files, what is kept for a while only, and plans whose payment is late for too long.
HOUSEKEEPING: tuple[Callable[[], object], ...] = (
    queues.unknown,
    jobs.expire,
    batches.expire,
    backgrounds.expire,
    owners.expire_guests,
    owners.erase_leaving,
    sweep_some_files,
    direct.sweep,
    limits.forget_old,
    sharing.forget_old,
    idempotency.forget_old,
    subscriptions.end_grace,
    audit.forget_old,
    figures.count_stored,
    delivery.forget_old,
    letters.forget_old,
    forget_workers,
)
