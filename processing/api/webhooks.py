"""Webhooks: endpoints of the account, their secrets, and what was delivered to them."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from processing.api import paging
from processing.api import webhook_serializers as serializers
from processing.api.account import asked
from processing.api.base import ApiView, user_of
from processing.api.idempotency import job_id_of, once
from processing.api.reading import invalid, read_fields
from processing.api.schema import IDEMPOTENCY
from webhooks import delivery, endpoints, outbox
from webhooks.endpoints import Wanted
from webhooks.models import Delivery, Endpoint

STATE = OpenApiParameter("state", str, enum=Delivery.State.values)


class WebhookView(ApiView):
    """Webhooks belong to the account's administration, reading them too: they tell what its photos are."""

    scope = "admin"
    shown_once = ("secret",)


class Webhooks(WebhookView):
    @extend_schema(operation_id="webhooks_list", responses=serializers.EndpointSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Own endpoints, without their secrets."""
        return Response(serializers.EndpointSerializer(_own(request), many=True).data)

    @extend_schema(
        operation_id="webhooks_create",
        request=serializers.EndpointAsked,
        parameters=[IDEMPOTENCY],
        responses={201: serializers.NewEndpointSerializer},
    )
    @once
    def post(self, request: Request) -> Response:
        """Make an endpoint. Its secret is in this answer and never again: a repetition with the same
        Idempotency-Key finds the endpoint, with null for its secret."""
        fields = asked(serializers.EndpointAsked, request)
        wanted = Wanted(fields["url"], tuple(fields["events"]), fields.get("description", ""))
        return Response(
            _with_secret(*endpoints.make(user_of(request), wanted, job_id_of(request))), status=201
        )


class OneWebhook(WebhookView):
    http_method_names = ["get", "head", "patch", "delete"]

    @extend_schema(operation_id="webhooks_read", responses=serializers.EndpointSerializer)
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        """An endpoint, and whether it works."""
        return Response(serializers.EndpointSerializer(_one(request, pk)).data)

    @extend_schema(
        operation_id="webhooks_change",
        request=serializers.EndpointChange,
        responses=serializers.EndpointSerializer,
    )
    def patch(self, request: Request, pk: uuid.UUID) -> Response:
        """Another address, other events, other words; on or off. What is left out stays."""
        endpoint, fields = _one(request, pk), asked(serializers.EndpointChange, request)
        wanted = Wanted(
            fields.get("url", endpoint.url),
            tuple(fields.get("events", endpoint.events)),
            fields.get("description", endpoint.description),
        )
        endpoints.change(endpoint, wanted)
        if fields.get("enabled", endpoint.enabled) != endpoint.enabled:
            (endpoints.enable if fields["enabled"] else endpoints.disable)(endpoint)
        return Response(serializers.EndpointSerializer(_one(request, pk)).data)

    @extend_schema(operation_id="webhooks_delete", responses={204: None})
    def delete(self, request: Request, pk: uuid.UUID) -> Response:
        """Delete an endpoint, with what was delivered to it and what waits."""
        _one(request, pk).delete()
        return Response(status=204)


class RotateSecret(WebhookView):
    @extend_schema(
        operation_id="webhooks_rotate",
        request=serializers.SecretAsked,
        parameters=[IDEMPOTENCY],
        responses={201: serializers.NewEndpointSerializer},
    )
    @once
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        """A new secret; for `overlap_hours` more every message carries a signature by the old one, too."""
        fields = asked(serializers.SecretAsked, request)
        endpoint = _one(request, pk)
        secret = endpoints.rotate(endpoint, timedelta(hours=fields.get("overlap_hours", 0)))
        return Response(_with_secret(endpoint, secret), status=201)


class TestWebhook(WebhookView):
    @extend_schema(
        operation_id="webhooks_test",
        request=None,
        parameters=[IDEMPOTENCY],
        responses={202: serializers.DeliverySerializer},
    )
    @once
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        """Send an event of the type `webhook.test`; how it went is in the deliveries."""
        read_fields(request, ())
        sent = outbox.test_event(endpoints.switched_on(_one(request, pk)))
        return Response(serializers.DeliverySerializer(sent).data, status=202)


class Deliveries(WebhookView):
    query = (*paging.QUERY, "state")

    @extend_schema(
        operation_id="webhooks_deliveries_list",
        parameters=[*paging.PARAMETERS, STATE],
        responses=paging.page_of(serializers.DeliverySerializer),
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        """What was and will be sent, the newest first, with every try. Kept for 30 days."""
        found, state = _deliveries(request, pk), request.query_params.get("state")
        if state is not None and state not in Delivery.State.values:
            raise invalid("state", state, " or ".join(Delivery.State.values))
        found = found.filter(state=state) if state else found
        return paging.answer(paging.LedgerCursor(), found, request, serializers.DeliverySerializer)


class OneDelivery(WebhookView):
    @extend_schema(operation_id="webhooks_deliveries_read", responses=serializers.DeliverySerializer)
    def get(self, request: Request, pk: uuid.UUID, delivery_id: int) -> Response:
        """One message, and every try to deliver it."""
        return Response(_delivery(request, pk, delivery_id))


class Replay(WebhookView):
    @extend_schema(
        operation_id="webhooks_deliveries_replay",
        request=None,
        parameters=[IDEMPOTENCY],
        responses={202: serializers.DeliverySerializer},
    )
    @once
    def post(self, request: Request, pk: uuid.UUID, delivery_id: int) -> Response:
        """Send a message again, with the same id."""
        read_fields(request, ())
        delivery.replay(get_object_or_404(_deliveries(request, pk), pk=delivery_id))
        return Response(_delivery(request, pk, delivery_id), status=202)


def _own(request: Request) -> QuerySet[Endpoint]:
    return Endpoint.objects.for_owner(request.user)


def _one(request: Request, pk: uuid.UUID) -> Endpoint:
    return get_object_or_404(_own(request), pk=pk)


def _deliveries(request: Request, pk: uuid.UUID) -> QuerySet[Delivery]:
    found = _one(request, pk).deliveries.select_related("message", "endpoint")
    return found.prefetch_related("attempts")


def _delivery(request: Request, pk: uuid.UUID, delivery_id: int) -> dict[str, Any]:
    return dict(
        serializers.DeliverySerializer(get_object_or_404(_deliveries(request, pk), pk=delivery_id)).data
    )


def _with_secret(endpoint: Endpoint, secret: str) -> dict[str, Any]:
    return {**serializers.EndpointSerializer(endpoint).data, "secret": secret or None}
