"""The verbs on batches: open, add, close, pause, resume, cancel, retry, remove, delete.

Every item is a row from the moment it begins to arrive, and each is taken in a transaction of its own, so whatever
dies in the middle leaves items that are in and items that say that they are not. A sender that begins again under
the same keys doubles nothing. Credits are held for each item as for a single photo.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from accounts.models import User
from processing import admission, batch_turns, jobs, messages, queues, storage, switches
from processing.errors import Refused
from processing.jobs import Terms, Upload
from processing.models import Batch, BatchArchive, BatchItem, Job, Source
from processing.models.batches import KEPT_AFTER
from processing.pipeline.recipe import Recipe

Status = Batch.Status
ACTIVE = (Status.OPEN, Status.RUNNING)

MOST = 1000  # items of a batch, whatever the plan
OF_A_GUEST = 20  # items, as most of them will wait for an account
LONGEST_KEY = 200  # characters
FORGOTTEN = timedelta(hours=24)  # a batch to which nothing came for so long is closed
# What is no fault of the photo: it is kept, and taken up again when there is credit or room.
KEEPS_PHOTO = frozenset(
    {"insufficient_credits", "too_many_unfinished", "queue_full", "intake_paused", "provider_not_configured"}
)


@dataclass(frozen=True, slots=True)
class Piece:
    """What comes for one item: `read` gives the photo, or `url` names where it lies. The same key again is the
    same item; "" is a new one in any case. What `replaces` is another file: its name is the item's from now on."""

    name: str
    key: str = ""
    read: Callable[[], Upload] | None = None
    url: str = ""
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """How the items of a batch are to be done, and for how much each."""

    recipe: Recipe
    model: str = ""
    price: int = jobs.PRICE
    expected: int = 0
    folder_id: int | None = None  # one of the owner's, where the results go


def limit(owner: User) -> int:
    """How many items a batch of this owner may have."""
    if owner.is_unlimited:
        return MOST
    return min(MOST, owner.plan.batch, OF_A_GUEST if owner.is_guest else MOST)


# --- Coming in -------------------------------------------------------------------------------------------


def open_batch(owner: User, name: str, asked: Asked, batch_id: uuid.UUID | None = None) -> Batch:
    """Refused: what a photo would be refused for under this recipe and model, whichever photo it is."""
    jobs.check(owner, asked.recipe, asked.model)
    return Batch.objects.create(
        id=batch_id or uuid.uuid4(),
        owner=owner,
        name=jobs.display_name(name) if name else f"Batch of {timezone.now():%-d %B}",
        model=asked.model,
        recipe=asked.recipe.canonical(),
        price=asked.price,
        expected=min(asked.expected, MOST),
        folder_id=asked.folder_id,
    )


def check_room(batch: Batch, keys: set[str]) -> None:
    """Refused(batch_too_large) unless items of all these keys fit into the batch."""
    most = limit(batch.owner)
    if len(keys | set(batch.items.values_list("key", flat=True))) > most:
        raise Refused("batch_too_large", limit=most)


def drop_if_empty(batch: Batch) -> None:
    """For one that was opened for what was then refused as a whole."""
    if not batch.items.exists():
        batch.delete()


def add(batch: Batch, piece: Piece) -> BatchItem:
    """The item of this piece: taken, or refused with a code, or waiting to be loaded. What is taken stays so.

    Refused (and no item): batch_closed, batch_too_large.
    """
    item = _begun(batch, piece)
    if item.job_id or piece.read is None:
        return item
    try:
        _take(batch, item, piece.read)
    except IntegrityError:  # the same key twice at once, and the other one won
        item.refresh_from_db()
    return item


def announce(batch: Batch, pieces: list[Piece]) -> list[BatchItem]:
    """Rows for what is about to come, so that what then does not arrive is told by its name. All in one transaction;
    items of known keys are not touched.

    Refused (and no item): batch_closed, batch_too_large.
    """
    with transaction.atomic():
        now = Batch.objects.select_for_update().get(pk=batch.pk)
        rows = _fresh(now, pieces)
        for item in rows:
            item.error_code = "interrupted"
        BatchItem.objects.bulk_create(rows)
    return _items_of(batch, pieces)


