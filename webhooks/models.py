"""What other programs are told: where to, what happened, and how telling it went."""

from __future__ import annotations

import secrets
import uuid
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from webhooks.events import EVENTS


class EndpointQuerySet(models.QuerySet["Endpoint"]):
    def for_owner(self, owner: User | AnonymousUser) -> EndpointQuerySet:
        """Those that the owner made; not the ones that stand for requests in another wire format."""
        return (
            self.filter(user_id=owner.pk, kind=Endpoint.Kind.OWN) if owner.is_authenticated else self.none()
        )

    def subscribed(self, user_id: int) -> EndpointQuerySet:
        return self.filter(user_id=user_id, enabled=True)

    def ready(self) -> EndpointQuerySet:
        """Rested from a failure, and not in another worker's hands."""
        rested = Q(resting_until__isnull=True) | Q(resting_until__lte=Now())
        free = Q(lease_until__isnull=True) | Q(lease_until__lt=Now())
        return self.filter(rested, free, enabled=True)

    def claim(self, pk: uuid.UUID, token: uuid.UUID, lease: timedelta) -> bool:
        """One worker at a time speaks to an endpoint; the lease outlasts the longest single delivery."""
        return bool(self.ready().filter(pk=pk).update(lease_token=token, lease_until=Now() + lease))

    def held_by(self, pk: uuid.UUID, token: uuid.UUID) -> EndpointQuerySet:
        return self.filter(pk=pk, lease_token=token)


class Endpoint(models.Model):
    """An address of a user's program. `secret` is opened by webhooks.endpoints alone."""

    class Kind(models.TextChoices):
        OWN = "own", "made by its owner"
        BRIA = "bria", "of requests in Bria's format"

    class Disabled(models.TextChoices):
        OWNER = "owner", "switched off"
        GONE = "gone", "it answered 410 Gone"
        FAILING = "failing", "it failed for days"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="endpoints")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.OWN)
    api_key = models.ForeignKey(
        "accounts.ApiKey",
        on_delete=models.CASCADE,
        null=True,
        related_name="+",
        help_text="Bria's signs with it.",
    )
    url = models.CharField(max_length=2048, blank=True)
    description = models.CharField(max_length=200, blank=True)
    events = models.JSONField(default=list, help_text=f"Of {', '.join(EVENTS)}.")
    secret = models.TextField(editable=False)
    old_secret = models.TextField(
        editable=False, blank=True, help_text="Signs as well, until its time is over."
    )
    old_secret_until = models.DateTimeField(null=True, editable=False)
    enabled = models.BooleanField(default=True)
    disabled_why = models.CharField(max_length=10, choices=Disabled.choices, blank=True)
    failures = models.PositiveIntegerField(default=0, help_text="In a row.")
    failing_since = models.DateTimeField(null=True, editable=False)
    resting_until = models.DateTimeField(
        null=True, editable=False, help_text="After a failure nothing is sent."
    )
    lease_token = models.UUIDField(null=True, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    created = models.DateTimeField(auto_now_add=True)

    objects = EndpointQuerySet.as_manager()

    class Meta:
        ordering = ["-created"]
        constraints = [
            models.UniqueConstraint(
                fields=["api_key"], condition=Q(api_key__isnull=False), name="one_endpoint_for_a_key"
            )
        ]

    def __str__(self) -> str:
        return self.url or self.get_kind_display()


def message_id() -> str:
    return f"msg_{secrets.token_hex(16)}"


class Message(models.Model):
    """Something that happened, as every endpoint is told it: the same id and the same body on every try."""

    id = models.CharField(primary_key=True, max_length=40, default=message_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="messages")
    type = models.CharField(max_length=40)
    body = models.TextField(help_text="JSON, exactly as it is signed and sent.")
    job_id = models.UUIDField(null=True, editable=False, help_text="Which job it is about; none of others.")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["created"])]

    def __str__(self) -> str:
        return f"{self.type} {self.id}"


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def waiting(self) -> DeliveryQuerySet:
        return self.filter(state=Delivery.State.WAITING)

    def due(self) -> DeliveryQuerySet:
        return self.waiting().filter(due__lte=Now())


class Delivery(models.Model):
    """A message for an endpoint. Its row is written with what happened, in the same transaction (an outbox)."""

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        DELIVERED = "delivered", "delivered"
        FAILED = "failed", "failed"

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="deliveries")
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="deliveries")
    url = models.CharField(max_length=2048, blank=True, help_text="Empty: the endpoint's.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0, help_text="Since it was asked for last.")
    due = models.DateTimeField(default=timezone.now)
    created = models.DateTimeField(auto_now_add=True)
    ended = models.DateTimeField(null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "message"], name="one_delivery_for_a_message")
        ]
        indexes = [models.Index(fields=["due"], condition=Q(state="waiting"), name="deliveries_due")]
        verbose_name_plural = "deliveries"

    def __str__(self) -> str:
        return f"{self.message_id}: {self.state}"


class Attempt(models.Model):
    """One try at a delivery, as its owner may read it."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempts")
    at = models.DateTimeField(help_text="What the header webhook-timestamp said.")
    url = models.CharField(max_length=2048)
    seconds = models.FloatField()
    status = models.PositiveSmallIntegerField(null=True, help_text="Of the answer; none came if it is empty.")
    error = models.CharField(max_length=60, blank=True, help_text="Why there is no answer.")
    answer = models.TextField(blank=True, help_text="The beginning of what was answered.")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.status or self.error}"


class JobHook(models.Model):
    """Where to tell the end of one job, asked for with it."""

    job_id = models.UUIDField(primary_key=True)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="job_hooks")
    url = models.CharField(max_length=2048)
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.job_id}: {self.url}"
