"""One photo, one recipe, one charge: the job, and the vocabulary in which it changes."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.urls import reverse

from accounts.models import User
from processing.models.batches import Batch
from processing.models.folders import Folder
from processing.models.photos import Alpha, Source
from processing.pipeline import LOW_CONFIDENCE


class JobQuerySet(models.QuerySet["Job"]):
    """The vocabulary of jobs. Every transition is one conditional UPDATE; its row count says who won.

    Leases are counted by the database's clock, so a worker whose clock is wrong neither steals nor loses a job.
    """

    def for_owner(self, owner: User | AnonymousUser) -> JobQuerySet:
        return self.filter(owner_id=owner.pk) if owner.is_authenticated else self.none()

    def unfinished(self) -> JobQuerySet:
        return self.filter(status__in=[Job.Status.QUEUED, Job.Status.RUNNING])

    def queued(self) -> JobQuerySet:
        return self.filter(status=Job.Status.QUEUED)

    def claimable(self) -> JobQuerySet:
        """Waiting, and not held back by a batch that is paused."""
        return self.queued().filter(held=False)

    def lease_ran_out(self) -> JobQuerySet:
        return self.filter(status=Job.Status.RUNNING, lease_until__lt=Now())

    def doubtful(self) -> JobQuerySet:
        """Results whose edges somebody should check: the model was unsure, and nobody edited or accepted them."""
        unsure = self.filter(confidence__lt=LOW_CONFIDENCE, revision=0)
        return unsure.exclude(batch_item__reviewed=True)

    def expired(self) -> JobQuerySet:
        return self.exclude(status__in=[Job.Status.QUEUED, Job.Status.RUNNING]).filter(expires__lt=Now())

    def held_by(self, job_id: uuid.UUID, token: uuid.UUID) -> JobQuerySet:
        return self.filter(pk=job_id, status=Job.Status.RUNNING, lease_token=token)

    def waiting_in(self, queue: str) -> JobQuerySet:
        """Those of a queue, in the order in which they are taken; read from one index (see `Job.Meta`)."""
        return self.claimable().filter(queue=queue).order_by("turn", "created")

    def claim_next(self, queue: str, token: uuid.UUID, lease: timedelta) -> uuid.UUID | None:
        """Claims the job whose turn it is; None when nobody waits. Two workers never wait for one another."""
        with transaction.atomic():
            waiting = self.waiting_in(queue).select_for_update(skip_locked=True)
            for job_id in waiting.values_list("pk", flat=True)[:1]:
                if self.claim(job_id, token, lease):
                    return job_id
        return None

    def claim(self, job_id: uuid.UUID, token: uuid.UUID, lease: timedelta) -> bool:
        """QUEUED -> RUNNING; counts the attempt and hands the lease to whoever holds the token."""
        return bool(
            self.claimable()
            .filter(pk=job_id)
            .update(
                status=Job.Status.RUNNING,
                attempt=F("attempt") + 1,
                lease_token=token,
                lease_until=Now() + lease,
                started=Now(),
                stage=Job.Stage.READING,
            )
        )

    def renew(self, job_id: uuid.UUID, token: uuid.UUID, lease: timedelta) -> bool:
        return bool(self.held_by(job_id, token).update(lease_until=Now() + lease))


class Job(models.Model):
    """One photo, one recipe, one charge."""

    class Status(models.TextChoices):
        QUEUED = "queued", "waiting"
        RUNNING = "running", "running"
        SUCCEEDED = "succeeded", "done"
        FAILED = "failed", "failed"
        CANCELLED = "cancelled", "cancelled"

    class Stage(models.TextChoices):
        """What a running job is at; in the order in which they come."""

        READING = "reading", "Reading the photo"
        LOOKING = "looking", "Finding the subject"
        REFINING = "refining", "Refining edges"
        SAVING = "saving", "Saving"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="jobs")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="jobs")
    name = models.CharField(max_length=255, help_text="The file's name as it came, for people to read.")
    model = models.CharField(max_length=60)
    recipe = models.TextField(blank=True, help_text="Canonical; empty means every default.")
    cost = models.BigIntegerField(default=0, help_text="Hundredths of a credit that are held or spent.")
    batch = models.ForeignKey(Batch, on_delete=models.SET_NULL, null=True, related_name="jobs")
    held = models.BooleanField(default=False, help_text="Waits for its batch, which is paused.")
    folder = models.ForeignKey(Folder, on_delete=models.SET_NULL, null=True, related_name="jobs")

    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    stage = models.CharField(max_length=10, choices=Stage.choices, blank=True)
    queue = models.CharField(max_length=20, default="small", help_text="Which workers take it.")
    turn = models.BigIntegerField(default=0, help_text="Its place among those that wait; the least is next.")
    attempt = models.PositiveSmallIntegerField(default=0)
    lease_token = models.UUIDField(null=True, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    rung = models.DateTimeField(null=True, editable=False, help_text="When a worker was last told of it.")
    created = models.DateTimeField(auto_now_add=True)
    started = models.DateTimeField(null=True)
    finished = models.DateTimeField(null=True)
    expires = models.DateTimeField(null=True)

    cached = models.BooleanField(
        default=False, db_default=False, help_text="The same result was paid for before; nothing was charged."
    )
    worth = models.BigIntegerField(
        default=0,
        db_default=0,
        help_text="Hundredths of a credit that were paid for the result, by whichever job.",
    )
    api_key = models.ForeignKey(
        "accounts.ApiKey",
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        help_text="Asked for with it.",
    )
    alpha = models.ForeignKey(Alpha, on_delete=models.SET_NULL, null=True, related_name="jobs")
    revision = models.PositiveIntegerField(
        default=0, help_text="The edit of the mask that the result shows; 0 is the model's own."
    )
    error_code = models.CharField(max_length=60, blank=True)
    error_facts = models.JSONField(default=dict, blank=True)
    made_by = models.JSONField(
        default=dict, blank=True, help_text="Model, weights, pipeline version, device, seconds by stage."
    )
    confidence = models.FloatField(null=True, help_text="How sure the model was, 0..1.")
    reviewed = models.DateTimeField(null=True, help_text="When an operator had looked at a doubtful result.")

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-created"]
        indexes = [
            models.Index(fields=["owner", "-created"]),
            # The gallery's filters; what is rare is found without reading all that an owner has.
            models.Index(fields=["owner", "folder", "-created"], name="jobs_in_folder"),
            models.Index(fields=["owner", "model", "-created"], name="jobs_of_model"),
            models.Index(fields=["owner", "status", "-created"], name="jobs_in_state"),
            models.Index(fields=["owner", "confidence"], name="jobs_by_confidence"),
            models.Index(fields=["status", "created"], condition=Q(status="queued"), name="jobs_waiting"),
            models.Index(
                fields=["queue", "turn", "created"],
                condition=Q(status="queued", held=False),
                name="jobs_by_turn",
            ),
            models.Index(
                fields=["owner", "queue", "turn"],
                condition=Q(status="queued", held=False),
                name="jobs_of_owner_by_turn",
            ),
            models.Index(fields=["lease_until"], condition=Q(status="running"), name="jobs_running"),
            models.Index(fields=["expires"], name="jobs_expiring"),
            models.Index(fields=["finished"], name="jobs_finished"),
            models.Index(fields=["-created", "-id"], name="jobs_by_time"),
            models.Index(fields=["-created", "-id"], condition=Q(status="failed"), name="jobs_failed"),
            models.Index(
                fields=["error_code", "-created"], condition=~Q(error_code=""), name="jobs_by_error"
            ),
            models.Index(
                fields=["-finished"],
                condition=Q(confidence__lt=LOW_CONFIDENCE, reviewed=None),
                name="jobs_to_review",
            ),
        ]
        permissions = [
            ("inspect_job", "Can look into a user's job, with a reason that is kept"),
            ("review_job", "Can tick off doubtful results"),
        ]

    UNFINISHED: ClassVar[set[str]] = {Status.QUEUED, Status.RUNNING}

    def __str__(self) -> str:
        """Without its name: that is its owner's word, and this stands in operators' pages and in logs."""
        return f"job {str(self.pk)[:8]} ({self.get_status_display()})"

    def get_absolute_url(self) -> str:
        return reverse("editor:job", args=[self.pk])

    @property
    def is_final(self) -> bool:
        return self.status not in self.UNFINISHED

    @property
    def is_doubtful(self) -> bool:
        """As `JobQuerySet.doubtful` finds it; reads the item of a batch, where there is one."""
        if self.confidence is None or self.confidence >= LOW_CONFIDENCE or self.revision:
            return False
        item = getattr(self, "batch_item", None)
        return item is None or not item.reviewed


class DoubtfulQuerySet(models.QuerySet["Doubtful"]):
    def waiting(self) -> DoubtfulQuerySet:
        """Of which the model was not sure, and at which nobody looked; read from one index (see `Job.Meta`)."""
        return self.filter(confidence__lt=LOW_CONFIDENCE, reviewed=None)


class Doubtful(Job):
    """A job whose result an operator should look at: another list of the same rows."""

    objects = DoubtfulQuerySet.as_manager()  # type: ignore[assignment,misc]

    class Meta:
        proxy = True
        verbose_name = "doubtful result"
        default_permissions = ()
