"""Jobs: made, read, listed, cancelled, deleted, tried again."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import throttles
from processing import admission, direct, jobs
from processing.api import paging, serializers
from processing.api.base import ApiView, own_job, terms_for, user_of
from processing.api.idempotency import job_id_of, once
from processing.api.negotiation import PictureRenderer, asked_format, wants_picture
from processing.api.parsers import BoundedFormParser, StrictJSONParser
from processing.api.pictures import picture
from processing.api.reading import (
    JOB_FIELDS,
    asked_recipe_format,
    invalid,
    read_fields,
    read_recipe,
    read_upload,
)
from processing.api.schema import IDEMPOTENCY, WAIT
from processing.api.unchanged import ToldAgain
from processing.api.waiting import asked_seconds, wait_for
from processing.errors import Refused, refusing
from processing.models import Job, JobQuerySet
from processing.pipeline.errors import PipelineError
from processing.pipeline.probe import probe
from processing.pipeline.recipe import Recipe

JSON = "application/json"
PICTURES = {
    (200, media_type): bytes for media_type in ("image/png", "image/webp", "image/jpeg", "image/avif")
}
FILTERS = ("status", "model", "created_after", "created_before")


class Jobs(ApiView):
    parser_classes = (MultiPartParser, BoundedFormParser, StrictJSONParser)
    renderer_classes = (JSONRenderer, PictureRenderer)
    takes_photos = True

    @property
    def query(self) -> tuple[str, ...]:  # type: ignore[override]
        return ("wait",) if self.request.method == "POST" else (*FILTERS, *paging.QUERY)

    @extend_schema(
        operation_id="jobs_create",
        request={
            "multipart/form-data": serializers.JobForm,
            "application/json": serializers.JobJson,
        },
        parameters=[IDEMPOTENCY, WAIT],
        responses={
            (202, JSON): serializers.JobSerializer,
            (201, JSON): serializers.JobSerializer,
            **PICTURES,
            **dict.fromkeys((402, 410, 500, 507)),
        },
    )
    @once
    def post(self, request: Request) -> HttpResponseBase:
        """Make a job of a photo: 202 at once, 201 when it was waited for, or the picture itself with
        `Accept: image/png`, `image/webp` or `image/*`."""
        seconds = asked_seconds(request)
        fields = read_fields(request, JOB_FIELDS)
        recipe = in_accepted_format(request, read_recipe(fields), asked_recipe_format(fields))
        job = _known(request) or _submit(request, fields, recipe)
        return answer(request, wait_for(job, seconds))

    @extend_schema(
        operation_id="jobs_list",
        parameters=[
            OpenApiParameter("status", enum=Job.Status.values),
            OpenApiParameter("model", str),
            OpenApiParameter("created_after", {"type": "string", "format": "date-time"}),
            OpenApiParameter("created_before", {"type": "string", "format": "date-time"}),
            *paging.PARAMETERS,
        ],
        responses={(200, JSON): paging.page_of(serializers.JobSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Own jobs, the newest first."""
        found = _filtered(Job.objects.for_owner(request.user), request)
        found = found.select_related("source").prefetch_related("renditions")
        return paging.answer(paging.Cursor(), found, request, serializers.JobSerializer)


class OneJob(ToldAgain):
    @extend_schema(operation_id="jobs_read", responses=serializers.JobSerializer)
    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        """A job, with its result or why it failed."""
        return Response(shown(request, own_job(request, job_id)))

    @extend_schema(operation_id="jobs_delete", responses={204: None})
    def delete(self, request: Request, job_id: uuid.UUID) -> Response:
        """Delete a job and its files; the photo too, when no other job needs it."""
        jobs.delete(own_job(request, job_id))
        return Response(status=204)


class Cancel(ApiView):
    @extend_schema(
        operation_id="jobs_cancel",
        request=None,
        parameters=[IDEMPOTENCY],
        responses=serializers.JobSerializer,
    )
    @once
    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        """Cancel a job that waits; its credits come back."""
        read_fields(request, ())
        job = own_job(request, job_id)
        if job.status != Job.Status.CANCELLED:
            jobs.cancel(job)
        return Response(shown(request, own_job(request, job_id)))


class Retry(ApiView):
    takes_photos = True

    @extend_schema(
        operation_id="jobs_retry",
        request=None,
        parameters=[IDEMPOTENCY],
        responses={202: serializers.JobSerializer, 402: None},
    )
    @once
    def post(self, request: Request, job_id: uuid.UUID) -> HttpResponseBase:
        """Make a new job of the photo of a failed or cancelled one."""
        read_fields(request, ())
        job = own_job(request, job_id)
        return answer(request, _known(request) or jobs.retry(job, terms_for(request)))


def answer(request: Request, job: Job) -> HttpResponseBase:
    """The job, or its picture when that was asked for and is there."""
    if wants_picture(request) and job.is_final:
        return picture(job, Recipe.from_canonical(job.recipe))
    location = reverse("api:job", args=[job.pk])
    return Response(
        shown(request, own_job(request, job.pk)),
        status=201 if job.is_final else 202,
        headers={"Location": request.build_absolute_uri(location)},
        content_type="application/json",
    )


def shown(request: Request, job: Job) -> Any:
    return serializers.JobSerializer(job, context={"request": request}).data


def in_accepted_format(request: Request, recipe: Recipe, asked: str) -> Recipe:
    """The recipe in the format that Accept names; Refused when the request itself asks for another."""
    wanted = asked_format(request)
    if not wanted:
        return recipe
    if asked not in {"", "auto", wanted}:
        raise Refused("not_acceptable")
    return recipe.replace(format=wanted)


def _submit(request: Request, fields: Any, recipe: Recipe) -> Job:
    owner = user_of(request)
    admission.admit(owner)
    upload = read_upload(request, fields)
    with refusing(PipelineError):
        found = probe(upload.data, settings.IMAGE_LIMITS)
    throttles.weigh(request, found.width * found.height / 1e6)
    job = jobs.submit(owner, upload, recipe, fields.text("model"), terms_for(request))
    if fields.text("upload"):
        direct.drop(owner, fields.text("upload"))
    return job


def _known(request: Request) -> Job | None:
    """What an earlier try with the same Idempotency-Key made."""
    if "Idempotency-Key" not in request.headers:
        return None
    job_id = job_id_of(request)
    return Job.objects.for_owner(request.user).filter(pk=job_id).first()


def _filtered(found: JobQuerySet, request: Request) -> JobQuerySet:
    query = request.query_params
    if "status" in query:
        if query["status"] not in Job.Status.values:
            raise invalid("status", query["status"], Job.Status.values)
        found = found.filter(status=query["status"])
    if "model" in query:
        found = found.filter(model=query["model"].replace("\0", ""))
    for name, lookup in (("created_after", "created__gt"), ("created_before", "created__lt")):
        if name in query:
            found = found.filter(Q(**{lookup: _moment(name, query[name])}))
    return found


def _moment(name: str, text: str) -> Any:
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None or is_naive(moment):
        raise invalid(name, text, "a moment such as 2030-01-31T12:00:00Z")
    return moment
