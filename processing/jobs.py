"""The verbs on jobs, shared by pages, API, tasks and commands. Nothing else changes a job's status.

A job is accepted in one transaction (credits held, source known, row written) and a worker is told of it on
commit; everything after that can be lost and found again by `sweep`. This module does not look at pixels beyond
the check at the door, and does not know HTTP.
"""

from __future__ import annotations

import hashlib
import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any, Protocol, TypeVar

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from accounts import quotas, retention
from accounts.models import CREDIT, ApiKey, User
from processing import (
    announce,
    backgrounds,
    batch_turns,
    intake,
    log_context,
    queues,
    reuse,
    selection,
    storage,
    switches,
    tally,
)
from processing.decoder_pool import verify
from processing.errors import LeaseLost as LeaseLost
from processing.errors import Refused, refusing
from processing.models import Batch, Job, JobQuerySet, Rendition, Source, Worker
from processing.pipeline.errors import PipelineError
from processing.pipeline.probe import Probe
from processing.pipeline.recipe import Recipe

log = logging.getLogger(__name__)
Status = Job.Status

PRICE = CREDIT  # one photo, one credit
RING_AGAIN = timedelta(seconds=6 * settings.SWEEP_SECONDS)
# Until a job that was given back is tried again, after its first attempt and after its second.
PAUSES = (timedelta(seconds=2 * settings.SWEEP_SECONDS), timedelta(seconds=12 * settings.SWEEP_SECONDS))
RING_AT_MOST = 20  # a longer queue needs no more doorbells than its head
WORKER_SILENCE = timedelta(seconds=30)
WAITING_AGAIN: dict[str, Any] = {
    "status": Status.QUEUED,
    "stage": "",
    "lease_token": None,
    "lease_until": None,
    "rung": None,
}


@dataclass(frozen=True, slots=True)
class Upload:
    """What a person sent: a name to show (any characters) and the bytes."""

    name: str
    data: bytes


def nothing(job: Job) -> None:
    """What else is true of a job when it is accepted, unless its terms say more."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a job is accepted for: its price in hundredths of a credit, and its id where that was chosen before
    (so that a request which is repeated cannot make two). `accepted` runs in the transaction that accepts it."""

    price: int = PRICE
    job_id: uuid.UUID | None = None
    batch: Batch | None = None
    accepted: Callable[[Job], None] = nothing
    key: ApiKey | None = None  # that it is asked for with
    folder_id: int | None = None  # one of the owner's


USUAL = Terms()


class Holds(Protocol):
    """A row that holds a photo."""

    source: Any


Row = TypeVar("Row", bound=Holds)


# --- Accepting -------------------------------------------------------------------------------------------


def submit(owner: User, upload: Upload, recipe: Recipe, model: str = "", terms: Terms = USUAL) -> Job:
    """Accepts a photo or refuses it (Refused) and leaves nothing behind."""
    model = model or switches.usual(terms.batch.pk if terms.batch else _content(upload))
    check(owner, recipe, model)
    return with_photo(
        owner, upload, lambda photo: _accept(photo, display_name(upload.name), model, recipe, terms)
    )


def _content(upload: Upload) -> uuid.UUID:
    """The same photo gets the same model, so that a trial of another one does not make it pay twice."""
    return uuid.UUID(bytes=hashlib.blake2b(upload.data[:65536], digest_size=16).digest())


def check(owner: User, recipe: Recipe, model: str = "") -> None:
    """Refused unless a photo of this owner may be taken under this recipe and model at all."""
    intake.check()
    selection.check(model or switches.default_model(), owner, recipe.prompt)
    backgrounds.check(owner, recipe)


def with_photo(owner: User, upload: Upload, use: Callable[[Source], Row]) -> Row:
    """Checks and stores a photo and gives its row, not saved yet when it is new, to `use`, which makes a row that
    holds it. When that fails nothing is left. Refused: what is wrong with the photo, storage_error."""
    with refusing(PipelineError):
        probe = verify(upload.data, settings.IMAGE_LIMITS)
    sha256 = hashlib.sha256(upload.data).hexdigest()
    photo = Source.objects.filter(owner=owner, sha256=sha256).first()
    if photo is None:
        file = storage.save(storage.source_name(owner.pk, sha256, probe.media_type), upload.data)
        photo = Source(owner=owner, sha256=sha256, file=file, size=len(upload.data), **_facts(probe))
    try:
        made = use(photo)
    except Source.DoesNotExist:  # it was known, and went with its last job just now: as if it were new
        return with_photo(owner, upload, use)
    except storage.NOT_WRITTEN:  # after any other error a row may name it: see storage.until_named
        _drop_if_unused(photo.file)
        raise
    if made.source.file != photo.file:  # the same photo arrived twice at once, and the other one won
        storage.discard([photo.file])
    return made


