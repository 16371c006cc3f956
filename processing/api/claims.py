"""Signs of life of the requests that hold an Idempotency-Key, so that the key of a dead process is soon free.

A request claims its key with a token of its own. As long as the request runs, one thread of its process notes once a
second, by the database's clock, that it lives. A process that was killed notes nothing any more: after SILENT the
claim may be taken over, and its token is no longer the row's, so that one that was merely frozen neither answers for
the key nor frees it when it wakes. (It makes nothing twice either: what it makes has the id that the row chose.)
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

from django.db import DatabaseError, InterfaceError, connection
from django.db.models.functions import Now

from accounts.models import KeptAnswer

log = logging.getLogger(__name__)

BEAT_SECONDS = 1.0
SILENT = timedelta(seconds=5)  # without a sign of life, and whoever held the claim is dead
LONGEST_SECONDS = 900.0  # a request that runs for longer hangs, and is spoken for no more
Claim = tuple[int, uuid.UUID | None]  # a row, and the token by which it is held


class _Pulse:
    """The requests of this process that hold a key, and the thread that speaks for them while there are any."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.held: dict[Claim, float] = {}  # and since when
        self.thread: threading.Thread | None = None

    def hold(self, claim: Claim) -> None:
        with self.lock:
            self.held[claim] = time.monotonic()
            if self.thread is None or not self.thread.is_alive():  # as in the child of a fork
                self.thread = threading.Thread(target=self._run, name="claims", daemon=True)
                self.thread.start()

    def let_go(self, claim: Claim) -> None:
        with self.lock:
            self.held.pop(claim, None)

    def _run(self) -> None:
        while True:
            time.sleep(BEAT_SECONDS)
            with self.lock:
                if not self.held:
                    self.thread = None
                    return
                now = time.monotonic()
                due = [
                    claim
                    for claim, since in self.held.items()
                    if BEAT_SECONDS / 2 <= now - since < LONGEST_SECONDS
                ]
            if due:
                _note_alive(due)


def _note_alive(claims: Collection[Claim]) -> None:
    rows, tokens = zip(*claims, strict=True)
    try:
        KeptAnswer.objects.filter(pk__in=rows, claim__in=tokens, status=0).update(begun=Now())
    except (DatabaseError, InterfaceError) as error:
        log.warning("A running request could not say that it lives: %s", type(error).__name__)
    finally:
        with suppress(DatabaseError, InterfaceError):
            connection.close()


_pulse = _Pulse()


@contextmanager
def alive(row: KeptAnswer) -> Iterator[None]:
    """For the time in which the request runs that holds the claim of this row."""
    claim = row.pk, row.claim
    _pulse.hold(claim)
    try:
        yield
    finally:
        _pulse.let_go(claim)


def taken_over(row: KeptAnswer) -> bool:
    """Whether the claim of a dead request is this one's now; `row.claim` says which it is. Of several that try, one
    succeeds."""
    claim = uuid.uuid4()
    dead = KeptAnswer.objects.filter(pk=row.pk, status=0, begun__lt=Now() - SILENT)
    if not dead.update(begun=Now(), claim=claim):
        return False
    row.claim = claim
    return True
