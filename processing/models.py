"""A result is a source, an alpha and a recipe: their rows, and the job that brings them together."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from processing.batch_models import Batch as Batch
from processing.batch_models import BatchItem as BatchItem
from processing.gallery_models import Folder as Folder
from processing.pipeline import LOW_CONFIDENCE


class Source(models.Model):
    """An uploaded photo, as it came. One row for an owner and a content, however often it is uploaded."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sources")
    sha256 = models.CharField(max_length=64)
    file = models.CharField(max_length=255, help_text="Name in the storage.")
    media_type = models.CharField(max_length=40)
    size = models.PositiveBigIntegerField("bytes")
    width = models.PositiveIntegerField(help_text="Pixels, upright.")
    height = models.PositiveIntegerField(help_text="Pixels, upright.")
    preview = models.CharField(max_length=255, blank=True, help_text="Upright picture a browser can show.")
    kept_until = models.DateTimeField(null=True, editable=False, help_text="As a background, without a job.")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "sha256"], name="one_source_for_owner_and_content")
        ]

    def __str__(self) -> str:
        return f"{self.sha256[:12]} ({self.width}×{self.height})"

    @property
    def is_background(self) -> bool:
        return self.kept_until is not None and self.kept_until > timezone.now()

    @property
    def is_needed(self) -> bool:
        return self.is_background or self.jobs.exists() or self.batch_items.exists()


class Alpha(models.Model):
    """A model's soft matte of a source. Costly, so it is kept: another recipe needs no second look."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="alphas")
    model = models.CharField(max_length=60)
    weights = models.CharField(max_length=64, help_text="Which weights: the beginning of their checksum.")
    looks = models.CharField(max_length=20, help_text="How often and at which crop the net looked.")
    device = models.CharField(max_length=40)
    file = models.CharField(max_length=255, help_text="16-bit grey PNG in the storage.")
    seconds = models.FloatField(help_text="What it took to predict.")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "model", "weights", "looks"], name="one_alpha_for_a_look"
            )
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.weights} looks {self.looks}"


class JobQuerySet(models.QuerySet["Job"]):
    """The vocabulary of jobs. Every transition is one conditional UPDATE; its row count says who won.

    Leases are counted by the database's clock, so a worker whose clock is wrong neither steals nor loses a job.
    """

    def for_owner(self, owner: Any) -> JobQuerySet:
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


class RenditionQuerySet(models.QuerySet["Rendition"]):
    """The same fence as that of jobs: one conditional UPDATE for each transition."""

    def made(self) -> RenditionQuerySet:
        return self.filter(status=Rendition.Status.MADE)

    def waiting(self) -> RenditionQuerySet:
        return self.filter(status=Rendition.Status.WAITING)

    def lease_ran_out(self) -> RenditionQuerySet:
        return self.filter(status=Rendition.Status.RUNNING, lease_until__lt=Now())

    def held_by(self, pk: int, token: uuid.UUID) -> RenditionQuerySet:
        return self.filter(pk=pk, status=Rendition.Status.RUNNING, lease_token=token)

    def claim(self, pk: int, token: uuid.UUID, lease: timedelta) -> bool:
        return bool(
            self.waiting()
            .filter(pk=pk)
            .update(
                status=Rendition.Status.RUNNING,
                attempt=F("attempt") + 1,
                lease_token=token,
                lease_until=Now() + lease,
            )
        )


class Rendition(models.Model):
    """render(source, alpha, recipe), kept as a file. Pure, so it may be made again at any time.

    Those that come with a job are made when their row is; one that is asked for later waits for a worker first,
    and its file, type and size are empty until then (processing.renders).
    """

    class Status(models.TextChoices):
        WAITING = "waiting", "waiting"
        RUNNING = "running", "running"
        MADE = "made", "made"
        FAILED = "failed", "failed"

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="renditions")
    recipe = models.TextField(blank=True)
    revision = models.PositiveIntegerField(default=0, help_text="The edit of the mask it was made with.")
    file = models.CharField(max_length=255, blank=True)
    media_type = models.CharField(max_length=40, blank=True)
    size = models.PositiveBigIntegerField("bytes", default=0)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    created = models.DateTimeField(auto_now_add=True)

    status = models.CharField(max_length=10, choices=Status.choices, default=Status.MADE)
    attempt = models.PositiveSmallIntegerField(default=0)
    lease_token = models.UUIDField(null=True, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    rung = models.DateTimeField(null=True, editable=False)
    error_code = models.CharField(max_length=60, blank=True)

    objects = RenditionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "recipe", "revision"], name="one_rendition_for_a_recipe")
        ]
        indexes = [
            models.Index(fields=["status"], condition=~Q(status="made"), name="renditions_to_make"),
        ]

    def __str__(self) -> str:
        return f"{self.media_type} {self.width}×{self.height}"

    @property
    def is_final(self) -> bool:
        return self.status in {self.Status.MADE, self.Status.FAILED}


class Mask(models.Model):
    """What is edited at a job's mask: the revision the result shall show, and strokes that are not saved yet.

    `head` is where people are; `Job.revision` follows it as soon as a worker has made the pictures.
    """

    job = models.OneToOneField(Job, on_delete=models.CASCADE, related_name="mask")
    head = models.PositiveIntegerField(default=0)
    latest = models.PositiveIntegerField(default=0, help_text="The last number that was given to a revision.")
    draft = models.JSONField(null=True, help_text="Strokes that are kept but not saved, and their base.")
    draft_version = models.PositiveIntegerField(default=0)
    attempt = models.PositiveSmallIntegerField(default=0)
    error_code = models.CharField(max_length=60, blank=True)
    pending = models.BooleanField(default=True, help_text="A worker has to catch up with the head.")
    rung = models.DateTimeField(null=True, editable=False)

    class Meta:
        indexes = [models.Index(fields=["rung"], condition=Q(pending=True), name="masks_pending")]

    def __str__(self) -> str:
        return f"revision {self.head}"

    @property
    def is_final(self) -> bool:
        return not self.pending


class MaskRevision(models.Model):
    """One state of a job's mask: its base and what was done to it. Number 0 is the model's own.

    The strokes, or the picture that was `given`, are the truth and the file is what they came to, so the file is
    empty until a worker was there.
    """

    class Kind(models.TextChoices):
        STROKES = "strokes", "strokes"
        MASK = "mask", "a mask that came as a file"
        TRIMAP = "trimap", "a trimap that came as a file"

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="mask_revisions")
    number = models.PositiveIntegerField()
    base = models.PositiveIntegerField(null=True, help_text="The revision the strokes were done to.")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.STROKES)
    strokes = models.JSONField(default=list)
    given = models.CharField(max_length=255, blank=True, help_text="The mask or trimap as it came.")
    file = models.CharField(max_length=255, blank=True, help_text="16-bit grey PNG of the photo's size.")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["job", "number"], name="one_mask_revision_for_a_number")
        ]

    def __str__(self) -> str:
        return f"revision {self.number}"


class Worker(models.Model):
    """A worker's sign of life. The page that waits reads it to say whether anybody is there to work."""

    name = models.CharField(max_length=120, primary_key=True)
    seen = models.DateTimeField()
    started = models.DateTimeField()
    queues = models.CharField(max_length=200, blank=True, help_text="From which it takes jobs.")
    model = models.CharField(max_length=60, blank=True, help_text="That it worked with last.")
    device = models.CharField(max_length=60, blank=True, help_text="That it worked on last.")

    def __str__(self) -> str:
        return self.name


