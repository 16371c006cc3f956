"""Pictures of a job: its result, and renditions in other recipes."""

from __future__ import annotations

import uuid

from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from processing import rendition_requests
from processing.api import serializers
from processing.api.base import ApiView, own_job
from processing.api.idempotency import once
from processing.api.jobs import JSON, PICTURES, in_accepted_format
from processing.api.negotiation import PictureRenderer, wants_picture
from processing.api.parsers import BoundedFormParser, StrictJSONParser
from processing.api.pictures import file_of, picture
from processing.api.reading import (
    RENDITION_FIELDS,
    asked_recipe_format,
    read_fields,
    read_number,
    read_recipe,
)
from processing.api.schema import IDEMPOTENCY, WAIT
from processing.api.waiting import asked_seconds, wait_for
from processing.errors import Refused
from processing.models import Job, Rendition
from processing.pipeline.recipe import Recipe


class Result(ApiView):
    renderer_classes = (PictureRenderer, JSONRenderer)

    @extend_schema(
        operation_id="jobs_result",
        responses={**PICTURES, **dict.fromkeys((409, 422, 500, 507))},
    )
    def get(self, request: Request, job_id: uuid.UUID) -> HttpResponseBase:
        """The picture that the job made, in the format of its recipe."""
        job = own_job(request, job_id)
        return picture(job, Recipe.from_canonical(job.recipe))


class Renditions(ApiView):
    parser_classes = (MultiPartParser, BoundedFormParser, StrictJSONParser)
    renderer_classes = (JSONRenderer, PictureRenderer)

    @property
    def query(self) -> tuple[str, ...]:  # type: ignore[override]
        return ("wait",) if self.request.method == "POST" else ()

    @extend_schema(
        operation_id="renditions_create",
        request={
            "application/json": serializers.RenditionJson,
            "multipart/form-data": serializers.RenditionForm,
        },
        parameters=[IDEMPOTENCY, WAIT],
        responses={
            (200, JSON): serializers.RenditionSerializer,
            (202, JSON): serializers.RenditionSerializer,
            **PICTURES,
            **dict.fromkeys((410, 500, 507)),
        },
    )
    @once
    def post(self, request: Request, job_id: uuid.UUID) -> HttpResponseBase:
        """The same photo in another recipe, without a charge. Fields that are not given stay as in the job's."""
        seconds = asked_seconds(request)
        fields = read_fields(request, RENDITION_FIELDS)
        job = own_job(request, job_id)
        recipe = read_recipe(fields, RENDITION_FIELDS, Recipe.from_canonical(job.recipe))
        recipe = in_accepted_format(request, recipe, asked_recipe_format(fields))
        rendition = rendition_requests.order(job, recipe, read_number(fields, "revision"))
        return answer(request, wait_for(rendition, seconds))

    @extend_schema(
        operation_id="renditions_list", responses={(200, JSON): serializers.RenditionSerializer(many=True)}
    )
    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        """Every rendition of a job."""
        made = own_job(request, job_id).renditions.all()
        return Response(serializers.RenditionSerializer(made, many=True, context={"request": request}).data)


class OneRendition(ApiView):
    @extend_schema(operation_id="renditions_read", responses=serializers.RenditionSerializer)
    def get(self, request: Request, job_id: uuid.UUID, pk: int) -> Response:
        """A rendition; while it waits or runs it has no file."""
        return Response(shown(request, own_rendition(request, job_id, pk)))


class RenditionFile(ApiView):
    renderer_classes = (PictureRenderer, JSONRenderer)

    @extend_schema(
        operation_id="renditions_file", responses={**PICTURES, **dict.fromkeys((409, 422, 500, 507))}
    )
    def get(self, request: Request, job_id: uuid.UUID, pk: int) -> HttpResponseBase:
        """A rendition's file."""
        return made_file(own_rendition(request, job_id, pk))


def answer(request: Request, rendition: Rendition) -> HttpResponseBase:
    if wants_picture(request) and rendition.is_final:
        return made_file(rendition)
    address = reverse("api:rendition", args=[rendition.job_id, rendition.pk])
    return Response(
        shown(request, rendition),
        status=200 if rendition.is_final else 202,
        headers={"Location": request.build_absolute_uri(address)},
        content_type="application/json",
    )


def made_file(rendition: Rendition) -> HttpResponseBase:
    if rendition.status == Rendition.Status.MADE:
        return file_of(rendition)
    raise Refused(rendition.error_code or "not_ready")


def own_rendition(request: Request, job_id: uuid.UUID, pk: int) -> Rendition:
    jobs = Job.objects.for_owner(request.user)
    return get_object_or_404(Rendition.objects.select_related("job"), job__in=jobs, job_id=job_id, pk=pk)


def shown(request: Request, rendition: Rendition) -> object:
    return serializers.RenditionSerializer(rendition, context={"request": request}).data
