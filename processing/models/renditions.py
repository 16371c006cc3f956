"""Results as files: each a job, a recipe and an edit of the mask."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from processing.models.jobs import Job


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
    and its file, type and size are empty until then (processing.rendition_requests).
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
