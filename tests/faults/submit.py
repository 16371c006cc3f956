"""Accepts one photo as the web process does, in a process with a broker of its own: prints job id, and the seconds
for which it rang for a worker.

python -m tests.faults.submit EMAIL [stored|committed]: with a word, it kills itself when the photo is stored and
nothing is committed, or when it is committed and no worker was told.
"""

import os
import signal
import sys
import time
from typing import Any

import django


def main(email: str, die_at: str = "") -> None:
    django.setup()
    from accounts.models import User
    from processing import jobs
    from processing.pipeline.recipe import Recipe
    from tests import fakes

    if die_at == "stored":
        jobs.known = die  # type: ignore[assignment]
    elif die_at == "committed":
        jobs.ring = die  # type: ignore[assignment]
    ring, rang = jobs.ring, [0.0]

    def timed(*args: Any, **kwargs: Any) -> None:
        began = time.monotonic()
        try:
            ring(*args, **kwargs)
        finally:
            rang[0] += time.monotonic() - began

    jobs.ring = timed  # type: ignore[assignment]
    user = User.objects.get(email=email)
    job = jobs.submit(user, jobs.Upload("photo.png", fakes.photo()), Recipe())
    print(job.pk, rang[0])


def die(*whatever: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(*sys.argv[1:])