def entrust(batch: Batch, pieces: list[Piece], file: str, refused: dict[str, Refused]) -> list[BatchItem]:
    """Items of many pieces in one transaction. A worker takes their photos later, from their addresses or from the
    stored ZIP `file`; those in `refused`, by key, have their answer. What was taken stays so, and what another ZIP is
    about to bring is left to that.

    Refused (and no item): batch_closed, batch_too_large.
    """
    first = {piece.key: piece for piece in reversed(pieces)}
    with transaction.atomic():
        now = Batch.objects.select_for_update().get(pk=batch.pk)
        if now.status == Status.CANCELLED:
            raise Refused("batch_closed")
        again = [item for item in _items_of(now, pieces) if not (item.job_id or item.is_in_archive)]
        rows = _fresh(now, pieces)
        archive = BatchArchive.objects.create(batch=now, file=file) if file else None
        for item in [*rows, *again]:
            _await(item, first[item.key].url, archive, refused.get(item.key))
        BatchItem.objects.bulk_create(rows)
        BatchItem.objects.bulk_update(again, AWAITED, batch_size=200)
        if rows or again:
            _reopen(now)
    return _items_of(batch, pieces)


def _fresh(batch: Batch, pieces: list[Piece]) -> list[BatchItem]:
    """Rows for the pieces whose keys are new, not saved yet; their positions are taken. In a transaction that locks
    the batch."""
    known = set(batch.items.values_list("key", flat=True))
    fresh = {piece.key: piece for piece in reversed(pieces) if piece.key not in known}
    if fresh and not batch.takes_items:
        raise Refused("batch_closed")
    most = limit(batch.owner)
    if len(known) + len(fresh) > most:
        raise Refused("batch_too_large", limit=most)
    Batch.objects.filter(pk=batch.pk).update(added=batch.added + len(fresh), touched=Now())
    return [
        BatchItem(batch=batch, key=piece.key, position=batch.added + number, name=path_name(piece.name))
        for number, piece in enumerate(reversed(fresh.values()), start=1)
    ]


def _items_of(batch: Batch, pieces: list[Piece]) -> list[BatchItem]:
    return list(batch.items.filter(key__in=[piece.key for piece in pieces]).select_related("job"))


AWAITED = ("url", "archive", "job_key", "error_code", "error_facts", "attempt", "lease_until")


def _await(item: BatchItem, url: str, archive: BatchArchive | None, refusal: Refused | None) -> None:
    """The AWAITED columns of an item whose photo is still to come, or was refused already."""
    if item.condition == BatchItem.DELETED:  # the id of a job that is gone was paid for once
        item.job_key = uuid.uuid4()
    item.url, item.archive = url, None if url or refusal else archive
    item.error_code, item.error_facts = _noted(refusal) if refusal else ("", {})
    item.attempt, item.lease_until = 0, None


def _begun(batch: Batch, piece: Piece) -> BatchItem:
    """The piece's row. Until its photo is taken it says that it did not arrive."""
    key = piece.key or f"#{uuid.uuid4().hex}"
    with transaction.atomic():
        now = Batch.objects.select_for_update().get(pk=batch.pk)
        item = now.items.filter(key=key).first()
        if item is None:
            _check_room(now)
            item = BatchItem(batch=now, key=key, position=now.added + 1, name=path_name(piece.name))
            Batch.objects.filter(pk=now.pk).update(added=now.added + 1, touched=Now())
        if item.job_id is None:
            if now.status == Status.CANCELLED:  # nobody would load it any more
                raise Refused("batch_closed")
            if item.condition == BatchItem.DELETED:  # the id of a job that is gone was paid for once
                item.job_key = uuid.uuid4()
            if piece.replaces and piece.name:
                other = PurePosixPath(path_name(piece.name)).name
                item.name = path_name(str(PurePosixPath(item.name).with_name(other)))
            item.url, item.archive = piece.url, None
            item.error_code, item.error_facts = ("", {}) if piece.url else ("interrupted", {})
            item.save()
            _reopen(now)
    return item


