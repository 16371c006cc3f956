"""What a worker does. The task owns status, storage and credits; pipeline and registry own the pixels.

Nothing heavy is imported at the top: the web process loads this module to ring the doorbell.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.db import connection

from processing import jobs, log_context, rendition_requests
from processing.errors import Refused
from processing.models import Job, Rendition

log = logging.getLogger(__name__)

# No model looks here, so this is long enough without being renewed; a task is ended by its time limit first.
RENDER_LEASE = timedelta(seconds=settings.JOB_SECONDS + 30)


@shared_task(name="processing.run_job")
def run_job(job_id: str, queue: str = "") -> None:
    """Claims the job whose turn it is in the queue, whichever the message was about, and brings it to an end; does
    nothing when nobody waits. Without a queue, that one job."""
    from processing.work import work

    key, token = _claimed(uuid.UUID(job_id), queue)
    if key is None:
        return
    with log_context.about(job=key), lease_kept_alive(key, token):
        try:
            work(Job.objects.select_related("source", "owner").get(pk=key), token)
            log.info("Job %s done", key)
        except jobs.LeaseLost:
            log.warning("Job %s: the lease was lost, the result is thrown away", key)
        except Refused as refusal:
            if _may_pass(refusal) and jobs.give_back(key, token):
                log.warning("Job %s is given back: %s", key, refusal.code)
            else:
                _fail(key, token, refusal)
        except Exception as error:
            if not Job.objects.held_by(key, token).exists():  # deleted meanwhile, with all that it is made of
                log.warning("Job %s: %s after it was taken away", key, type(error).__name__)
                return
            log.exception("Job %s failed", key)
            _fail(key, token, Refused("internal_error"))


def _claimed(job_id: uuid.UUID, queue: str) -> tuple[uuid.UUID | None, uuid.UUID]:
    token = uuid.uuid4()
    if queue:
        return Job.objects.claim_next(queue, token, settings.JOB_LEASE), token
    won = Job.objects.claim(job_id, token, settings.JOB_LEASE)
    return (job_id if won else None), token


@shared_task(name="processing.render")
def render(pk: int) -> None:
    """Claims a rendition that was asked for after its job and makes it."""
    from processing.rendition_work import make

    token = uuid.uuid4()
    if not Rendition.objects.claim(pk, token, RENDER_LEASE):
        return
    row = Rendition.objects.select_related("job__source", "job__alpha").filter(pk=pk).first()
    if row is None:  # deleted meanwhile, with its job
        return
    with log_context.about(job=row.job_id):
        try:
            make(row, token)
            log.info("Rendition %s done", pk)
        except jobs.LeaseLost:
            log.warning("Rendition %s: somebody else has it, or it is gone", pk)
        except Refused as refusal:
            log.info("Rendition %s failed: %s", pk, refusal.code)
            rendition_requests.fail(pk, token, refusal.code)
        except Exception:
            log.exception("Rendition %s failed", pk)
            rendition_requests.fail(pk, token, "internal_error")


@shared_task(name="processing.mask")
def mask(job_id: str) -> None:
    """Makes the mask that people edited, and the pictures of it."""
    from processing.mask_work import catch_up

    with log_context.about(job=job_id):
        catch_up(uuid.UUID(job_id))


@shared_task(name="processing.smart_stroke")
def smart_stroke(key: str) -> None:
    """Answers what a smart stroke covers, for an editor that waits."""
    from processing.mask_work import answer_smart

    answer_smart(key)


@shared_task(name="processing.pick")
def pick(key: str) -> None:
    """Answers what object was pointed at, for an editor that waits."""
    from processing.picking_work import answer

    answer(key)


@shared_task(name="processing.picture")
def picture(key: str) -> None:
    """Changes a cutout that came with a request which waits."""
    from processing.picture_work import answer

    answer(key)


def _may_pass(refusal: Refused) -> bool:
    """A store that is away may be back in a while; a file that is lost is not."""
    return refusal.code == "storage_error" and refusal.facts.get("cause") != "FileNotFoundError"


def _fail(job_id: uuid.UUID, token: uuid.UUID, refusal: Refused) -> None:
    try:
        jobs.fail(job_id, token, refusal.code, refusal.facts)
    except jobs.LeaseLost:
        log.warning("Job %s: failed with %s after its lease was lost", job_id, refusal.code)
    else:
        log.info("Job %s failed: %s", job_id, refusal.code)


@contextmanager
def lease_kept_alive(job_id: uuid.UUID, token: uuid.UUID) -> Iterator[None]:
    """Renews the lease from a thread, four times in its length, until the work is over or the lease is lost."""
    over = threading.Event()

    def renew() -> None:
        while not over.wait(settings.JOB_LEASE.total_seconds() / 4):
            try:
                if not Job.objects.renew(job_id, token, settings.JOB_LEASE):
                    return
            except (
                Exception
            ) as error:  # the database is away for a moment: the lease has time for another try
                words = "Lease of job %s not renewed: %s"
                log.warning(words, job_id, type(error).__name__, extra={"job": job_id})
            finally:
                connection.close()

    thread = threading.Thread(target=renew, name=f"lease-{job_id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
