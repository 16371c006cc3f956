"""Batches: opened, read, listed, closed, paused, cancelled, retried, deleted; one ZIP and one table out."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, TypeVar

from django.http import StreamingHttpResponse
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from processing import batch_results, batches, packing
from processing.api import batch_reading, paging
from processing.api import batch_serializers as shapes
from processing.api.base import ApiView, own_batch, terms_for, user_of
from processing.api.idempotency import job_id_of, once
from processing.api.jobs import JSON
from processing.api.parsers import BoundedFormParser, StrictJSONParser
from processing.api.reading import OPTIONS, RENDITION_FIELDS, Fields, read_fields, read_recipe
from processing.api.schema import IDEMPOTENCY
from processing.api.serializers import CsvRenderer, RenditionJson
from processing.batches import Asked
from processing.errors import Refused
from processing.models import Batch, BatchItem
from processing.pipeline.recipe import Recipe

Handler = TypeVar("Handler", bound=Callable[..., Any])
BATCH_FIELDS = frozenset({"name", "model", "recipe", "close", *OPTIONS})
RECIPE_QUERY = OpenApiParameter("recipe", str, description="The recipe of every result, as a JSON object.")


class ZipRenderer(BaseRenderer):
    """Stands for the archive in a view's list of answers; the view itself gives the bytes."""

    media_type = "application/zip"
    format = "zip"
    charset = None

    def render(self, data: Any, *args: Any, **kwargs: Any) -> bytes:
        return b""