def retry(job: Job, terms: Terms = USUAL) -> Job:
    """A new job for the photo of a failed or cancelled one."""
    if job.status not in {Status.FAILED, Status.CANCELLED}:
        raise Refused("not_retryable")
    terms = replace(terms, folder_id=job.folder_id)
    return again(job.source, job.name, job.model, Recipe.from_canonical(job.recipe), terms)


def again(photo: Source, name: str, model: str, recipe: Recipe, terms: Terms = USUAL) -> Job:
    """A new job for a photo that is kept here."""
    intake.check()
    selection.check(model, photo.owner, recipe.prompt)
    try:
        return _accept(photo, name, model, recipe, terms)
    except Source.DoesNotExist:
        raise Refused("not_found") from None


def _accept(photo: Source, name: str, model: str, recipe: Recipe, terms: Terms) -> Job:
    """A job for the photo: waiting for a worker, or done already by a kept result."""
    known_before = not photo._state.adding
    kept = reuse.find(photo, model, recipe.canonical(), terms.price) if known_before else None
    try:
        return _accept_with(kept, photo, name, model, recipe, terms)
    except reuse.Gone:
        return _accept_with(None, photo, name, model, recipe, terms)


def _accept_with(kept: Job | None, photo: Source, name: str, model: str, recipe: Recipe, terms: Terms) -> Job:
    with refusing(quotas.OutOfCredits), transaction.atomic():
        job_id = terms.job_id or uuid.uuid4()
        held = quotas.reserve(photo.owner, 0 if kept else terms.price, str(job_id))
        queue = queues.queue_of(model, photo.width * photo.height)
        job = Job.objects.create(
            id=job_id,
            owner=photo.owner,
            source=known(photo),
            name=name,
            model=model,
            recipe=recipe.canonical(),
            cost=held,
            batch=terms.batch,
            api_key=terms.key,
            folder_id=terms.folder_id,
            queue=queue,
            turn=queues.turn_for(photo.owner, queue, in_batch=terms.batch is not None),
        )
        terms.accepted(job)
        if kept:
            _answer_from(Job.objects.queued().filter(pk=job.pk), job, kept)
            job.refresh_from_db()
            transaction.on_commit(lambda: _noted(job, "answered by an earlier result"))
        else:
            transaction.on_commit(lambda: _told(job))
    return job


def _noted(job: Job, words: str) -> None:
    """From here on the request is about this job, unless it brings many."""
    if job.batch_id is None:
        log_context.note(job=job.pk)
    _log(job.pk, words)


def _log(job_id: uuid.UUID, words: str, *facts: object) -> None:
    log.info(f"Job %s {words}", job_id, *facts, extra={"job": job_id})


def _told(job: Job) -> None:
    """One photo rings for itself; those of a batch have their turns."""
    _noted(job, "accepted")
    if job.batch_id is None:
        ring(job.pk, job.queue)
    else:
        batch_turns.ring_ahead(job.batch_id)


def known(photo: Source) -> Source:
    """The photo's row, made when it is new, and locked: `delete` must not take it for one without a job.

    Source.DoesNotExist when it was known and is gone.
    """
    rows = Source.objects.select_for_update()
    if not photo._state.adding:
        return rows.get(pk=photo.pk)
    facts = {key: getattr(photo, key) for key in ("file", "media_type", "size", "width", "height")}
    return rows.get_or_create(owner=photo.owner, sha256=photo.sha256, defaults=facts)[0]


def _facts(probe: Probe) -> dict[str, Any]:
    return {"media_type": probe.media_type, "width": probe.width, "height": probe.height}


def _drop_if_unused(file: str) -> None:
    if not Source.objects.filter(file=file).exists():
        storage.discard([file])


def display_name(name: str) -> str:
    """The last part of the name, without characters that do not print, at most 255 of them."""
    last = PureWindowsPath(PurePosixPath(name.replace("\0", "")).name).name
    printable = "".join(char for char in last if char.isprintable()).strip()
    return (printable or "photo")[-255:]


def ring(job_id: uuid.UUID, queue: str = "") -> None:
    """Tells a worker of the job's queue, which takes whose turn it is. It may fail: the sweep rings again, so a
    dead broker delays and loses nothing."""
    from processing.tasks import run_job

    queue = queue or Job.objects.filter(pk=job_id).values_list("queue", flat=True).first() or ""
    if not queue:  # deleted meanwhile
        return
    try:
        run_job.apply_async(args=(str(job_id), queue), queue=queue, retry=False)
    except Exception as error:  # kombu and redis each have their own; none may reach the user
        log.warning("Broker not reached for job %s: %s", job_id, type(error).__name__, extra={"job": job_id})
        return
    Job.objects.filter(pk=job_id).update(rung=Now())


