"""Rows as JSON, and what requests may hold as the schema tells it."""

from __future__ import annotations

import copy
from functools import cache, lru_cache
from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.renderers import BaseRenderer

from accounts.models import CREDIT, ApiKey, CreditEntry
from processing import messages, renditions
from processing.api.fields import recipe_fields, serializer_of
from processing.models import Job, Rendition, Source
from processing.pipeline.layouts import LAYOUTS
from processing.pipeline.recipe import OF_THE_LOOK, RULES, Recipe


class CsvRenderer(BaseRenderer):
    """Stands for a table in a view's list of answers; the view itself writes it."""

    media_type = "text/csv"
    format = "csv"

    def render(self, data: Any, *args: Any, **kwargs: Any) -> bytes:
        return b""


# --- What comes in ---------------------------------------------------------------------------------------

LAYOUT = {
    "layout": serializers.CharField(
        required=False,
        help_text=f"A set of these fields; what is given beside it wins. One of {', '.join(LAYOUTS)}.",
    )
}
RecipeAsked = serializer_of("Recipe", recipe_fields(whole=True) | LAYOUT)
RenditionRecipe = serializer_of("RenditionRecipe", recipe_fields(set(RULES) - OF_THE_LOOK) | LAYOUT)


REVISION = "The mask's revision; 0 is the model's own. Left out: the current one."


class RenditionJson(RenditionRecipe):  # type: ignore[misc, valid-type]
    revision = serializers.IntegerField(required=False, min_value=0, help_text=REVISION)
    recipe = RenditionRecipe(required=False, help_text="The same fields as one object.")


class RenditionForm(RenditionRecipe):  # type: ignore[misc, valid-type]
    revision = serializers.IntegerField(required=False, min_value=0, help_text=REVISION)
    recipe = serializers.CharField(required=False, help_text="The same fields as one JSON object.")


class JobJson(RecipeAsked):  # type: ignore[misc, valid-type]
    url = serializers.CharField(required=False, help_text="Public http or https address of a picture.")
    base64 = serializers.CharField(required=False, help_text="The picture as Base64, or as a data URL.")
    upload = serializers.UUIDField(
        required=False, help_text="A photo that was sent to the address of /uploads."
    )
    name = serializers.CharField(required=False, help_text="What the photo is called in lists and downloads.")
    model = serializers.CharField(required=False, help_text="One of /models; empty: the usual one.")
    recipe = RecipeAsked(required=False, help_text="The same fields as one object.")


class JobForm(JobJson):
    file = serializers.FileField(required=False, help_text="The photo.")
    recipe = serializers.CharField(required=False, help_text="The same fields as one JSON object.")  # type: ignore[assignment]


class KeyAsked(serializers.Serializer):
    name = serializers.CharField(required=False, max_length=80)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=("read", "write", "admin")), required=False, min_length=1
    )
    days = serializers.IntegerField(
        required=False, min_value=1, max_value=3650, help_text="Until it expires."
    )
    test = serializers.BooleanField(required=False)
    per_minute = serializers.IntegerField(required=False, min_value=1, max_value=100_000)


class RotateAsked(serializers.Serializer):
    overlap_hours = serializers.IntegerField(
        required=False, min_value=0, max_value=168, help_text="How long the old key still works."
    )


# --- What goes out ---------------------------------------------------------------------------------------

RecipeShown = serializer_of("RecipeShown", recipe_fields(required=True))


class RowSerializer(serializers.ModelSerializer):
    """A row that is only shown: which fields it has is found out once for each class, and not for each answer, which
    would be the dearest part of a status poll."""

    def get_fields(self) -> dict[str, Any]:
        return {name: copy.copy(field) for name, field in _fields_of(type(self)).items()}


@cache
def _fields_of(kind: type[RowSerializer]) -> dict[str, Any]:
    """Without a parent: they are copied before they get one."""
    return dict(serializers.ModelSerializer.get_fields(kind()))


@lru_cache(maxsize=1024)
def _recipe_shown(canonical: str) -> dict[str, Any]:
    return Recipe.from_canonical(canonical).as_dict()


class ErrorSerializer(serializers.Serializer):
    code = serializers.CharField()
    title = serializers.CharField()
    detail = serializers.CharField()
    retryable = serializers.BooleanField()


class SourceSerializer(RowSerializer):
    class Meta:
        model = Source
        fields = ("sha256", "media_type", "size", "width", "height")


class RenditionSerializer(RowSerializer):
    recipe = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField()

    class Meta:
        model = Rendition
        fields = (
            "id",
            "status",
            "revision",
            "recipe",
            "url",
            "media_type",
            "size",
            "width",
            "height",
            "sha256",
            "error_code",
        )

    @extend_schema_field(RecipeShown)
    def get_recipe(self, rendition: Rendition) -> dict[str, Any]:
        return _recipe_shown(rendition.recipe)

    def get_url(self, rendition: Rendition) -> str:
        address = reverse("api:rendition-file", args=[rendition.job_id, rendition.pk])
        return str(self.context["request"].build_absolute_uri(address))


