"""The verbs on renditions that are asked for when a job is done: another recipe of the same matte, free of charge.

A rendition is pure, so the only thing to keep true is that it is made, or failed, and not asked for endlessly. The
row is the truth and a message the doorbell, as with jobs.
"""

from __future__ import annotations

import logging
import uuid
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from processing import backgrounds, jobs
from processing.errors import Refused
from processing.models import Job, Rendition
from processing.pipeline.recipe import Recipe

log = logging.getLogger(__name__)
Status = Rendition.Status

MOST = 100  # renditions of one job
FREE = {"lease_token": None, "lease_until": None}


def order(job: Job, recipe: Recipe, revision: int | None = None, told: bool = True) -> Rendition:
    """The rendition of this recipe with a revision of the mask, usually the current one: the kept one, else one that
    a worker will make. A failed one is tried again. With `told` False no worker hears of it until the sweep rings,
    as is right for hundreds at once.

    Refused: not_ready and the job's own failure, matte_gone, background_missing, too_many_renditions,
    unknown_revision.
    """
    if job.status != Job.Status.SUCCEEDED:
        raise jobs.not_ready_error(job)
    number = job.revision if revision is None else revision
    if number and not job.mask_revisions.filter(number=number).exists():
        raise Refused("unknown_revision", number=number)
    asked = {"recipe": recipe.canonical(), "revision": number}
    if job.renditions.count() >= MOST and not job.renditions.filter(**asked).exists():
        raise Refused("too_many_renditions", limit=MOST)
    if job.alpha_id is None:
        raise Refused("matte_gone")
    backgrounds.check(job.owner, recipe)
    with transaction.atomic():
        rendition, created = job.renditions.get_or_create(**asked, defaults={"status": Status.WAITING})
        again = not created and _again(rendition)
        if told and (created or again):
            transaction.on_commit(lambda: ring(rendition.pk))
    if again:
        rendition.refresh_from_db()
    return rendition


def ring(pk: int) -> None:
    """Tells a worker; the sweep rings again when nobody heard."""
    from processing.tasks import render

    try:
        render.apply_async(args=(pk,), retry=False)
    except Exception as error:  # kombu and redis each have their own
        log.warning("Broker not reached for rendition %s: %s", pk, type(error).__name__)
        return
    Rendition.objects.filter(pk=pk).update(rung=Now())


def finish(rendition: Rendition, token: uuid.UUID, made: dict[str, Any]) -> None:
    """RUNNING -> MADE for the holder of the token, with the file's facts; else LeaseLost."""
    if not Rendition.objects.held_by(rendition.pk, token).update(status=Status.MADE, **made, **FREE):
        raise jobs.LeaseLost


def fail(pk: int, token: uuid.UUID, code: str) -> None:
    Rendition.objects.held_by(pk, token).update(status=Status.FAILED, error_code=code, **FREE)


def sweep() -> None:
    """Brings back what was lost, gives up what was tried too often, and rings for what nobody heard of."""
    ran_out = Rendition.objects.lease_ran_out()
    ran_out.filter(attempt__lt=settings.JOB_ATTEMPTS).update(status=Status.WAITING, rung=None, **FREE)
    ran_out.filter(attempt__gte=settings.JOB_ATTEMPTS).update(
        status=Status.FAILED, error_code="worker_crashed", **FREE
    )
    unheard = Q(rung__isnull=True) | Q(rung__lt=Now() - jobs.RING_AGAIN)
    waiting = Rendition.objects.waiting().filter(unheard).order_by("pk")
    for pk in waiting.values_list("pk", flat=True)[: jobs.RING_AT_MOST]:
        ring(pk)


def _again(rendition: Rendition) -> bool:
    failed = Rendition.objects.filter(pk=rendition.pk, status=Status.FAILED)
    return bool(failed.update(status=Status.WAITING, attempt=0, error_code=""))
