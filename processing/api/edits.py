"""The mask of a job: edited by strokes, a mask or a trimap; its revisions, read and made current again."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http.response import HttpResponseBase
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import limits
from accounts.plans import Rate
from processing import masks
from processing.api.base import ApiView, own_job
from processing.api.idempotency import once
from processing.api.mask_serializers import (
    EditForm,
    EditJson,
    MaskSerializer,
    RestoreAsked,
    RevisionSerializer,
)
from processing.api.negotiation import PictureRenderer
from processing.api.parsers import StrictJSONParser
from processing.api.pictures import stored_file
from processing.api.reading import Fields, decoded, invalid, read_fields, read_number
from processing.api.schema import IDEMPOTENCY, WAIT
from processing.api.waiting import asked_seconds, wait_for
from processing.errors import Refused, refusing
from processing.models import Job, MaskRevision
from processing.pipeline.strokes import MAX_POINTS, MAX_STROKES, Stroke, StrokeError, parse
from processing.uploads import refusals

Kind = MaskRevision.Kind
GIVEN = {"mask": Kind.MASK, "trimap": Kind.TRIMAP}
SAVES = Rate(30, 10)  # of one account, whatever its plan: an edit is free, and work for a worker


class StrokesParser(StrictJSONParser):
    """JSON with as many commas and brackets as the largest edit there may be has."""

    most_parts = 4 * MAX_POINTS + 10 * MAX_STROKES


class Edits(ApiView):
    parser_classes = (MultiPartParser, StrokesParser)
    query = ("wait",)

    @extend_schema(
        operation_id="edits_create",
        request={"application/json": EditJson, "multipart/form-data": EditForm},
        parameters=[IDEMPOTENCY, WAIT],
        responses={201: MaskSerializer, 202: MaskSerializer, 410: None, 507: None},
    )
    @once
    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        """Edit the mask, without a charge: `strokes`, or a whole `mask`, or a `trimap` whose grey band is solved.
        409 `version_conflict` when somebody edited it since `head`. 201 when the result shows it, else 202."""
        seconds = asked_seconds(request)
        fields = read_fields(request, ("strokes", *GIVEN, "base_revision", "head"))
        job = own_job(request, job_id)
        limits.hit_all(limits.rough(), f"edits:{job.owner_id}", (SAVES,))
        current = masks.open_mask(job).head
        asked = read_number(fields, "base_revision")
        base = current if asked is None else asked
        head = read_number(fields, "head")
        _save(request, job, base, base if head is None else head, fields)
        return answer(request, job, seconds)


class Revisions(ApiView):
    @extend_schema(
        operation_id="revisions_list", responses={200: MaskSerializer, **dict.fromkeys((409, 410, 422))}
    )
    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        """The mask with all its revisions; 0 is the model's own."""
        job = own_job(request, job_id)
        masks.open_mask(job)
        return Response(shown(request, job))


class OneRevision(ApiView):
    @extend_schema(operation_id="revisions_read", responses=RevisionSerializer)
    def get(self, request: Request, job_id: uuid.UUID, number: int) -> Response:
        """A revision, with the strokes that it was made by."""
        found = own_revision(own_job(request, job_id), number)
        return Response(RevisionSerializer(found, context={"request": request}).data)


class Levels(ApiView):
    renderer_classes = (PictureRenderer, JSONRenderer)

    @extend_schema(
        operation_id="revisions_mask",
        responses={(200, "image/png"): bytes, **dict.fromkeys((409, 410, 507))},
    )
    def get(self, request: Request, job_id: uuid.UUID, number: int) -> HttpResponseBase:
        """The mask itself: a 16-bit grey PNG of the photo's size."""
        job = own_job(request, job_id)
        found = own_revision(job, number)
        if not found.file:
            raise Refused("not_ready")
        response = stored_file(found.file, "image/png", f"mask-{number}.png")
        # A revision never changes, so its name says what is in it.
        response["ETag"] = f'"{job.pk.hex}-{number}"'
        return response


class Restore(ApiView):
    query = ("wait",)

    @extend_schema(
        operation_id="revisions_restore",
        request=RestoreAsked,
        parameters=[IDEMPOTENCY, WAIT],
        responses={200: MaskSerializer, 202: MaskSerializer, 410: None},
    )
    @once
    def post(self, request: Request, job_id: uuid.UUID, number: int) -> Response:
        """Make an earlier revision the current one again. 409 `version_conflict` when another than `head` is."""
        seconds = asked_seconds(request)
        fields = read_fields(request, ("head",))
        job = own_job(request, job_id)
        limits.hit_all(limits.rough(), f"edits:{job.owner_id}", (SAVES,))
        head = read_number(fields, "head")
        masks.choose(job, number, masks.open_mask(job).head if head is None else head)
        return answer(request, job, seconds, done=200)


def answer(request: Request, job: Job, seconds: float, done: int = 201) -> Response:
    """What the mask is now, once its pictures are made or the time is over."""
    mask = wait_for(masks.open_mask(job), seconds)
    where = reverse("api:revision", args=[job.pk, mask.head])
    return Response(
        shown(request, job),
        status=done if mask.is_final else 202,
        headers={"Location": request.build_absolute_uri(where)},
    )


def shown(request: Request, job: Job) -> Any:
    job.refresh_from_db(fields=["revision"])
    return MaskSerializer(masks.open_mask(job), context={"request": request, "job": job}).data


def own_revision(job: Job, number: int) -> MaskRevision:
    found = job.mask_revisions.filter(number=number).first()
    if found is None:
        raise Refused("unknown_revision", number=number)
    return found


def _save(request: Request, job: Job, base: int, head: int, fields: Fields) -> None:
    for refusal in refusals(request._request):
        raise refusal
    given = [name for name in ("strokes", *GIVEN) if fields.values.get(name) or name in fields.files]
    if len(given) != 1:
        raise invalid(
            "strokes", " and ".join(given) or "empty", "given, or else mask or trimap is: one of them"
        )
    if given[0] == "strokes":
        masks.save(job, base, head, _strokes(job, fields))
    else:
        masks.give(job, base, head, GIVEN[given[0]], _file(fields, given[0]))


def _strokes(job: Job, fields: Fields) -> tuple[Stroke, ...]:
    with refusing(StrokeError):
        return parse(fields.values["strokes"], (job.source.width, job.source.height))


def _file(fields: Fields, name: str) -> bytes:
    file = fields.files.get(name)
    return file.read() if isinstance(file, UploadedFile) else decoded(fields.text(name))