# --- Ending ----------------------------------------------------------------------------------------------


def finish(job: Job, token: uuid.UUID, renditions: list[Rendition], made_by: dict[str, Any]) -> None:
    """RUNNING -> SUCCEEDED for the holder of the token, with its files and its charge; else LeaseLost."""
    with transaction.atomic():
        _succeed(Job.objects.held_by(job.pk, token), job, alpha=job.alpha, made_by=made_by, worth=job.cost,
                 confidence=made_by.get("confidence"))  # fmt: skip
        Rendition.objects.bulk_create(renditions)
        if reuse.paid_by_twin(job):
            _give_back(job)
        else:
            quotas.settle(str(job.pk))
        announce.job_ended(job.pk, job.owner_id, succeeded=True)
        tally.note(job, "", made_by)
        _ended(job.batch_id)


def finish_from(kept: Job, job: Job, token: uuid.UUID) -> None:
    """The same by a result that was paid for since the job was accepted. LeaseLost, reuse.Gone."""
    with transaction.atomic():
        _answer_from(Job.objects.held_by(job.pk, token), job, kept)


def _answer_from(jobs: JobQuerySet, job: Job, kept: Job) -> None:
    """-> SUCCEEDED with the pictures of a kept result, and without a charge. Locks in the order of `delete`."""
    _succeed(jobs, job, alpha=kept.alpha_id, made_by=kept.made_by, worth=kept.worth,
             confidence=kept.made_by.get("confidence"))  # fmt: skip
    _give_back(job)
    Source.objects.select_for_update().get(pk=job.source_id)
    Rendition.objects.bulk_create(reuse.share(job, kept))
    announce.job_ended(job.pk, job.owner_id, succeeded=True)
    tally.note_cached(job, kept.made_by)
    _ended(job.batch_id)


def _succeed(jobs: JobQuerySet, job: Job, **facts: Any) -> None:
    won = jobs.update(
        status=Status.SUCCEEDED,
        stage="",
        finished=Now(),
        expires=Now() + retention.kept(job.owner),
        lease_token=None,
        lease_until=None,
        **facts,
    )
    if not won:
        raise LeaseLost


def _give_back(job: Job) -> None:
    """What was held for a result that was paid for before."""
    quotas.refund(str(job.pk), "Answered from an earlier result")
    job.cost, job.cached = 0, True
    Job.objects.filter(pk=job.pk).update(cost=0, cached=True)


def fail(job_id: uuid.UUID, token: uuid.UUID, code: str, facts: dict[str, Any] | None = None) -> None:
    """RUNNING -> FAILED for the holder of the token, and the credits go back; else LeaseLost."""
    if not _fail(Job.objects.held_by(job_id, token), job_id, code, facts or {}):
        raise LeaseLost


def give_back(job_id: uuid.UUID, token: uuid.UUID) -> bool:
    """Lets go of a job that something around it hindered: the sweep puts it back into the queue in a while, and in a
    longer one the second time. False when that was its last attempt, or it is no longer ours."""
    mine = Job.objects.held_by(job_id, token).filter(attempt__lt=settings.JOB_ATTEMPTS)
    given = [
        mine.filter(attempt=attempt).update(lease_until=Now() + pause, lease_token=None, stage="")
        for attempt, pause in enumerate(PAUSES, start=1)
    ]
    return any(given)


def cancel(job: Job) -> None:
    """QUEUED -> CANCELLED, and the credits go back. Refused once the work has begun."""
    with transaction.atomic():
        won = (
            Job.objects.queued()
            .filter(pk=job.pk)
            .update(status=Status.CANCELLED, finished=Now(), expires=Now() + retention.kept(job.owner))
        )
        if not won:
            raise Refused("not_cancellable")
        quotas.refund(str(job.pk), "Cancelled")
        _ended(job.batch_id)
        transaction.on_commit(lambda: _log(job.pk, "cancelled"))


def requeue(job: Job) -> None:
    """To the head of its queue. One that runs is taken from its worker, which throws away what it made; the attempt
    counts. Refused: not_requeueable."""
    unfinished = Job.objects.unfinished().filter(pk=job.pk, held=False)
    if not unfinished.update(**WAITING_AGAIN, turn=queues.head(job.queue)):
        raise Refused("not_requeueable")
    transaction.on_commit(lambda: ring(job.pk))


