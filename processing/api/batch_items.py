"""The items of a batch: listed, added, read, removed, tried again."""

from __future__ import annotations

import uuid

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from processing import batches
from processing.api import batch_reading, paging
from processing.api import batch_serializers as shapes
from processing.api.base import ApiView, own_batch
from processing.api.batches import answer
from processing.api.idempotency import once
from processing.api.jobs import JSON
from processing.api.parsers import BoundedFormParser, StrictJSONParser
from processing.api.reading import invalid, read_fields
from processing.api.schema import IDEMPOTENCY
from processing.errors import Refused
from processing.models import BatchItem


class Items(ApiView):
    parser_classes = (MultiPartParser, BoundedFormParser, StrictJSONParser)
    takes_photos = True

    @property
    def query(self) -> tuple[str, ...]:  # type: ignore[override]
        return () if self.request.method == "POST" else ("state", *paging.QUERY)

    @extend_schema(
        operation_id="batch_items_add",
        request={"multipart/form-data": shapes.PiecesForm, "application/json": shapes.PiecesJson},
        parameters=[IDEMPOTENCY],
        responses={(200, JSON): shapes.BatchWithItemsSerializer, **dict.fromkeys((402, 410, 507))},
    )
    @once
    def post(self, request: Request, batch_id: uuid.UUID) -> Response:
        """Add items to a batch that is open. Under the key of an item that was refused, its photo is replaced, also
        when the batch is closed; under the key of one that was taken, nothing changes."""
        brought = batch_reading.read(request, frozenset({"close"}))
        closes = brought.closes(False)
        if not (brought.pieces or brought.archive or closes):
            raise Refused("missing_source")
        batch = own_batch(request, batch_id)
        made = batch_reading.add(batch, brought)
        if closes:
            batches.close(batch)
        return answer(request, batch, made, 200)

    @extend_schema(
        operation_id="batch_items_list",
        parameters=[OpenApiParameter("state", enum=BatchItem.STATES), *paging.PARAMETERS],
        responses={(200, JSON): paging.page_of(shapes.ItemSerializer)},
    )
    def get(self, request: Request, batch_id: uuid.UUID) -> Response:
        """The items, in their order."""
        found = own_batch(request, batch_id).items.select_related("job")
        state = request.query_params.get("state")
        if state is not None and state not in BatchItem.STATES:
            raise invalid("state", state, BatchItem.STATES)
        found = found.in_states(state) if state else found
        return paging.answer(paging.PositionCursor(), found, request, shapes.ItemSerializer)


class OneItem(ApiView):
    @extend_schema(operation_id="batch_items_read", responses=shapes.ItemSerializer)
    def get(self, request: Request, batch_id: uuid.UUID, position: int) -> Response:
        """One item."""
        return _shown(request, own_item(request, batch_id, position))

    @extend_schema(operation_id="batch_items_remove", responses={204: None})
    def delete(self, request: Request, batch_id: uuid.UUID, position: int) -> Response:
        """Remove an item with its photo and result."""
        item = own_item(request, batch_id, position)
        batches.remove(item.batch, item)
        return Response(status=204)


class RetryItem(ApiView):
    takes_photos = True

    @extend_schema(
        operation_id="batch_items_retry",
        request=None,
        parameters=[IDEMPOTENCY],
        responses={(200, JSON): shapes.ItemSerializer, 402: None},
    )
    @once
    def post(self, request: Request, batch_id: uuid.UUID, position: int) -> Response:
        """Take one item up again. Its photo has to be here: what was refused for itself is sent again instead."""
        read_fields(request, ())
        item = own_item(request, batch_id, position)
        if not batches.retry_item(item.batch, item):
            raise Refused("not_retryable")
        return _shown(request, own_item(request, batch_id, position))


def own_item(request: Request, batch_id: uuid.UUID, position: int) -> BatchItem:
    if position > 2**31 - 1:  # no column holds it
        raise Refused("not_found")
    rows = own_batch(request, batch_id).items.select_related("batch__owner", "job__source", "source")
    return get_object_or_404(rows, position=position)


def _shown(request: Request, item: BatchItem) -> Response:
    return Response(shapes.ItemSerializer(item, context={"request": request}).data)
