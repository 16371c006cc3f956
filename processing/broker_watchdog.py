"""Ends a worker that no message of the broker reaches any more, so that another one is started.

A client of a broker can end up deaf: the process lives, its caretaker looks after everybody's jobs, and no message
reaches it any more, because a connection broke at an unlucky moment or a child never came up. From outside it looks
like a worker without work. From inside it does not: photos wait in its queues, the broker takes the messages
about them, it has nothing in hand, and it hears nothing. When that lasts for several messages it ends, and whoever
watches over it (`manage.py up`, compose, systemd, Kubernetes) starts another. The same goes for one that has
something in hand for longer than any task may take.
"""

from __future__ import annotations

import logging
import os
import signal
import time

from billiard.process import active_children
from celery.worker import state
from django.conf import settings
from django.db.models.functions import Now

from processing import jobs
from processing.models import Job

log = logging.getLogger(__name__)

# In rounds of care and not in seconds: a machine that slept, or a process that was stopped, has missed none.
IDLE_ROUNDS = 4 * int(jobs.RING_AGAIN.total_seconds()) // settings.SWEEP_SECONDS
BUSY_ROUNDS = (settings.JOB_SECONDS + settings.CELERY_WORKER_PROC_ALIVE_TIMEOUT) // settings.SWEEP_SECONDS
END_SECONDS = 10.0  # that a worker which is asked to end may take before it is killed
EXIT_CODE = 70  # EX_SOFTWARE

Signs = tuple[int, int, int]


class BrokerWatchdog:
    """Looks once in each round of the caretaker; keeps for how many rounds nothing has come in or gone out."""

    def __init__(self) -> None:
        self.last: Signs = (0, 0, 0)
        self.rounds = 0

    def look(self) -> None:
        if self.is_lost():
            end()

    def is_lost(self) -> bool:
        now = signs()
        if now != self.last:
            self.last, self.rounds = now, 0
            return False
        in_hand = now[2]
        self.rounds = self.rounds + 1 if in_hand or bells_ring() else 0
        return self.rounds >= (BUSY_ROUNDS if in_hand else IDLE_ROUNDS)


def signs() -> Signs:
    """Tasks that were ever begun, that run, and that were taken from the broker and are not over."""
    return state.all_total_count[0], len(state.active_requests), len(state.reserved_requests)


def bells_ring() -> bool:
    """Whether a photo waits in a queue of this worker for which the broker took a bell lately."""
    lately = Now() - 2 * jobs.RING_AGAIN
    return Job.objects.claimable().filter(queue__in=settings.WORKER_QUEUES, rung__gte=lately).exists()


def end() -> None:
    """Asks this worker to end, and ends it when it does not listen. What it had in hand is found again."""
    log.critical(
        "This worker hears nothing while photos wait for it, or cannot end what it has; it ends itself"
    )
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(END_SECONDS)
    for child in active_children():
        if child.pid is not None:
            os.kill(child.pid, signal.SIGKILL)
    os._exit(EXIT_CODE)
