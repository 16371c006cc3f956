"""Tells other programs what became of a job: the data of its events, for webhooks.outbox.

Called inside the transaction in which it happens, so that an event is neither lost nor told of what was rolled back.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import cache
from typing import Any

from django.conf import settings
from django.dispatch import receiver
from django.urls import reverse

from accounts.models import CREDIT
from processing import links, messages, renditions
from processing.errors import Refused
from processing.models import Batch, Job, Rendition
from processing.pipeline.recipe import Recipe
from processing.signals import batch_finished
from webhooks import outbox

# Where Bria has another status than the catalogue, by our code and by our status.
BRIA_STATUS = {"insufficient_credits": 403, "unsupported_format": 415, "missing_key": 401, "invalid_key": 401}
BRIA_STATUSES = {402: 403, 406: 400, 409: 422, 410: 404, 411: 400, 507: 500}
STATUS = {Job.Status.SUCCEEDED: "COMPLETED", Job.Status.FAILED: "ERROR", Job.Status.CANCELLED: "ERROR"}


def job_ended(job_id: uuid.UUID, owner_id: int, succeeded: bool) -> None:
    """job.succeeded or job.failed to the owner's endpoints, and to the address that came with the job."""
    job = cache(lambda: Job.objects.select_related("source").get(pk=job_id))  # read only if somebody is told
    event = "job.succeeded" if succeeded else "job.failed"
    outbox.announce(owner_id, event, lambda: job_data(job()), job_id)
    hook = outbox.hook_of(job_id)
    if hook:
        outbox.answer_hook(hook, owner_id, event, bria_status(job(), _link))


def job_data(job: Job) -> dict[str, Any]:
    """A job as events tell it: links and figures, no pictures."""
    found = renditions.find(job, Recipe.from_canonical(job.recipe))
    return {
        "id": str(job.pk),
        "status": job.status,
        "name": job.name,
        "model": job.made_by.get("model", job.model),
        "credits": job.cost / CREDIT if job.status == Job.Status.SUCCEEDED else 0,
        "created": job.created,
        "finished": job.finished,
        "expires": job.expires,
        "confidence": job.made_by.get("confidence"),
        "url": _absolute(reverse("api:job", args=[job.pk])),
        "result": _result(job, found) if found else None,
        "error": _error(job),
    }


@receiver(batch_finished)
def batch_ended(batch: Batch, **kwargs: object) -> None:
    """batch.finished, in the transaction that ends the batch; once for each of its rounds."""
    outbox.announce(batch.owner_id, "batch.finished", lambda: batch_data(batch))


def batch_data(batch: Batch) -> dict[str, Any]:
    return {
        "id": str(batch.pk),
        "status": batch.status,
        "name": batch.name,
        "round": batch.rounds,
        "created": batch.created,
        "finished": batch.finished,
        "items": batch.items.counts(),
    }


def bria_status(job: Job, address_of: Callable[[Job], str]) -> dict[str, Any]:
    """A job in the words of Bria's format; its webhooks say what its status says."""
    body: dict[str, Any] = {"request_id": str(job.pk), "status": STATUS.get(job.status, "IN_PROGRESS")}  # type: ignore[call-overload]
    if job.status == Job.Status.SUCCEEDED:
        return body | {"result": {"image_url": address_of(job)}}
    if job.is_final:
        refusal = Refused(job.error_code or "not_found", **job.error_facts)
        return body | {"error": bria_error(refusal)}
    return body


def bria_error(refusal: Refused) -> dict[str, Any]:
    """`code` is the HTTP status that Bria has for it."""
    status = BRIA_STATUS.get(refusal.code, BRIA_STATUSES.get(refusal.status, refusal.status))
    return {"code": status, "message": refusal.title, "details": str(refusal)}


def _result(job: Job, made: Rendition) -> dict[str, Any]:
    return {
        "url": _absolute(reverse("api:rendition-file", args=[job.pk, made.pk])),
        "media_type": made.media_type,
        "size": made.size,
        "width": made.width,
        "height": made.height,
        "sha256": made.sha256,
    }


def _error(job: Job) -> dict[str, Any] | None:
    if not job.error_code:
        return None
    words = messages.message(job.error_code)
    detail = messages.sentence(job.error_code, job.error_facts)
    return {"code": job.error_code, "title": words.title, "detail": detail, "retryable": words.retryable}


def _link(job: Job) -> str:
    return _absolute(reverse("compat:download", args=[links.name_of(job)]))


def _absolute(path: str) -> str:
    return f"{settings.SITE_URL}{path}"
