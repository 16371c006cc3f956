"""What a job's page says while the job goes its way."""

from __future__ import annotations

from typing import Any

from editor import result
from processing import estimates, jobs, messages
from processing.errors import Refused
from processing.models import Job, Source

Status = Job.Status
STEPS = ["Waiting", *Job.Stage.labels]


def context(job: Job) -> dict[str, Any]:
    """Everything the page and its card need, with no more queries than its state asks for."""
    facts: dict[str, Any] = {
        "job": job,
        "source": job.source,
        "is_final": job.is_final,
        "photo_shown": is_shown(job.source),
    }
    match job.status:
        case Status.QUEUED:
            position = jobs.position(job)
            facts |= {"position": position, "workers_alive": jobs.workers_alive(), "step": 0}
            facts["seconds_left"] = _rounded(estimates.seconds_left(job, position))
        case Status.RUNNING:
            left = _rounded(estimates.seconds_left(job))
            facts |= {"step": _step(job), "workers_alive": True, "seconds_left": left}
        case Status.SUCCEEDED:
            facts |= result.context(job)
        case Status.FAILED:
            facts |= {"refusal": Refused(job.error_code, **job.error_facts), "retryable": _retryable(job)}
    return facts | {"steps": STEPS, "step_count": len(STEPS)}


def is_shown(source: Source) -> bool:
    """Whether a browser can be shown the photo: by its preview, or as it came while there is none."""
    return bool(source.preview) or source.is_for_browsers


def _rounded(seconds: float | None) -> int | None:
    """Whole seconds; from a minute on, whole tens, as nobody knows better."""
    if seconds is None:
        return None
    return max(1, round(seconds)) if seconds < 60 else 10 * round(seconds / 10)


def _step(job: Job) -> int:
    return Job.Stage.values.index(job.stage) + 1 if job.stage else 1


def _retryable(job: Job) -> bool:
    """Whether trying the same again can help."""
    return messages.message(job.error_code).retryable
