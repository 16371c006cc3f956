"""What the mask editor is told of a job's mask."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from editor import trials
from processing import jobs, masks
from processing.errors import Refused
from processing.models import Job


def state(job: Job) -> dict[str, Any]:
    """Head, revisions, draft, and whether a worker still has to make something."""
    mask = masks.open_mask(job)
    job.refresh_from_db(fields=["revision"])
    apart = trials.current(job).decontaminate  # else the result keeps the photo's own colours at its edges
    failed = Refused(mask.error_code) if mask.error_code else None
    return {
        "width": job.source.width,
        "height": job.source.height,
        "head": mask.head,
        "shown": job.revision,
        "pending": mask.pending,
        "workers_alive": not mask.pending or jobs.workers_alive(),
        "error": {"code": failed.code, "detail": str(failed)} if failed else None,
        "draft": mask.draft,
        "draft_version": mask.draft_version,
        "revisions": [
            {
                "number": each.number,
                "base": each.base,
                "created": each.created.isoformat(),
                "url": reverse("editor:mask_levels", args=[job.pk, each.number]) if each.file else None,
                "colours": reverse("editor:mask_colours", args=[job.pk, each.number]) if apart else None,
            }
            for each in masks.revisions(job)
        ],
    }
