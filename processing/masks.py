"""The verbs on edited masks: open, save, return to a revision, keep a draft. The pixels are in mask_work.

Saving stores the strokes in one conditional update, so nothing is lost and nobody overwrites somebody else's edit
unseen; a worker makes the pictures afterwards. The row is the truth and a message the doorbell, as with jobs.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from processing import jobs, mask_uploads, questions, storage
from processing.errors import Refused
from processing.models import Job, Mask, MaskRevision
from processing.pipeline.recipe import Recipe
from processing.pipeline.strokes import Brush, Stroke, written

log = logging.getLogger(__name__)

ATTEMPTS = 5
MOST = 500  # revisions of one job
# The whole photo as a browser shows it, for the editor's canvas.
PHOTO = Recipe(channels="source", format="auto", quality=92)


def open_mask(job: Job) -> Mask:
    """The job's mask; a worker is told of it when it is opened first. Refused: not_ready, matte_gone."""
    if job.status != Job.Status.SUCCEEDED:
        raise jobs.not_ready_error(job)
    found = Mask.objects.filter(job=job).first()
    if found is None:
        if job.alpha_id is None:
            raise Refused("matte_gone")
        with transaction.atomic():
            found, created = Mask.objects.get_or_create(job=job)
            if created:
                MaskRevision.objects.create(job=job, number=0)
                transaction.on_commit(lambda: ring(job.pk))
    return found


def save(job: Job, base: int, head: int, strokes: Sequence[Stroke]) -> MaskRevision:
    """A new revision of `strokes` on `base`, which the result is going to show.

    Refused: version_conflict when the head is another one than the editor knows, unknown_revision, edit_too_large.
    """
    return _add(job, base, head, strokes=written(strokes))


def give(job: Job, base: int, head: int, kind: MaskRevision.Kind, data: bytes) -> MaskRevision:
    """A new revision that a file says: the mask itself, or a trimap whose unknown band is solved from the photo's
    colours near what `base` says. Grey, and of the photo's shape; its size may be another.

    Refused: invalid_mask, and as `save` and a photo are.
    """
    open_mask(job)
    found = mask_uploads.check(data, (job.source.width, job.source.height))
    file = storage.save(storage.given_mask_name(job.owner_id, job.pk, found.media_type), data)
    with storage.until_named([file]):
        return _add(job, base, head, kind=kind, given=file)


def _add(job: Job, base: int, head: int, **facts: Any) -> MaskRevision:
    open_mask(job)
    with transaction.atomic():
        _require(job, base)
        following = F("latest") + 1
        draft = {"draft": None, "draft_version": F("draft_version") + 1}
        _move(job, head, head=following, latest=following, **draft)
        number = Mask.objects.get(job=job).head
        if number > MOST:
            raise Refused("edit_too_large")
        return MaskRevision.objects.create(job=job, number=number, base=base, **facts)


def choose(job: Job, number: int, head: int) -> None:
    """Makes a kept revision the current one again. Refused: version_conflict, unknown_revision."""
    with transaction.atomic():
        _require(job, number)
        _move(job, head, head=number, draft=None, draft_version=F("draft_version") + 1)


def keep_draft(job: Job, version: int, base: int, strokes: Sequence[Stroke]) -> int:
    """Keeps strokes that are not saved; returns the draft's new version. Refused: version_conflict,
    unknown_revision.

    A version that is behind is no conflict where the draft that is there goes on in the new one: a page that is
    loaded anew keeps its strokes while the one before it still sends its last.
    """
    mask = open_mask(job)
    _require(job, base)
    draft = {"base_revision": base, "strokes": written(strokes)} if strokes else None
    if mask.draft_version > version and _goes_on(mask.draft, draft):
        version = mask.draft_version
    known = Mask.objects.filter(job=job, draft_version=version)
    if not known.update(draft=draft, draft_version=version + 1):
        raise Refused("version_conflict")
    return version + 1


def _goes_on(before: dict[str, Any] | None, after: dict[str, Any] | None) -> bool:
    """Whether a draft begins with all of another, so that nothing is lost."""
    if not before or not after or before["base_revision"] != after["base_revision"]:
        return False
    done = before["strokes"]
    return bool(after["strokes"][: len(done)] == done)


def try_again(job: Job) -> None:
    """For a mask that could not be made: a worker is told once more."""
    Mask.objects.filter(job=job).exclude(error_code="").update(pending=True, attempt=0, error_code="")
    ring(job.pk)


def ring(job_id: uuid.UUID) -> None:
    """Tells a worker; the sweep rings again when nobody heard."""
    from processing.tasks import mask

    try:
        mask.apply_async(args=(str(job_id),), retry=False)
    except Exception as error:  # kombu and redis each have their own
        words = "Broker not reached for the mask of %s: %s"
        log.warning(words, job_id, type(error).__name__, extra={"job": job_id})
        return
    Mask.objects.filter(job=job_id).update(rung=Now())


def sweep() -> None:
    """Rings for what nobody heard of, and gives up what was tried too often."""
    pending = Mask.objects.filter(pending=True)
    unheard = Q(rung__isnull=True) | Q(rung__lt=Now() - jobs.RING_AGAIN)
    for job_id in pending.filter(unheard).values_list("job", flat=True)[: jobs.RING_AT_MOST]:
        ring(job_id)


def smart_answer(job: Job, stroke: Brush) -> questions.Answer | None:
    """What a worker found for a smart stroke (box, png), or None: then it was asked, or is asked now."""
    from processing.tasks import smart_stroke

    return questions.ask(smart_stroke, "smart", {"job": str(job.pk), "stroke": written([stroke])})


def revisions(job: Job) -> QuerySet[MaskRevision]:
    """All of them but their strokes, which may be long."""
    return job.mask_revisions.defer("strokes")


def _require(job: Job, number: int) -> None:
    if not job.mask_revisions.filter(number=number).exists():
        raise Refused("unknown_revision", number=number)


def _move(job: Job, known_head: int, **changes: Any) -> None:
    """Moves the head for whoever knows it, and has a worker follow."""
    known = Mask.objects.filter(job=job, head=known_head)
    if not known.update(pending=True, attempt=0, error_code="", rung=None, **changes):
        raise Refused("version_conflict")
    transaction.on_commit(lambda: ring(job.pk))