def _check_room(batch: Batch) -> None:
    if not batch.takes_items:
        raise Refused("batch_closed")
    most = limit(batch.owner)
    if batch.items.count() >= most:
        raise Refused("batch_too_large", limit=most)


def _take(batch: Batch, item: BatchItem, read: Callable[[], Upload]) -> None:
    """Makes the item's job, or notes why there is none. `read` is called once."""
    try:
        upload = read()
    except Refused as refusal:
        give_up(item, refusal)
        return
    upload = Upload(item.name, upload.data)
    try:
        admission.admit(batch.owner)
        recipe = Recipe.from_canonical(batch.recipe)
        item.job = jobs.submit(batch.owner, upload, recipe, batch.model, _terms(batch, item))
    except Refused as refusal:
        _refused(item, refusal, upload)
    else:
        item.error_code, item.error_facts, item.url = "", {}, ""


def _terms(batch: Batch, item: BatchItem) -> Terms:
    folder_id = item.job.folder_id if item.job else batch.folder_id  # it was moved, perhaps
    return Terms(batch.price, item.job_key, batch, lambda job: _accepted(item, job), folder_id=folder_id)


def _accepted(item: BatchItem, job: Job) -> None:
    """In the transaction that accepts the job: the item has it, and it waits if the batch is paused by now."""
    batch = Batch.objects.select_for_update().filter(pk=item.batch_id).first()
    if batch is None or batch.status == Status.CANCELLED:
        raise Refused("batch_closed")
    job.held = batch.status == Status.PAUSED
    job.save(update_fields=["held"])
    taken: dict[str, Any] = {
        "job": job,
        "source": None,
        "archive": None,
        "url": "",
        "error_code": "",
        "error_facts": {},
        "reviewed": False,
    }
    if not BatchItem.objects.filter(pk=item.pk).update(**taken):
        raise Refused("not_found")
    _reopen(batch)


def _reopen(batch: Batch) -> None:
    """There is something to do again."""
    finished = Batch.objects.filter(pk=batch.pk, status=Status.FINISHED)
    finished.update(status=Status.RUNNING, finished=None, expires=None)


def _refused(item: BatchItem, refusal: Refused, upload: Upload) -> None:
    """Notes why there is no job. A photo that only lacks credit or room is kept with its item."""
    if refusal.code not in KEEPS_PHOTO:
        give_up(item, refusal)
        return

    def hold(photo: Source) -> BatchItem:
        with transaction.atomic():
            item.source = jobs.known(photo)
            give_up(item, refusal)
        return item

    try:
        jobs.with_photo(item.batch.owner, upload, hold)
    except Refused as worse:
        item.source = None
        give_up(item, worse)


def load(item: BatchItem, read: Callable[[], Upload]) -> None:
    """Takes an item whose photo is fetched or unpacked, for who holds its lease."""
    try:
        _take(item.batch, item, read)
    except IntegrityError:  # it was loaded by somebody else after all
        item.refresh_from_db()


def give_up(item: BatchItem, refusal: Refused) -> None:
    """Notes why an item has no job."""
    item.error_code, item.error_facts = _noted(refusal)
    item.lease_until, item.archive = None, None
    item.save(update_fields=["error_code", "error_facts", "source", "lease_until", "archive"])


def _noted(refusal: Refused) -> tuple[str, dict[str, Any]]:
    return refusal.code, {name: fact for name, fact in refusal.facts.items() if name != "cause"}


def path_name(name: str) -> str:
    """The name with the folders it lay in, of characters that print; none of them leads elsewhere."""
    parts = [part for part in name.replace("\\", "/").split("/") if part.strip(". ")]
    clean = "/".join(jobs.display_name(part) for part in parts[-8:] if not part.endswith(":"))
    return clean[-255:].lstrip("/") or "photo"


