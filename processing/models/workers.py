"""Who works, and with what."""

from __future__ import annotations

from django.db import models


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