class Batches(ApiView):
    parser_classes = (MultiPartParser, BoundedFormParser, StrictJSONParser)
    takes_photos = True

    @property
    def query(self) -> tuple[str, ...]:  # type: ignore[override]
        return () if self.request.method == "POST" else paging.QUERY

    @extend_schema(
        operation_id="batches_create",
        request={"multipart/form-data": shapes.BatchForm, "application/json": shapes.BatchJson},
        parameters=[IDEMPOTENCY],
        responses={
            (201, JSON): shapes.BatchWithItemsSerializer,
            **dict.fromkeys((402, 410, 507)),
        },
    )
    @once
    def post(self, request: Request) -> Response:
        """Open a batch and put photos in it: files, a ZIP, addresses or Base64. A photo that is refused is an item
        with an error and stops no other; it costs nothing. Limits: items as the plan says; no rate but that of
        requests, as room in the queue and credits bound each item."""
        brought = batch_reading.read(request, BATCH_FIELDS)
        recipe, closes = read_recipe(brought.fields), brought.closes(True)
        batch = _known(request) or _open(request, brought.fields, recipe)
        try:
            made = batch_reading.add(batch, brought)
        except Refused:
            batches.drop_if_empty(batch)
            raise
        if closes:
            batches.close(batch)
        return answer(request, batch, made, 201)

    @extend_schema(
        operation_id="batches_list",
        parameters=list(paging.PARAMETERS),
        responses={(200, JSON): paging.page_of(shapes.BatchSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Own batches, the newest first."""
        found = Batch.objects.for_owner(request.user)
        return paging.answer(paging.Cursor(), found, request, shapes.BatchSerializer)


class OneBatch(ApiView):
    @extend_schema(operation_id="batches_read", responses=shapes.BatchSerializer)
    def get(self, request: Request, batch_id: uuid.UUID) -> Response:
        """A batch and how far it is."""
        return Response(shown(request, own_batch(request, batch_id)))

    @extend_schema(operation_id="batches_delete", responses={204: None})
    def delete(self, request: Request, batch_id: uuid.UUID) -> Response:
        """Delete a batch with all its photos and results."""
        batches.delete(own_batch(request, batch_id))
        return Response(status=204)


class Verb(ApiView):
    """A POST without a body that does one thing to a batch and answers with the batch."""

    def done(self, request: Request, batch_id: uuid.UUID, verb: Callable[[Batch], object]) -> Response:
        read_fields(request, ())
        verb(own_batch(request, batch_id))
        return Response(shown(request, own_batch(request, batch_id)))


def _verb(name: str, *more: int) -> Callable[[Handler], Handler]:
    responses: dict[Any, Any] = {(200, JSON): shapes.BatchSerializer, **dict.fromkeys(more)}
    decorator: Callable[[Handler], Handler] = extend_schema(
        operation_id=f"batches_{name}", request=None, parameters=[IDEMPOTENCY], responses=responses
    )
    return decorator


class Close(Verb):
    @_verb("close")
    @once
    def post(self, request: Request, batch_id: uuid.UUID) -> Response:
        """Say that no more items will come: with its last item the batch is finished."""
        return self.done(request, batch_id, batches.close)


class Pause(Verb):
    @_verb("pause")
    @once
    def post(self, request: Request, batch_id: uuid.UUID) -> Response:
        """Begin nothing more. What runs is brought to its end."""
        return self.done(request, batch_id, batches.pause)


class Resume(Verb):
    @_verb("resume")
    @once
    def post(self, request: Request, batch_id: uuid.UUID) -> Response:
        """Go on after a pause."""
        return self.done(request, batch_id, batches.resume)


class Cancel(Verb):
    @_verb("cancel")
    @once
    def post(self, request: Request, batch_id: uuid.UUID) -> Response:
        """Cancel what waits; its credits come back. Results that are there stay."""
        return self.done(request, batch_id, batches.cancel)


class Retry(Verb):
    @_verb("retry", 402)
    @once
    def post(self, request: Request, batch_id: uuid.UUID) -> Response:
        """Take up again what failed, and what lacked credit or room, as far as its photo is here. A file that was
        refused for itself has to be sent again under its key."""
        return self.done(request, batch_id, batches.retry)


class Renditions(ApiView):
    @extend_schema(
        operation_id="batches_renditions",
        request=RenditionJson,
        parameters=[IDEMPOTENCY],
        responses={(202, JSON): shapes.OrderedSerializer, 410: None},
    )
    @once
    def post(self, request: Request, batch_id: uuid.UUID) -> Response:
        """Have every result made in another recipe, without a charge. Fields that are not given stay as in the
        batch's. The archive gives them with the same `recipe` when all are made."""
        fields = read_fields(request, RENDITION_FIELDS)
        batch = own_batch(request, batch_id)
        items, made = batch_results.order(batch, _in_other(batch, fields))
        return Response({"items": items, "made": made}, status=202)


class Archive(ApiView):
    renderer_classes = (ZipRenderer, JSONRenderer)
    query = ("recipe",)

    @extend_schema(
        operation_id="batches_archive",
        parameters=[RECIPE_QUERY],
        responses={(200, "application/zip"): bytes, 409: None},
    )
    def get(self, request: Request, batch_id: uuid.UUID) -> StreamingHttpResponse:
        """One ZIP of the results that are there, under the names of the photos, with the report in it."""
        batch = own_batch(request, batch_id)
        asked = request.query_params.get("recipe")
        recipe = _in_other(batch, Fields({"recipe": asked})) if asked else None
        return streamed(batch_results.archive(batch, recipe), "application/zip", f"{batch.name}.zip")


class Report(ApiView):
    renderer_classes = (CsvRenderer, JSONRenderer)

    @extend_schema(operation_id="batches_report", responses={(200, "text/csv"): str})
    def get(self, request: Request, batch_id: uuid.UUID) -> StreamingHttpResponse:
        """A table of every item: state, file in the ZIP, confidence, size, credits, error."""
        batch = own_batch(request, batch_id)
        return streamed(batch_results.report(batch), "text/csv; charset=utf-8", f"{batch.name}.csv")


def answer(request: Request, batch: Batch, items: list[BatchItem], status: int) -> Response:
    context = {"request": request, "items": _fresh(items)}
    body = shapes.BatchWithItemsSerializer(own_batch(request, batch.pk), context=context).data
    location = request.build_absolute_uri(reverse("api:batch", args=[batch.pk]))
    return Response(body, status=status, headers={"Location": location})


def shown(request: Request, batch: Batch) -> Any:
    return shapes.BatchSerializer(batch, context={"request": request}).data


def streamed(content: Any, content_type: str, name: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(content, content_type=content_type)
    safe = packing.safe_part(name).encode("ascii", "replace").decode().replace("?", "_")
    response["Content-Disposition"] = f'attachment; filename="{safe}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _fresh(items: list[BatchItem]) -> list[BatchItem]:
    """In the order in which they were sent, one that came twice once."""
    rows = BatchItem.objects.select_related("job").in_bulk([item.pk for item in items])
    return [rows[pk] for pk in dict.fromkeys(item.pk for item in items) if pk in rows]


def _known(request: Request) -> Batch | None:
    """What an earlier try with the same Idempotency-Key opened."""
    if "Idempotency-Key" not in request.headers:
        return None
    job_id = job_id_of(request)
    return Batch.objects.for_owner(request.user).filter(pk=job_id).first()


def _open(request: Request, fields: Fields, recipe: Recipe) -> Batch:
    terms = terms_for(request)
    asked = Asked(recipe, fields.text("model"), terms.price)
    return batches.open_batch(user_of(request), fields.text("name"), asked, terms.job_id)


def _in_other(batch: Batch, fields: Fields) -> Recipe:
    return read_recipe(fields, RENDITION_FIELDS, Recipe.from_canonical(batch.recipe))
