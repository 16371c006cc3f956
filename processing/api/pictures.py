"""Files of a job as answers. They are found through the job's row, never by their own name."""

from __future__ import annotations

from pathlib import PurePath

from django.http.response import HttpResponseBase

from processing import delivery, jobs, renditions, storage
from processing.errors import Refused
from processing.models import Job, Rendition
from processing.pipeline.recipe import Recipe


def picture(job: Job, recipe: Recipe) -> HttpResponseBase:
    """The rendition of this recipe. Refused: not_ready, the job's own failure, not_found, storage_error."""
    if job.status != Job.Status.SUCCEEDED:
        raise jobs.not_ready_error(job)
    found = renditions.find(job, recipe)
    if found is None:
        raise Refused("not_found")
    return file_of(found)


def file_of(rendition: Rendition) -> HttpResponseBase:
    stem = PurePath(rendition.job.name).stem or "photo"
    name = f"{stem}-cutout.{storage.suffix(rendition.media_type)}"
    response = stored_file(rendition.file, rendition.media_type, name)
    headers = {
        "ETag": f'"{rendition.sha256}"',
        "X-Job": str(rendition.job_id),
        "X-Cached": "yes" if rendition.job.cached else "no",
        "X-Width": str(rendition.width),
        "X-Height": str(rendition.height),
    }
    for header, value in headers.items():
        response[header] = value
    return response


def stored_file(file: str, media_type: str, name: str) -> HttpResponseBase:
    """Refused: storage_error."""
    try:
        response = delivery.answer(file, media_type, name)
    except OSError as error:
        raise Refused("storage_error") from error
    response["Vary"] = "Accept, Authorization, X-Api-Key, Cookie"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
