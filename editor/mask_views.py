"""The mask editor's page and the JSON it speaks. Every address goes through the job's owner."""

from __future__ import annotations

import uuid
from contextlib import suppress

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.plans import Rate
from editor import files, responses
from editor.decorators import own
from editor.mask_input import Edit, brush, number, prompts, read
from editor.mask_state import state
from editor.owned import job_or_404
from editor.views import private
from processing import jobs, masks, picking, previews
from processing.errors import Refused
from processing.models import BatchItem, Job

SAVES = Rate(
    30, 10
)  # in seconds; drafts are kept every second or two, and a smart stroke asks until it is answered
QUESTIONS = Rate(120, 10)


@require_safe
@private
def edit(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """The editor; for a photo without a result, why there is nothing to edit."""
    job = job_or_404(request, job_id)
    try:
        masks.open_mask(job)
    except Refused as refusal:
        return responses.refused(request, refusal)
    facts = {"job": job, "source": job.source, "can_pick": bool(picking.model())}
    return render(request, "editor/mask.html", {**facts, **_back(request, job)})


def _back(request: HttpRequest, job: Job) -> dict[str, str]:
    """Where somebody came from: the review of a batch that this photo is in (`?review=`), else its own page."""
    asked = BatchItem.objects.filter(job=job, batch__owner=job.owner)
    with suppress(ValueError):
        item = asked.filter(batch=uuid.UUID(request.GET.get("review", ""))).first()
        if item is not None:
            address = reverse("editor:review", args=[item.batch_id])
            return {"back": f"{address}?item={item.position}", "back_words": "Back to the review"}
    return {"back": job.get_absolute_url(), "back_words": "Back to the result"}


@require_safe
@private
@own()
def show(request: HttpRequest, job: Job) -> HttpResponse:
    return JsonResponse(state(job))


@require_safe
@private
def levels(request: HttpRequest, job_id: uuid.UUID, revision: int) -> HttpResponseBase:
    """The 16-bit alpha of a revision."""
    job = job_or_404(request, job_id)
    kept = job.mask_revisions.filter(number=revision).first()
    if kept is None:
        return responses.refusal_json(Refused("unknown_revision", number=revision))
    if not kept.file:
        return responses.refusal_json(Refused("not_ready"))
    return _file(kept.file, "image/png")


@require_safe
@own(QUESTIONS)
def colours(request: HttpRequest, job: Job, revision: int) -> HttpResponse:
    """What the colours of foreground and background are at the edges of a revision."""
    response = HttpResponse(previews.colours(job, revision), content_type="image/jpeg")
    response["Cache-Control"] = "private, max-age=3600"
    response["Vary"] = "Cookie"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_safe
@own()
def photo(request: HttpRequest, job: Job) -> HttpResponseBase:
    """The whole photo, upright, as browsers show it."""
    kept = job.renditions.made().filter(recipe=masks.PHOTO.canonical()).first()
    if kept is None:
        raise Refused("not_ready")
    return _file(kept.file, kept.media_type)


@require_http_methods(["PUT"])
@own(SAVES)
def draft(request: HttpRequest, job: Job) -> HttpResponse:
    edit = Edit.parse(read(request), job)
    version = masks.keep_draft(job, edit.draft_version, edit.base, edit.strokes)
    return JsonResponse({"draft_version": version})


@require_POST
@own(SAVES)
def save(request: HttpRequest, job: Job) -> HttpResponse:
    edit = Edit.parse(read(request), job)
    if not edit.strokes:
        raise Refused("invalid_stroke", number=0, field="list", expected="at least one stroke")
    revision = masks.save(job, edit.base, edit.head, edit.strokes)
    return JsonResponse({"revision": revision.number, **state(job)}, status=201)


@require_POST
@own(SAVES)
def choose(request: HttpRequest, job: Job) -> HttpResponse:
    body = read(request)
    masks.choose(job, number(body, "revision"), number(body, "head"))
    return JsonResponse(state(job))


@require_POST
@own(SAVES)
def again(request: HttpRequest, job: Job) -> HttpResponse:
    masks.try_again(job)
    return JsonResponse(state(job))


@require_POST
@own(QUESTIONS)
def smart(request: HttpRequest, job: Job) -> HttpResponse:
    """What a smart stroke covers: 200 with an 8-bit PNG of the box in the header, or 202 while a worker looks."""
    if job.status != Job.Status.SUCCEEDED:
        raise jobs.not_ready_error(job)
    answer = masks.smart_answer(job, brush(read(request), job))
    if answer is None:
        return JsonResponse({"workers_alive": jobs.workers_alive()}, status=202)
    response = HttpResponse(answer["png"], content_type="image/png" if answer["png"] else "text/plain")
    response["X-Box"] = ",".join(map(str, answer["box"]))
    return response


@require_POST
@own(QUESTIONS)
def pick(request: HttpRequest, job: Job) -> HttpResponse:
    """The rings around what was pointed at: 200, or 202 while a worker looks."""
    if job.status != Job.Status.SUCCEEDED:
        raise jobs.not_ready_error(job)
    if not picking.model():
        raise Refused("weights_missing", model="sam")
    answer = picking.answer(job, prompts(read(request), job))
    if answer is None:
        return JsonResponse({"workers_alive": jobs.workers_alive()}, status=202)
    return JsonResponse(answer)


def _file(name: str, media_type: str) -> HttpResponseBase:
    try:
        return files.serve(name, media_type)
    except OSError:
        return responses.refusal_json(Refused("storage_error"))