class ModelInUse(models.Model):
    """What workers answer with when a job asks for this name: the model and its very weights. Written by them, read
    by the result cache (processing.reuse)."""

    asked = models.CharField(max_length=60, primary_key=True)
    model = models.CharField(max_length=60)
    weights = models.CharField(max_length=64)
    since = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "models in use"

    def __str__(self) -> str:
        return f"{self.asked}: {self.model} {self.weights}"


class Tally(models.Model):
    """How many jobs ended in an hour, by model, outcome and how long they took. Survives the jobs, whose rows go
    with their photos. Written by processing.tally in the transaction that ends a job, so each counts once."""

    hour = models.DateTimeField()
    model = models.CharField(max_length=60)
    code = models.CharField(max_length=60, blank=True, help_text="Empty: done; else why it failed.")
    bucket = models.PositiveSmallIntegerField(help_text="Which of tally.BOUNDS it took at most.")
    size = models.PositiveSmallIntegerField(
        default=0, help_text="Which of tally.SIZES the photo had at most; as all were counted before: 0."
    )
    count = models.PositiveIntegerField(default=0)
    seconds = models.FloatField(default=0, help_text="From accepted to ended, summed.")
    worked = models.FloatField(default=0, help_text="Seconds of a worker, summed.")
    cached = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Answered from the result cache, and in no other count."
    )
    fee = models.FloatField(default=0, help_text="US dollars paid to providers, summed.")
    credits = models.BigIntegerField(default=0, help_text="Hundredths of a credit, spent or given back.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["hour", "model", "code", "bucket", "size"], name="one_tally_for_a_kind"
            )
        ]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H} h {self.model} {self.code or 'done'}: {self.count}"


class UserDay(models.Model):
    """What one user did on a day, for the list of those who use most."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="days")
    day = models.DateField()
    done = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    worked = models.FloatField(default=0, help_text="Seconds of a worker, summed.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "day"], name="one_row_for_a_user_and_day")]
        indexes = [models.Index(fields=["day"], name="user_days")]

    def __str__(self) -> str:
        return f"{self.user_id} on {self.day}: {self.done}"


class KeyDay(models.Model):
    """What one key, or the pages without one, did on a day. Survives the jobs; written by processing.tally."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="key_days")
    key = models.BigIntegerField(help_text="Id of the API key; 0: the pages.")
    day = models.DateField()
    done = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    credits = models.BigIntegerField(default=0, help_text="Hundredths of a credit, spent.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "day", "key"], name="one_row_for_a_key_and_day")
        ]

    def __str__(self) -> str:
        return f"key {self.key} on {self.day}: {self.done}"


class SiteState(models.Model):
    """What operators switch while the site runs: one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    intake_paused = models.BooleanField(
        default=False, help_text="No new photos are taken; what waits is worked on."
    )
    reason = models.CharField(max_length=200, blank=True, help_text="Shown to people while it is paused.")
    default_model = models.CharField(
        max_length=60, blank=True, help_text="In place of the setting DEFAULT_MODEL; empty: that one."
    )
    canary_model = models.CharField(
        max_length=60, blank=True, help_text="Gets a share of the photos for which no model was named."
    )
    canary_share = models.PositiveSmallIntegerField(default=0, help_text="Per cent.")
    models_off = models.JSONField(
        default=dict, blank=True, help_text="Names of models that take no new photos, each with the reason."
    )
    notice = models.CharField(max_length=300, blank=True, help_text="Shown on every page, as of maintenance.")
    notice_from = models.DateTimeField(null=True)
    notice_until = models.DateTimeField(null=True)
    changed = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = verbose_name_plural = "state of the site"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_state_of_the_site")]

    def __str__(self) -> str:
        return "Intake paused" if self.intake_paused else "Open"
