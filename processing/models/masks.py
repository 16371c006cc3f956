"""What people edit at a mask: its revisions, and where they are among them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from processing.models.jobs import Job


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
