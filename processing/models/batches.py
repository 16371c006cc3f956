"""Many photos under one recipe: the batch, and a row for each item whether it was taken or not.

How far a batch is, is never stored: it is counted from its items and their jobs.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Case, Count, F, Q, Value, When
from django.db.models.functions import Now
from django.urls import reverse

from accounts.models import User

KEPT_AFTER = timedelta(days=30)  # for which an expired batch still says that it is expired


class BatchQuerySet(models.QuerySet["Batch"]):
    """The vocabulary of batches. As with jobs, a transition is one conditional UPDATE."""

    def for_owner(self, owner: User | AnonymousUser) -> BatchQuerySet:
        return self.filter(owner_id=owner.pk) if owner.is_authenticated else self.none()

    def ending(self) -> BatchQuerySet:
        """Closed batches whose last item may have ended."""
        return self.filter(status__in=[Batch.Status.RUNNING, Batch.Status.CANCELLED], finished=None)

    def overdue(self) -> BatchQuerySet:
        return self.filter(expires__lt=Now() - KEPT_AFTER)


class Batch(models.Model):
    """A name, a recipe, and the items that came under them."""

    class Status(models.TextChoices):
        OPEN = "open", "receiving"
        RUNNING = "running", "in work"
        PAUSED = "paused", "paused"
        FINISHED = "finished", "finished"
        CANCELLED = "cancelled", "cancelled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="batches")
    name = models.CharField(max_length=255)
    model = models.CharField(max_length=60, blank=True, help_text="Empty: the usual one.")
    recipe = models.TextField(blank=True, help_text="Canonical; empty means every default.")
    price = models.BigIntegerField(default=0, help_text="Hundredths of a credit for each item.")
    folder = models.ForeignKey(
        "processing.Folder",
        on_delete=models.SET_NULL,
        null=True,
        related_name="batches",
        help_text="Where its results are put.",
    )
    expected = models.PositiveIntegerField(default=0, help_text="How many files the sender meant to send.")
    added = models.PositiveIntegerField(default=0, help_text="Items so far, also those that are gone.")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    closed = models.DateTimeField(null=True, help_text="Since when no more items are taken.")
    touched = models.DateTimeField(auto_now_add=True, help_text="When the last item came.")
    created = models.DateTimeField(auto_now_add=True)
    finished = models.DateTimeField(null=True)
    expires = models.DateTimeField(null=True)
    rounds = models.PositiveIntegerField(
        default=0, help_text="How often it was finished: a retry begins another round."
    )

    objects = BatchQuerySet.as_manager()

    class Meta:
        ordering = ["-created"]
        verbose_name_plural = "batches"
        indexes = [
            models.Index(fields=["owner", "-created"]),
            models.Index(fields=["status"], condition=Q(finished=None), name="batches_unfinished"),
            models.Index(fields=["expires"], name="batches_expiring"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.get_status_display()})"

    def get_absolute_url(self) -> str:
        return reverse("editor:batch", args=[self.pk])

    @property
    def takes_items(self) -> bool:
        return self.closed is None and self.status in {self.Status.OPEN, self.Status.PAUSED}

    @property
    def is_final(self) -> bool:
        return self.finished is not None


def _state() -> Case:
    """The status of an item's job, else what keeps it from having one."""
    return Case(
        When(job__isnull=False, then=F("job__status")),
        When(~Q(error_code=""), then=Value(BatchItem.REFUSED)),
        When(~Q(url="") | Q(archive__isnull=False), then=Value(BatchItem.LOADING)),
        default=Value(BatchItem.DELETED),
        output_field=models.CharField(),
    )


class BatchArchive(models.Model):
    """A ZIP that came for a batch, kept until a worker has taken the last of its entries. They are items from the
    beginning; which entry is whose, the item's key tells."""

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="archives")
    file = models.CharField(max_length=255)
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"A ZIP of {self.batch}"


class BatchItemQuerySet(models.QuerySet["BatchItem"]):
    def in_states(self, *states: str) -> BatchItemQuerySet:
        return self.annotate(state=_state()).filter(state__in=states)

    def counts(self) -> dict[str, int]:
        """How many there are of each state; every state is a key."""
        found = self.annotate(state=_state()).order_by().values_list("state").annotate(Count("pk"))
        return dict.fromkeys(BatchItem.STATES, 0) | dict(found)

    def unfinished(self) -> BatchItemQuerySet:
        return self.in_states(*BatchItem.UNFINISHED)

    def to_load(self) -> BatchItemQuerySet:
        """Items that came as an address which nobody loads at the moment."""
        return self._idle().exclude(url="")

    def to_unpack(self) -> BatchItemQuerySet:
        """Items whose photo lies in a ZIP that is kept, and which nobody takes out at the moment."""
        return self._idle().exclude(archive=None)

    def undecided(self) -> BatchItemQuerySet:
        """Neither taken nor refused."""
        return self.filter(job=None, error_code="")

    def _idle(self) -> BatchItemQuerySet:
        free = Q(lease_until=None) | Q(lease_until__lt=Now())
        open_ones = [Batch.Status.OPEN, Batch.Status.RUNNING]
        return self.undecided().filter(free, batch__status__in=open_ones)


class BatchItem(models.Model):
    """One photo of a batch, under the key its sender gave it. A refused one has a code and costs nothing."""

    REFUSED, LOADING, DELETED = "refused", "loading", "deleted"
    STATES = ("loading", "queued", "running", "succeeded", "failed", "cancelled", "refused", "deleted")
    UNFINISHED = ("loading", "queued", "running")
    TO_RETRY = ("failed", "cancelled", "refused")

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="items")
    position = models.PositiveIntegerField()
    key = models.CharField(max_length=255, help_text="The same key again is the same item.")
    name = models.CharField(max_length=255, help_text="For people to read; with the folders it lay in.")
    url = models.TextField(blank=True, help_text="Where the photo is to be loaded from.")
    archive = models.ForeignKey(
        BatchArchive,
        on_delete=models.SET_NULL,
        null=True,
        related_name="items",
        help_text="The ZIP that it is to be taken from.",
    )
    job = models.OneToOneField(
        "processing.Job", on_delete=models.SET_NULL, null=True, related_name="batch_item"
    )
    job_key = models.UUIDField(default=uuid.uuid4, help_text="The id of the job it becomes, chosen before.")
    source = models.ForeignKey(
        "processing.Source",
        on_delete=models.SET_NULL,
        null=True,
        related_name="batch_items",
        help_text="The photo, kept while only credits or room are missing.",
    )
    error_code = models.CharField(max_length=60, blank=True)
    error_facts = models.JSONField(default=dict, blank=True)
    reviewed = models.BooleanField(
        default=False, help_text="Somebody looked at the result and found it good."
    )
    attempt = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, editable=False)

    objects = BatchItemQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "key"], name="one_item_for_a_key"),
            models.UniqueConstraint(fields=["batch", "position"], name="one_item_for_a_position"),
        ]
        indexes = [
            models.Index(
                fields=["batch"],
                condition=Q(job=None, error_code="") & ~Q(url=""),
                name="batch_items_to_load",
            )
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.name}"

    @property
    def is_in_archive(self) -> bool:
        """A ZIP that is kept will bring its photo."""
        return self.archive_id is not None and not self.error_code

    @property
    def condition(self) -> str:
        """One of STATES, as `in_states` finds it."""
        if self.job is not None:
            return self.job.status
        if self.error_code:
            return self.REFUSED
        return self.LOADING if self.url or self.archive_id else self.DELETED