# --- Going on --------------------------------------------------------------------------------------------


def close(batch: Batch) -> None:
    """No more will come; with its last item the batch is finished. Closing twice changes nothing."""
    with transaction.atomic():
        Batch.objects.filter(pk=batch.pk, closed=None).update(closed=Now())
        Batch.objects.filter(pk=batch.pk, status=Status.OPEN).update(status=Status.RUNNING)
    batch_turns.finish(batch.pk)


def pause(batch: Batch) -> None:
    """Nothing more is begun; what runs is brought to its end. Refused: batch_conflict."""
    if not Batch.objects.filter(pk=batch.pk, status__in=ACTIVE).update(status=Status.PAUSED):
        raise _conflict(batch, "paused")
    # After the commit: whatever was accepted before it is there to be found, and later jobs find the pause.
    batch.jobs.queued().update(held=True)


def resume(batch: Batch) -> None:
    """Refused: batch_conflict."""
    paused = Batch.objects.filter(pk=batch.pk, status=Status.PAUSED)
    if not (
        paused.filter(closed=None).update(status=Status.OPEN)
        or paused.exclude(closed=None).update(status=Status.RUNNING)
    ):
        raise _conflict(batch, "resumed")
    waiting = batch.jobs.queued().filter(held=True)
    queues.rejoin(waiting)
    waiting.update(held=False)
    batch_turns.turn(batch.pk)


def cancel(batch: Batch) -> None:
    """Ends what waits, with its credits back; what runs is brought to its end. Refused: batch_conflict."""
    alive = Batch.objects.filter(pk=batch.pk, status__in=[*ACTIVE, Status.PAUSED])
    if not alive.update(status=Status.CANCELLED, closed=Coalesce("closed", Now())):
        raise _conflict(batch, "cancelled")
    batch.items.in_states(BatchItem.LOADING).update(error_code="batch_cancelled")
    for job in batch.jobs.queued():
        try:
            jobs.cancel(job)
        except Refused:  # it began, or was cancelled, just now
            continue
    batch_turns.finish(batch.pk)


def _conflict(batch: Batch, asked: str) -> Refused:
    batch.refresh_from_db(fields=["status"])
    return Refused("batch_conflict", state=batch.get_status_display(), asked=asked)


def retry(batch: Batch) -> int:
    """Takes up again what failed and what lacked credit or room, as far as its photo is here; returns how many.

    Refused when nothing could be taken up: what stood in the way, or not_retryable.
    """
    if batch.status == Status.CANCELLED:
        raise _conflict(batch, "taken up again")
    count, first = 0, Refused("not_retryable")
    for item in batch.items.in_states("failed", BatchItem.REFUSED).select_related("job", "source"):
        try:
            count += retry_item(batch, item)
        except Refused as refusal:
            first = refusal
            if refusal.code in KEEPS_PHOTO:  # the next one would fare no better
                break
    if not count:
        raise first
    return count


def retry_item(batch: Batch, item: BatchItem) -> bool:
    """A new job, at a new charge, for an item that ended without a result; False when there is no photo for it.

    Refused: as a new photo, not_retryable.
    """
    if item.condition not in BatchItem.TO_RETRY:
        raise Refused("not_retryable")
    if item.job is None and item.url:
        BatchItem.objects.filter(pk=item.pk, job=None).update(error_code="", error_facts={}, attempt=0)
        _reopen(batch)
        return True
    photo = item.job.source if item.job else item.source
    recipe = Recipe.from_canonical(item.job.recipe if item.job else batch.recipe)
    return photo is not None and _again(batch, item, photo, recipe, item.job.model if item.job else "")


