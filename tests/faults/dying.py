"""The product's settings, for workers that kill themselves at a moment which the photo's name says, once for each.

`reading.png` kills when that stage begins, `finishing.png` when all files are written and nothing is committed yet,
`finished.png` when it is committed and the broker was not told.
"""

from __future__ import annotations

import os
import signal
import uuid
from pathlib import Path
from typing import Any

from celery.signals import worker_process_init

from bgsite.settings import *  # noqa: F403

POINTS = ("reading", "looking", "refining", "saving", "finishing", "finished")
MARKS = Path(os.environ["DIE_MARKS"])  # a file for each that has happened


def die(name: str, point: str) -> None:
    mark = MARKS / point
    if name == f"{point}.png" and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)


@worker_process_init.connect
def arm(**kwargs: object) -> None:
    from processing import jobs
    from processing.models import Job

    note_stage, finish = jobs.note_stage, jobs.finish

    def deadly_stage(job_id: uuid.UUID, token: uuid.UUID, stage: str) -> None:
        note_stage(job_id, token, stage)
        die(Job.objects.get(pk=job_id).name, stage)

    def deadly_finish(job: Job, *rest: Any) -> None:
        die(job.name, "finishing")
        finish(job, *rest)
        die(job.name, "finished")

    jobs.note_stage, jobs.finish = deadly_stage, deadly_finish  # type: ignore[assignment]
