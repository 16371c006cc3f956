"""The operators' log: rows that are written once. The database itself refuses to change or delete them."""

from __future__ import annotations

from typing import Any, NoReturn

from django.conf import settings
from django.db import models

KEPT_DAYS = 365  # for which the database refuses to delete a row, whoever asks (accounts.audit_triggers)


class Fixed(Exception):
    """A row of the operators' log is never changed, and not deleted before its time."""


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    def update(self, **facts: Any) -> NoReturn:
        raise Fixed("Rows of the operators' log are not changed.")

    def delete(self) -> NoReturn:
        raise Fixed("Rows of the operators' log are not deleted.")


class AuditEntry(models.Model):
    """Who did what to which thing, and why. Names no user it is about, only a kind and an id."""

    at = models.DateTimeField(auto_now_add=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    actor_name = models.CharField("who", max_length=254, help_text="The operator's address at that time.")
    verb = models.CharField(max_length=40)
    kind = models.CharField(max_length=40, help_text="What it was done to: user, job, payment, …")
    subject = models.CharField(max_length=64, help_text="Its id.")
    detail = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=300, blank=True, help_text="In the operator's words.")

    objects = AuditQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name = "entry of the operators' log"
        verbose_name_plural = "entries of the operators' log"
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["-at", "-id"], name="audit_by_time"),
            models.Index(fields=["kind", "subject"], name="audit_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.actor_name}: {self.verb} {self.kind} {self.subject}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise Fixed("Rows of the operators' log are not changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise Fixed("Rows of the operators' log are not deleted.")
