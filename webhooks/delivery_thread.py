"""The thread beside every worker that delivers: it looks into the outbox each second and sends from a few threads,
so that a slow endpoint keeps neither photos nor the caretaker waiting. Mail goes with it, as it may be slow too."""

from __future__ import annotations

import logging
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

from celery.signals import worker_ready, worker_shutting_down
from django.db import connection

from accounts import letters
from processing import forks
from webhooks import delivery

log = logging.getLogger(__name__)

EVERY_SECONDS = 1.0
THREADS = 8
_over = threading.Event()


@worker_ready.connect
def start(**kwargs: object) -> None:
    threading.Thread(target=_run, name="delivery", daemon=True).start()


@worker_shutting_down.connect
def stop(**kwargs: object) -> None:
    _over.set()


def _run() -> None:
    with ThreadPoolExecutor(THREADS, thread_name_prefix="delivery") as threads:
        busy: set[uuid.UUID] = set()
        while not _over.wait(EVERY_SECONDS):
            try:
                with forks.at_work():
                    for pk in [each for each in delivery.endpoints_due() if each not in busy]:
                        busy.add(pk)
                        threads.submit(_serve, pk, busy)
                    letters.send_waiting()
            except Exception:  # a database that is away must not end the thread
                log.exception("A round of deliveries failed; it will try again")
            finally:
                # Not kept: a worker child that is forked meanwhile must not inherit a connection in use.
                connection.close()


def _serve(pk: uuid.UUID, busy: set[uuid.UUID]) -> None:
    try:
        with forks.at_work():
            delivery.serve(pk)
    except Exception:
        log.exception("Endpoint %s was not served; it will be tried again", pk)
    finally:
        connection.close()
        busy.discard(pk)