class JobSerializer(RowSerializer):
    """One photo, one recipe, one charge."""

    credits = serializers.SerializerMethodField()
    source = SourceSerializer()  # type: ignore[assignment]
    recipe = serializers.SerializerMethodField()
    result = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    confidence = serializers.SerializerMethodField()
    made_by = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField()

    class Meta:
        model = Job
        fields = (
            "id", "status", "stage", "name", "model", "credits", "cached", "attempt", "created", "started",
            "finished", "expires", "source", "recipe", "revision", "result", "error", "confidence", "made_by", "url",
        )  # fmt: skip

    def get_credits(self, job: Job) -> float:
        """What it costs: held while it runs, spent when it succeeded, given back otherwise."""
        return job.cost / CREDIT

    @extend_schema_field(RecipeShown)
    def get_recipe(self, job: Job) -> dict[str, Any]:
        return _recipe_shown(job.recipe)

    @extend_schema_field(RenditionSerializer(allow_null=True))
    def get_result(self, job: Job) -> dict[str, Any] | None:
        if job.status != Job.Status.SUCCEEDED:  # a status poll asks for no more than it needs
            return None
        found = renditions.find(job, Recipe.from_canonical(job.recipe))
        return dict(RenditionSerializer(found, context=self.context).data) if found else None

    @extend_schema_field(ErrorSerializer(allow_null=True))
    def get_error(self, job: Job) -> dict[str, Any] | None:
        return messages.as_dict(job.error_code, job.error_facts) if job.error_code else None

    def get_confidence(self, job: Job) -> float | None:
        """0..1: about the chance that the cutout needs no repair, from the matte's own evidence; null until then."""
        confidence: float | None = job.made_by.get("confidence")
        return confidence

    def get_made_by(self, job: Job) -> dict[str, Any]:
        """Model, weights, pipeline version, device, recipe, seconds by stage; empty until it is done."""
        return dict(job.made_by)

    def get_url(self, job: Job) -> str:
        return str(self.context["request"].build_absolute_uri(reverse("api:job", args=[job.pk])))


class KeySerializer(serializers.ModelSerializer):
    shown = serializers.CharField()
    test = serializers.BooleanField(source="is_test")
    usable = serializers.BooleanField(source="is_usable")
    scopes = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = ApiKey
        fields = (
            "id", "shown", "name", "scopes", "test", "per_minute", "usable", "created", "expires", "revoked",
            "last_used",
        )  # fmt: skip


class NewKeySerializer(KeySerializer):
    key = serializers.CharField(help_text="The key itself. It is shown this once.")

    class Meta(KeySerializer.Meta):
        fields = (*KeySerializer.Meta.fields, "key")  # type: ignore[assignment]


class EntrySerializer(serializers.ModelSerializer):
    credits = serializers.SerializerMethodField()

    class Meta:
        model = CreditEntry
        fields = ("id", "kind", "credits", "key", "reason", "created")

    def get_credits(self, entry: CreditEntry) -> float:
        return entry.amount / CREDIT


class RateSerializer(serializers.Serializer):
    limit = serializers.IntegerField()
    seconds = serializers.IntegerField()


class PlanSerializer(serializers.Serializer):
    name = serializers.CharField()
    title = serializers.CharField()
    credits = serializers.IntegerField(help_text="A month.")
    images = RateSerializer(many=True)
    weighs = serializers.BooleanField(help_text="Whether a photo counts its megapixels, rounded up.")
    keep_days = serializers.IntegerField()
    batch = serializers.IntegerField()
    unfinished = serializers.IntegerField()


class AccountSerializer(serializers.Serializer):
    email = serializers.EmailField()
    credits = serializers.FloatField()
    unlimited = serializers.BooleanField(source="is_unlimited")
    plan = PlanSerializer()


class DaySerializer(serializers.Serializer):
    day = serializers.DateField()
    photos = serializers.IntegerField()
    succeeded = serializers.IntegerField()
    failed = serializers.IntegerField()
    credits = serializers.FloatField()


class CodeSerializer(serializers.Serializer):
    code = serializers.CharField()
    status = serializers.IntegerField()
    title = serializers.CharField()
    retryable = serializers.BooleanField()


class ModelSerializer(serializers.Serializer):
    name = serializers.CharField()
    title = serializers.CharField()
    good_for = serializers.CharField()
    state = serializers.ChoiceField(choices=("installed", "missing"))
    why_not = serializers.CharField(help_text="The code of why it cannot be chosen here; empty if it can.")
    usual = serializers.BooleanField(help_text="What a job gets that names no model.")
    licence = serializers.CharField()
    commercial = serializers.CharField()
    size = serializers.IntegerField(help_text="Side of the net's input, in pixels.")
    memory_mb = serializers.IntegerField()
    prompts = serializers.BooleanField(help_text="Whether points and boxes tell it what to cut out.")
    seconds = serializers.FloatField(
        allow_null=True, help_text="What a photo usually takes a worker here; null when none was done lately."
    )
