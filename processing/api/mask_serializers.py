"""Masks and their revisions as JSON, and what an edit may hold as the schema tells it."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from processing import masks, messages
from processing.api.serializers import ErrorSerializer
from processing.models import Mask, MaskRevision

BASE = "The revision that is edited. Left out: the current one."
HEAD = "The revision that the client knows as the current one; another one is a conflict. Left out: base_revision."
GREY = "Grey PNG or TIFF (nothing lossy) of 8 or 16 bits in the photo's shape, of any size"


class StrokeAsked(serializers.Serializer):
    """One stroke. docs/api.md says what each tool takes; px of the upright photo."""

    tool = serializers.ChoiceField(
        choices=("restore", "erase", "lasso", "fill_holes", "invert", "grow", "smooth")
    )
    size = serializers.FloatField(required=False, min_value=1, max_value=500, help_text="Diameter in px.")
    hardness = serializers.FloatField(required=False, min_value=0, max_value=1)
    strength = serializers.FloatField(required=False, min_value=0, max_value=1)
    smart = serializers.BooleanField(required=False, help_text="Keep to the photo's edges.")
    mode = serializers.ChoiceField(required=False, choices=("add", "remove"), help_text="Of a lasso.")
    points = serializers.ListField(
        required=False,
        child=serializers.ListField(child=serializers.FloatField(), min_length=2, max_length=3),
    )
    px = serializers.FloatField(required=False, min_value=-20, max_value=20, help_text="Of grow and smooth.")


class RestoreAsked(serializers.Serializer):
    head = serializers.IntegerField(required=False, min_value=0, help_text=HEAD)


class EditJson(RestoreAsked):
    base_revision = serializers.IntegerField(required=False, min_value=0, help_text=BASE)
    strokes = StrokeAsked(many=True, required=False)
    mask = serializers.CharField(required=False, help_text=f"{GREY}, as Base64.")
    trimap = serializers.CharField(
        required=False, help_text=f"{GREY}, as Base64: black is background, white foreground, grey is solved."
    )


class EditForm(RestoreAsked):
    base_revision = serializers.IntegerField(required=False, min_value=0, help_text=BASE)
    mask = serializers.FileField(required=False, help_text=f"{GREY}.")
    trimap = serializers.FileField(required=False, help_text=f"{GREY}: black, white, and grey to be solved.")


class RevisionSummarySerializer(serializers.ModelSerializer):
    ready = serializers.SerializerMethodField()
    mask = serializers.SerializerMethodField()

    class Meta:
        model = MaskRevision
        fields: tuple[str, ...] = ("number", "base", "kind", "created", "ready", "mask")

    def get_ready(self, revision: MaskRevision) -> bool:
        return bool(revision.file)

    def get_mask(self, revision: MaskRevision) -> str:
        """Where its 16-bit PNG is, once it is ready."""
        address = reverse("api:revision-mask", args=[revision.job_id, revision.number])
        return str(self.context["request"].build_absolute_uri(address))


class RevisionSerializer(RevisionSummarySerializer):
    strokes = serializers.ListField(child=serializers.DictField())

    class Meta(RevisionSummarySerializer.Meta):
        fields = (*RevisionSummarySerializer.Meta.fields, "strokes")


class MaskSerializer(serializers.ModelSerializer):
    """`head` is the current revision, `shown` the one that the result shows; `pending` while a worker follows."""

    shown = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    revisions = serializers.SerializerMethodField()

    class Meta:
        model = Mask
        fields = ("head", "shown", "pending", "error", "revisions")

    def get_shown(self, mask: Mask) -> int:
        return int(self.context["job"].revision)

    @extend_schema_field(ErrorSerializer(allow_null=True))
    def get_error(self, mask: Mask) -> dict[str, Any] | None:
        """Why the head could not be made."""
        return messages.as_dict(mask.error_code, {}) if mask.error_code else None

    @extend_schema_field(RevisionSummarySerializer(many=True))
    def get_revisions(self, mask: Mask) -> Any:
        found = masks.revisions(self.context["job"])
        return RevisionSummarySerializer(found, many=True, context=self.context).data
