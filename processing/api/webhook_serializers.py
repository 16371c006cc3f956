"""Endpoints and deliveries as JSON."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from webhooks.events import EVENTS
from webhooks.models import Attempt, Delivery, Endpoint

LONGEST_URL = 2048


def _events(**options: Any) -> serializers.ListField:
    words = "; ".join(f"`{name}`: {text}" for name, text in EVENTS.items())
    return serializers.ListField(
        child=serializers.ChoiceField(choices=list(EVENTS)), min_length=1, help_text=words, **options
    )


class EndpointAsked(serializers.Serializer):
    url = serializers.CharField(max_length=LONGEST_URL, help_text="Public http or https address.")
    events = _events()
    description = serializers.CharField(required=False, allow_blank=True, max_length=200)


class EndpointChange(serializers.Serializer):
    url = serializers.CharField(required=False, max_length=LONGEST_URL)
    events = _events(required=False)
    description = serializers.CharField(required=False, allow_blank=True, max_length=200)
    enabled = serializers.BooleanField(required=False)


class SecretAsked(serializers.Serializer):
    overlap_hours = serializers.IntegerField(
        required=False, min_value=0, max_value=168, help_text="How long the old secret signs as well."
    )


class EndpointSerializer(serializers.ModelSerializer):
    events = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Endpoint
        fields = (
            "id", "url", "events", "description", "enabled", "disabled_why", "failures", "failing_since",
            "old_secret_until", "created",
        )  # fmt: skip


class NewEndpointSerializer(EndpointSerializer):
    secret = serializers.CharField(
        allow_null=True, help_text="What messages are signed with. It is shown this once."
    )

    class Meta(EndpointSerializer.Meta):
        fields = (*EndpointSerializer.Meta.fields, "secret")  # type: ignore[assignment]


class AttemptSerializer(serializers.ModelSerializer):
    class Meta:
        model = Attempt
        fields = ("at", "url", "seconds", "status", "error", "answer")


class DeliverySerializer(serializers.ModelSerializer):
    message = serializers.CharField(source="message_id", help_text="The header webhook-id.")
    type = serializers.CharField(source="message.type")
    body = serializers.SerializerMethodField()
    attempts = AttemptSerializer(many=True)

    class Meta:
        model = Delivery
        fields = ("id", "message", "type", "state", "due", "created", "ended", "body", "attempts")

    @extend_schema_field(str)
    def get_body(self, delivery: Delivery) -> str:
        """Exactly what is signed and sent."""
        return delivery.message.body
