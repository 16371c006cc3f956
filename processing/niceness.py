"""Workers step back: pages and status polls are answered at once while every core works on photos."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from celery.signals import worker_init
from django.conf import settings

log = logging.getLogger(__name__)

# Linux shares cores between sessions first and by niceness within them only; this is a session's own niceness.
AUTOGROUP = Path("/proc/self/autogroup")


@worker_init.connect
def step_back(**kwargs: object) -> None:
    """Raises this process's niceness to WORKER_NICE before its children are forked, which inherit it."""
    step = settings.WORKER_NICE - os.nice(0)
    if step <= 0:
        return
    os.nice(step)
    # The session of a terminal belongs to others as well, so only a worker with one of its own touches it.
    if os.getsid(0) == os.getpid() and AUTOGROUP.exists():
        try:
            AUTOGROUP.write_text(str(settings.WORKER_NICE))
        except OSError as error:
            log.info("The session's niceness stays as it is: %s", error.strerror)
