"""Bria's API: version 2 (at once or later, with a status to ask for) and version 1.

docs/migration.md tells what differs.
"""

from __future__ import annotations

import json
import uuid
from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from rest_framework.request import Request

from accounts.authentication import credentials
from accounts.models import ApiKey
from processing import announce, jobs
from processing.api.base import own_job, user_of
from processing.api.compat import links, work
from processing.api.compat.base import DropIn, read
from processing.api.reading import Fields
from processing.api.waiting import wait_for
from processing.errors import Refused
from processing.jobs import Upload
from processing.models import Job
from processing.pipeline.options import Switch
from processing.pipeline.recipe import Recipe
from webhooks import endpoints

RECIPE = Recipe(format="png")
MODERATION = ("visual_input_content_moderation", "visual_output_content_moderation", "content_moderation")


class Unsupported(Refused):
    """What Bria has and this server has not. Passing over it in silence would be a promise that nobody keeps."""

    def __init__(self, what: str) -> None:
        super().__init__(
            "invalid_parameter", field=what, value="set", expected="left out: it is not supported"
        )

    @property
    def status(self) -> int:
        return 422


class Bria(DropIn):
    def refused(self, refusal: Refused) -> HttpResponse:
        error = announce.bria_error(refusal)
        return answer({"error": error, "request_id": str(uuid.uuid4())}, error["code"])


class RemoveBackground(Bria):
    takes_photos = True

    def post(self, request: Request) -> HttpResponse:
        fields = read(request)
        wait = _switch(fields, "sync", "false")
        recipe = _recipe(fields, "preserve_alpha")
        job = _accept(
            request, fields.text("webhook_url"), _order(request, _source(request, fields, "image"), recipe)
        )
        if wait:
            wait_for(job, float(settings.API_WAIT_SECONDS))
        if not (wait and job.is_final):  # also one that was answered at once: programs follow status_url
            return answer({"request_id": str(job.pk), "status_url": _status_url(request, job)}, 202)
        if job.status != Job.Status.SUCCEEDED:
            raise jobs.not_ready_error(job)
        return answer(
            {
                "result": {"image_url": links.address_of(request, job)},
                "request_id": str(job.pk),
                "status_url": _status_url(request, job),
            }
        )


class Status(Bria):
    def get(self, request: Request, request_id: str) -> HttpResponse:
        job = own_job(request, _id(request_id))
        return answer(announce.bria_status(job, partial(links.address_of, request)))


class RemoveBackgroundV1(Bria):
    takes_photos = True

    def post(self, request: Request) -> HttpResponse:
        fields = read(request)
        if fields.text("webhook_url"):
            raise Unsupported("webhook_url")
        recipe = _recipe(fields, "preserve_partial_alpha")
        name = "file" if "file" in fields.files else "image_url"
        job = work.run(user_of(request), _order(request, _source(request, fields, name), recipe))
        return answer({"result_url": links.address_of(request, job)})


def answer(body: dict[str, Any], status: int = 200) -> HttpResponse:
    return HttpResponse(json.dumps(body), content_type="application/json", status=status)


def _recipe(fields: Fields, switch: str) -> Recipe:
    """Off, what is half clear in the photo itself comes out as opaque as the model finds it."""
    return RECIPE if _switch(fields, switch, "true") else RECIPE.replace(source_alpha="opaque")


def _order(request: Request, photo: Upload, recipe: Recipe) -> work.Order:
    work.look_at(request, photo)
    return work.Order(photo, recipe, "", work.terms_for(request))


def _accept(request: Request, url: str, order: work.Order) -> Job:
    if not url:
        return work.accept(user_of(request), order)
    assert isinstance(request.auth, ApiKey)
    hook = endpoints.bria_hook(request.auth, credentials(request)[0], url)
    return work.accept(user_of(request), order, lambda job: hook(job.pk))


def _source(request: Request, fields: Fields, name: str) -> Upload:
    """The photo, when nothing is asked for that is not done here."""
    for word in MODERATION:
        if _switch(fields, word, "false"):
            raise Unsupported(word)
    if name in fields.files:
        return work.load(request, "file", fields.files[name])
    text = fields.text(name)
    if not text:
        raise Refused("missing_source")
    is_address = name == "image_url" or text[:8].lower().startswith(("http://", "https://"))
    return work.load(request, "url" if is_address else "base64", text)


def _switch(fields: Fields, name: str, usual: str) -> bool:
    value = Switch().read(fields.text(name) or usual)
    if value is None:
        raise Refused("invalid_parameter", field=name, value=fields.text(name)[:80], expected="true or false")
    return value


def _status_url(request: Request, job: Job) -> str:
    return request.build_absolute_uri(reverse("compat:bria-status", args=[job.pk]))


def _id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Refused("not_found") from None
