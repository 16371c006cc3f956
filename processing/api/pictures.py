"""Files of a job as answers. They are found through the job's row, never by their own name."""

from __future__ import annotations

from pathlib import PurePath

from django.http import FileResponse

from processing import jobs, renditions, storage
from processing.errors import Refused
from processing.models import Job, Rendition
from processing.pipeline.recipe import Recipe


def picture(job: Job, recipe: Recipe) -> FileResponse:
    """The rendition of this recipe. Refused: not_ready, the job's own failure, not_found, storage_error."""
    if job.status != Job.Status.SUCCEEDED:
        raise jobs.not_ready_error(job)
    found = renditions.find(job, recipe)
    if found is None:
        raise Refused("not_found")
    return file_of(found)


def file_of(rendition: Rendition) -> FileResponse:
    try:
        file = storage.open_file(rendition.file)
    except OSError as error:
        raise Refused("storage_error") from error
    stem = PurePath(rendition.job.name).stem or "photo"
    response = FileResponse(
        file,
        content_type=rendition.media_type,
        filename=f"{stem}-cutout.{storage.suffix(rendition.media_type)}",
    )
    headers = {
        "ETag": f'"{rendition.sha256}"',
        "X-Job": str(rendition.job_id),
        "X-Width": str(rendition.width),
        "X-Height": str(rendition.height),
        "Vary": "Accept, Authorization, X-Api-Key, Cookie",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    for name, value in headers.items():
        response[name] = value
    return response
