"""What was sent, and what a model saw in it."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

# A photo of these kinds and up to this size is shown as it came while its preview is not made yet.
SHOWN_BY_BROWSERS = {"image/jpeg", "image/png", "image/webp", "image/gif", "image/avif"}
SHOWN_BYTES = 12_000_000


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
    preview_is_whole = models.BooleanField(
        default=False,
        db_default=False,
        help_text="The preview is see-through where the photo is, so small pictures may be made of it.",
    )
    kept_until = models.DateTimeField(null=True, editable=False, help_text="As a background, without a job.")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "sha256"], name="one_source_for_owner_and_content")
        ]

    def __str__(self) -> str:
        return f"{self.sha256[:12]} ({self.width}×{self.height})"

    @property
    def preview_type(self) -> str:
        return "image/webp" if self.preview.endswith(".webp") else "image/jpeg"

    @property
    def is_for_browsers(self) -> bool:
        """Whether a browser shows the photo as it came."""
        return self.media_type in SHOWN_BY_BROWSERS and self.size <= SHOWN_BYTES

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
