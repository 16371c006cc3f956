"""An operator's access to a user's job: open for a while after a reason was given, for that job and session alone."""

from __future__ import annotations

import time
from typing import Any

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest

from processing.models import Job

SECONDS = 1800
KEY = "looking"
SHOWN = {
    "image/jpeg",
    "image/png",
    "image/webp",
}  # what a browser shows as it is; all else would be downloaded


def begin(request: HttpRequest, job: Job) -> None:
    now = time.time()
    still = {key: until for key, until in request.session.get(KEY, {}).items() if until > now}
    request.session[KEY] = still | {str(job.pk): now + SECONDS}


def is_open(request: HttpRequest, job_id: object) -> bool:
    return float(request.session.get(KEY, {}).get(str(job_id), 0)) > time.time()


def facts(job: Job) -> dict[str, Any]:
    """What its owner called it, asked for and got."""
    return {
        "name": job.name,
        "recipe": job.recipe or "every default",
        "made_by": job.made_by,
        "error_facts": job.error_facts,
        "pictures": [which for which in ("photo", "result") if _file(job, which)],
    }


def picture(job: Job, which: str) -> FileResponse:
    found = _file(job, which)
    if found is None or not default_storage.exists(found[0]):
        raise Http404
    answer = FileResponse(default_storage.open(found[0]), content_type=found[1])
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _file(job: Job, which: str) -> tuple[str, str] | None:
    """(name in the storage, type) of what can be shown."""
    if which == "photo":
        return (
            (job.source.preview, job.source.preview_type)
            if job.source.preview
            else _shown(job.source.file, job.source.media_type)
        )
    if which == "result":
        made = job.renditions.made().filter(recipe=job.recipe).order_by("-revision").first()
        return _shown(made.file, made.media_type) if made else None
    return None


def _shown(file: str, media_type: str) -> tuple[str, str] | None:
    return (file, media_type) if file and media_type in SHOWN else None
