"""What is counted, and outlives the jobs. Written by processing.tally."""

from __future__ import annotations

from django.conf import settings
from django.db import models


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
