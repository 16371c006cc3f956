"""What operators switch while the site runs. Written by processing.switches and processing.intake."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


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
