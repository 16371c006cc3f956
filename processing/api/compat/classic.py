"""The classic format: a photo in a form, the cutout as a data URL in JSON, and a name to load it by."""

from __future__ import annotations

import base64
import json
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from rest_framework.permissions import AllowAny
from rest_framework.request import Request

from accounts.models import ApiKey, User
from processing import storage
from processing.api.compat import links, work
from processing.api.compat.base import DropIn, read
from processing.api.compat.keyless import KeyOrNone, MayCome, owner_of
from processing.api.reading import Fields
from processing.errors import Refused, refusing
from processing.jobs import Upload
from processing.links import name_of, result_of
from processing.pipeline.errors import PipelineError
from processing.pipeline.recipe import Recipe


class KeyInBody(KeyOrNone):
    """The key in a header, else in the field `api_key`."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey | None] | None:
        text = read(request).text("api_key")
        if text and not {"HTTP_X_API_KEY", "HTTP_API_TOKEN", "HTTP_AUTHORIZATION"} & request.META.keys():
            request.META["HTTP_X_API_KEY"] = text
        return super().authenticate(request)


class Classic(DropIn):
    authentication_classes = (KeyInBody,)
    permission_classes = (MayCome,)
    takes_photos = True

    def refused(self, refusal: Refused) -> HttpResponse:
        return answer(
            {"success": False, "error": str(refusal), "message": str(refusal), "code": refusal.code},
            refusal.status,
        )


class Health(DropIn):
    """Asked by balancers, often and from one address, so no rate counts it."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = ()

    def get(self, request: Request) -> HttpResponse:
        return answer({"success": True, "status": "ok", "message": "The service is running"})

    refused = Classic.refused


class Download(links.Download):
    refused = Classic.refused


class RemoveBackground(Classic):
    def post(self, request: Request) -> HttpResponse:
        fields = read(request)
        photo = picture(request, fields, "image")
        with refusing(PipelineError):
            recipe = Recipe.parse({"feather": fields.text("feather"), "format": "png"})
        work.look_at(request, photo)
        terms = work.terms_for(request)
        job = work.run(owner_of(request), work.Order(photo, recipe, fields.text("model"), terms))
        data = storage.read(result_of(job).file)
        name = name_of(job)
        return answer(
            {"success": True, "image": data_url(data), "filename": name, "message": "Background removed"}
        )


def picture(request: Request, fields: Fields, name: str) -> Upload:
    """A picture from a part of a form, or from a data URL or Base64. Refused: missing_source."""
    file = fields.files.get(name)
    if isinstance(file, UploadedFile):
        return work.load(request, "file", file)
    if not fields.text(name):
        raise Refused("missing_source")
    return work.load(request, "base64", fields.text(name))


def data_url(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode()


def answer(body: dict[str, Any], status: int = 200) -> HttpResponse:
    return HttpResponse(json.dumps(body), content_type="application/json", status=status)
