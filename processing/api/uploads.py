"""Uploads that go straight to the store: the address for one, to be named as `upload` when a job is made."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from processing import direct
from processing.api.base import ApiView, user_of
from processing.api.idempotency import once
from processing.api.reading import invalid, read_fields
from processing.api.schema import IDEMPOTENCY


class UploadAsked(serializers.Serializer):
    media_type = serializers.ChoiceField(choices=direct.TYPES, help_text="Of the photo that will be sent.")


class UploadBegun(serializers.Serializer):
    id = serializers.UUIDField(help_text="To be given as `upload` when a job is made of it.")
    url = serializers.URLField(help_text="POST the fields and, last, the photo as `file` to this address.")
    fields = serializers.DictField(child=serializers.CharField())  # type: ignore[assignment]
    expires = serializers.DateTimeField(help_text="Until then the address takes it.")


class Uploads(ApiView):
    takes_photos = True

    @extend_schema(
        operation_id="uploads_create",
        request=UploadAsked,
        parameters=[IDEMPOTENCY],
        responses={201: UploadBegun, **dict.fromkeys((404, 507))},
    )
    @once
    def post(self, request: Request) -> Response:
        """An address that takes one photo, of this type and at most the usual size, straight into the store."""
        fields = read_fields(request, ("media_type",))
        media_type = fields.text("media_type")
        if media_type not in direct.TYPES:
            raise invalid("media_type", media_type, list(direct.TYPES))
        begun = direct.begin(user_of(request), media_type)
        body = {"id": begun.id, "url": begun.url, "fields": begun.fields, "expires": begun.expires}
        return Response(body, status=201)
