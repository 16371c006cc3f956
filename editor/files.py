"""Pictures of jobs, for their owner alone. Nothing is found by a file's name: the job is looked up first."""

from __future__ import annotations

import unicodedata
import uuid
from pathlib import PurePath
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from editor import progress, responses
from editor.owned import job_or_404
from processing import delivery, jobs, renditions, storage
from processing.errors import Refused
from processing.models import Job, Rendition
from processing.pipeline.recipe import Recipe

# What a browser can show by itself; others are shown by their preview.
SHOWN = {"image/png", "image/jpeg", "image/webp", "image/avif"}


@require_safe
def download(request: HttpRequest, job_id: uuid.UUID) -> HttpResponseBase:
    """The result as a file to keep."""
    job = job_or_404(request, job_id)
    try:
        name, media_type = _rendition(job, "result")
        return serve(name, media_type, save_as=file_name(job, media_type))
    except Refused as refusal:
        return responses.refused(request, refusal)
    except OSError:
        return responses.refused(request, Refused("storage_error"))


@require_safe
def picture(request: HttpRequest, job_id: uuid.UUID, kind: str) -> HttpResponseBase:
    """One of the pictures a page shows: source-preview, preview, thumbnail, result."""
    job = job_or_404(request, job_id)
    try:
        if kind == "preview" and not _has_preview(job):
            return redirect(_made_now(job))
        name, media_type = _preview(job) if kind == "source-preview" else _rendition(job, kind)
        return serve(name, media_type)
    except Refused as refusal:
        return responses.refused(request, refusal)
    except OSError:
        return responses.refused(request, Refused("storage_error"))


def of_rendition(rendition: Rendition, save_as: str = "") -> HttpResponseBase:
    """Refused: not_ready, and why it could not be made; storage_error."""
    if rendition.status != Rendition.Status.MADE:
        raise Refused(rendition.error_code or "not_ready")
    try:
        return serve(rendition.file, rendition.media_type, save_as)
    except OSError:
        raise Refused("storage_error") from None


def file_name(job: Job, media_type: str) -> str:
    """<stem>-cutout.<suffix>, in the characters of the upload's own name."""
    stem = PurePath(unicodedata.normalize("NFC", job.name)).stem or "photo"
    return f"{stem}-cutout.{storage.suffix(media_type)}"


def _has_preview(job: Job) -> bool:
    recipe = renditions.preview_recipe(Recipe.from_canonical(job.recipe))
    return job.status != Job.Status.SUCCEEDED or renditions.find(job, recipe) is not None


def _made_now(job: Job) -> str:
    """Where the preview of a program's job is made, as nobody made it before."""
    query = urlencode({"recipe": job.recipe, "r": job.revision})
    return reverse("editor:preview", args=[job.pk]) + "?" + query


def _preview(job: Job) -> tuple[str, str]:
    source = job.source
    if source.preview:
        return source.preview, source.preview_type
    if progress.is_shown(source):
        return source.file, source.media_type
    raise jobs.not_ready_error(job)


def _rendition(job: Job, kind: str) -> tuple[str, str]:
    if job.status != Job.Status.SUCCEEDED:
        raise jobs.not_ready_error(job)
    recipe = Recipe.from_canonical(job.recipe)
    match kind:
        case "preview":
            recipe = renditions.preview_recipe(recipe)
        case "thumbnail":
            recipe = renditions.thumbnail_recipe(recipe)
        case "result":
            pass
        case _:
            raise Http404
    found = renditions.find(job, recipe)
    if found is None:
        raise Refused("not_found")
    return found.file, found.media_type


def serve(name: str, media_type: str, save_as: str = "") -> HttpResponseBase:
    """A file of one user, for that user's browser alone."""
    response = delivery.answer(name, media_type, save_as, to_keep=bool(save_as))
    response["Cache-Control"] = "private, max-age=3600"
    response["Vary"] = "Cookie"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