def delete(job: Job) -> None:
    """Removes the job with its files; the photo too, when no other job needs it. A running worker then loses
    its lease and throws its result away."""
    pk = job.pk  # which a deleted row forgets
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=pk)
        if not job.is_final:
            quotas.refund(str(job.pk), "Deleted")
        files = [
            *job.renditions.values_list("file", flat=True),
            *job.mask_revisions.values_list("file", flat=True),
            *job.mask_revisions.values_list("given", flat=True),
        ]
        source = Source.objects.select_for_update().get(pk=job.source_id)
        job.delete()
        _ended(job.batch_id)
        shared = reuse.still_named(source.pk, files)
        files = [file for file in files if file not in shared]
        if not source.is_needed:
            files += [source.file, source.preview, *source.alphas.values_list("file", flat=True)]
            source.delete()
        transaction.on_commit(lambda: _log(pk, "deleted with %d files", len(files)))
        transaction.on_commit(lambda: storage.discard(files))


def _fail(jobs: Any, job_id: uuid.UUID, code: str, facts: dict[str, Any]) -> bool:
    with transaction.atomic():
        owner = User.objects.filter(jobs=job_id).first()
        if owner is None:  # deleted meanwhile, and refunded then
            return False
        won = jobs.filter(pk=job_id).update(
            status=Status.FAILED,
            stage="",
            error_code=code,
            error_facts=facts,
            finished=Now(),
            expires=Now() + retention.kept(owner),
            lease_token=None,
            lease_until=None,
        )
        if won:
            quotas.refund(str(job_id), code)
            job = Job.objects.select_related("source").get(pk=job_id)
            announce.job_ended(job_id, job.owner_id, succeeded=False)
            tally.note(job, code, {})
            _ended(job.batch_id)
    return bool(won)


def _ended(batch_id: uuid.UUID | None) -> None:
    """The next of its batch has its turn. Robust: the job has ended, whatever becomes of this."""
    if batch_id is not None:
        transaction.on_commit(lambda: batch_turns.turn(batch_id), robust=True)


# --- Sweeping --------------------------------------------------------------------------------------------


def sweep() -> None:
    """Finds what was lost: leases that ran out, and waiting jobs whose doorbell nobody heard. Safe to run
    anywhere, any number of times at once."""
    ran_out = Job.objects.lease_ran_out()
    again = ran_out.filter(attempt__lt=settings.JOB_ATTEMPTS)
    for job_id, queue in again.values_list("pk", "queue"):  # at the head: they have waited already
        if again.filter(pk=job_id).update(**WAITING_AGAIN, turn=queues.head(queue)):
            _log(job_id, "waits again: its worker gave it back or is gone")
    for queue in settings.QUEUES:
        for job_id in unheard(queue):
            ring(job_id)
    _give_up(ran_out.filter(attempt__gte=settings.JOB_ATTEMPTS))


def _give_up(hopeless: JobQuerySet) -> None:
    """Each by itself, and after all that others wait for: one whose end fails is in nobody's way."""
    for job_id in list(hopeless.values_list("pk", flat=True)):
        facts = {"attempts": settings.JOB_ATTEMPTS}
        try:
            if _fail(Job.objects.lease_ran_out(), job_id, "worker_crashed", facts):
                _log(job_id, "failed: worker_crashed")
        except Exception:
            log.exception(
                "Job %s could not be given up; it will be tried again", job_id, extra={"job": job_id}
            )


def unheard(queue: str) -> list[uuid.UUID]:
    """The head of a queue, as far as no worker was told of it lately. Batches have their own bells."""
    head = list(Job.objects.waiting_in(queue).values_list("pk", flat=True)[:RING_AT_MOST])
    stale = Q(rung__isnull=True) | Q(rung__lt=Now() - RING_AGAIN)
    found = set(Job.objects.queued().filter(stale, pk__in=head, batch=None).values_list("pk", flat=True))
    return [job_id for job_id in head if job_id in found]


def expire() -> int:
    """Deletes jobs whose time is over, with their files; returns how many."""
    jobs = list(Job.objects.expired()[:100])
    for job in jobs:
        delete(job)
    return len(jobs)


# --- Asking ----------------------------------------------------------------------------------------------


def position(job: Job) -> int:
    """How many wait in front of this one, plus one."""
    earlier = Q(turn__lt=job.turn) | Q(turn=job.turn, created__lt=job.created)
    return Job.objects.claimable().filter(earlier, queue=job.queue).count() + 1


def workers_alive() -> bool:
    return Worker.objects.filter(seen__gte=Now() - WORKER_SILENCE).exists()


def note_stage(job_id: uuid.UUID, token: uuid.UUID, stage: str) -> None:
    """Notes what the holder of the token is at, for people who watch."""
    if not Job.objects.held_by(job_id, token).update(stage=stage):
        raise LeaseLost


def not_ready_error(job: Job) -> Refused:
    """Why a job has no result to show."""
    if job.status == Status.FAILED:
        return Refused(job.error_code, **job.error_facts)
    return Refused("not_found" if job.status == Status.CANCELLED else "not_ready")