def adopt(batch: Batch, job: Job, key: str, recipe: Recipe) -> BatchItem:
    """An item for the photo of a job, which is neither read nor checked once more; its result goes to the same
    folder. Told twice it is the same item. What only lacks credit or room keeps its photo, as if it had come.

    Refused (and no item): batch_closed, batch_too_large.
    """
    item = _begun(batch, Piece(job.name, key))
    if item.job_id:
        return item
    item.source = job.source
    item.save(update_fields=["source"])
    try:
        _again(batch, item, job.source, recipe)
    except Refused as refusal:
        give_up(item, refusal)
    else:
        Job.objects.filter(batch_item=item).update(folder=job.folder_id)
    return item


def redo(batch: Batch, item: BatchItem, recipe: Recipe, model: str = "") -> bool:
    """The item's photo once more in another recipe, or by another model, at a new charge; its first result goes
    when the new one is accepted."""
    if item.condition != Job.Status.SUCCEEDED or item.job is None:
        raise Refused("not_ready")
    return _again(batch, item, item.job.source, recipe, model)


def _again(batch: Batch, item: BatchItem, photo: Source, recipe: Recipe, model: str = "") -> bool:
    """False when somebody else is taking this item up at the same time."""
    old, fresh = item.job, uuid.uuid4()
    if not BatchItem.objects.filter(pk=item.pk, job_key=item.job_key).update(job_key=fresh):
        return False
    item.job_key = fresh
    admission.admit(batch.owner)
    model = model or batch.model or switches.usual(batch.pk)
    name = PurePosixPath(item.name).name
    item.job = jobs.again(photo, name, model, recipe, _terms(batch, item))
    if old is not None:
        jobs.delete(old)
    return True


# --- Going away ------------------------------------------------------------------------------------------


def remove(batch: Batch, item: BatchItem) -> None:
    """Removes an item with its job, result and photo."""
    if item.job is not None:
        jobs.delete(item.job)
    with transaction.atomic():
        photo = item.source
        item.delete()
        _drop(photo)
    batch_turns.finish(batch.pk)


def delete(batch: Batch) -> None:
    """Removes the batch with all photos and results. Begun, it is brought to its end by the caretaker if need be."""
    gone = timezone.now() - KEPT_AFTER - timedelta(seconds=1)
    Batch.objects.filter(pk=batch.pk).update(
        status=Status.CANCELLED, closed=Coalesce("closed", Now()), finished=Now(), expires=gone
    )
    for job in batch.jobs.all():
        jobs.delete(job)
    with transaction.atomic():
        photos = [item.source for item in batch.items.exclude(source=None).select_related("source")]
        archives = list(batch.archives.values_list("file", flat=True))
        Batch.objects.filter(pk=batch.pk).delete()
        for photo in photos:
            _drop(photo)
        transaction.on_commit(lambda: storage.discard(archives))


def _drop(photo: Source | None) -> None:
    """In a transaction that took its last holder away."""
    if photo is None:
        return
    photo = Source.objects.select_for_update().filter(pk=photo.pk).first()
    if photo is None or photo.is_needed:
        return
    files = [photo.file, photo.preview, *photo.alphas.values_list("file", flat=True)]
    photo.delete()
    transaction.on_commit(lambda: storage.discard(files))


def expire() -> None:
    """Closes what was forgotten, drops kept photos of batches whose time is over, and their rows a while later."""
    for batch in Batch.objects.filter(status=Status.OPEN, touched__lt=Now() - FORGOTTEN)[:100]:
        close(batch)
    over = BatchItem.objects.filter(batch__expires__lt=Now()).exclude(source=None).select_related("source")
    for item in over[:100]:
        with transaction.atomic():
            BatchItem.objects.filter(pk=item.pk).update(source=None)
            _drop(item.source)
    for batch in Batch.objects.overdue()[:10]:
        delete(batch)


def sentence(item: BatchItem) -> str:
    """Why an item has no result, in words; "" when it has one or may get one."""
    if item.error_code:
        return messages.sentence(item.error_code, item.error_facts)
    if item.job and item.job.error_code:
        return messages.sentence(item.job.error_code, item.job.error_facts)
    return ""
