"""Batches as JSON, and what requests about them may hold."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import CREDIT
from processing import batch_results, batches, messages
from processing.api.serializers import ErrorSerializer, RecipeAsked, RecipeShown
from processing.batch_results import Progress
from processing.models import Batch, BatchItem, Job
from processing.pipeline.recipe import Recipe

# --- What comes in ---------------------------------------------------------------------------------------


class PieceJson(serializers.Serializer):
    url = serializers.CharField(required=False, help_text="Public address of a picture. A worker loads it.")
    base64 = serializers.CharField(required=False, help_text="The picture as Base64, or as a data URL.")
    name = serializers.CharField(required=False, help_text="With folders, if you like: they come back.")
    key = serializers.CharField(
        required=False,
        max_length=batches.LONGEST_KEY,
        help_text="Yours. The same key again is the same item, so a batch is resumed by sending it again.",
    )


class PiecesJson(serializers.Serializer):
    items = PieceJson(many=True, required=False)
    close = serializers.BooleanField(
        required=False, help_text="Whether these are the last. Default: true for a new batch, else false."
    )


class PiecesForm(serializers.Serializer):
    file = serializers.ListField(child=serializers.FileField(), required=False, help_text="Photos.")
    key = serializers.ListField(child=serializers.CharField(), required=False, help_text="One for each file.")
    archive = serializers.FileField(required=False, help_text="A ZIP of photos.")
    close = serializers.BooleanField(required=False)


class BatchJson(RecipeAsked):  # type: ignore[misc, valid-type]
    name = serializers.CharField(required=False)
    model = serializers.CharField(required=False, help_text="One of /models; empty: the usual one.")
    recipe = RecipeAsked(required=False, help_text="The same fields as one object.")
    items = PieceJson(many=True, required=False)
    close = serializers.BooleanField(required=False, help_text="false: more will be added. Default: true.")


class BatchForm(RecipeAsked):  # type: ignore[misc, valid-type]
    name = serializers.CharField(required=False)
    model = serializers.CharField(required=False)
    recipe = serializers.CharField(required=False, help_text="The same fields as one JSON object.")
    file = serializers.ListField(child=serializers.FileField(), required=False, help_text="Photos.")
    key = serializers.ListField(child=serializers.CharField(), required=False, help_text="One for each file.")
    archive = serializers.FileField(required=False, help_text="A ZIP of photos.")
    close = serializers.BooleanField(required=False)


# --- What goes out ---------------------------------------------------------------------------------------


class CountsSerializer(serializers.Serializer):
    def get_fields(self) -> dict[str, serializers.Field]:
        return {state: serializers.IntegerField() for state in BatchItem.STATES}


class ProgressSerializer(serializers.Serializer):
    total = serializers.IntegerField()
    ended = serializers.IntegerField()
    share = serializers.FloatField(help_text="0..1 of the items have ended.")
    seconds_left = serializers.FloatField(
        allow_null=True, help_text="At the pace of the last results; null when nobody can say."
    )
    counts = CountsSerializer()


class ItemSerializer(serializers.ModelSerializer):
    """One photo of a batch."""

    state = serializers.ChoiceField(choices=BatchItem.STATES, source="condition")
    job = serializers.UUIDField(source="job_id", allow_null=True)
    confidence = serializers.SerializerMethodField()
    credits = serializers.SerializerMethodField()
    result_url = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()

    class Meta:
        model = BatchItem
        fields = (
            "position", "key", "name", "url", "state", "reviewed", "job", "confidence", "credits", "result_url",
            "error",
        )  # fmt: skip

    def get_confidence(self, item: BatchItem) -> float | None:
        """0..1, as of the job; null until there is a result."""
        sure: float | None = item.job.made_by.get("confidence") if item.job else None
        return sure

    def get_credits(self, item: BatchItem) -> float:
        """What it costs: held while it waits, spent when it succeeded."""
        return item.job.cost / CREDIT if item.job else 0.0

    @extend_schema_field(serializers.URLField(allow_null=True))
    def get_result_url(self, item: BatchItem) -> str | None:
        if item.job is None or item.job.status != Job.Status.SUCCEEDED:
            return None
        address = reverse("api:result", args=[item.job.pk])
        return str(self.context["request"].build_absolute_uri(address))

    @extend_schema_field(ErrorSerializer(allow_null=True))
    def get_error(self, item: BatchItem) -> dict[str, Any] | None:
        code = item.error_code or (item.job.error_code if item.job else "")
        if not code:
            return None
        words = messages.message(code)
        return {
            "code": code,
            "title": words.title,
            "detail": batches.sentence(item),
            "retryable": words.retryable or item.source_id is not None,
        }


class BatchSerializer(serializers.ModelSerializer):
    """Many photos under one recipe."""

    recipe = serializers.SerializerMethodField()
    progress = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField()

    class Meta:
        model = Batch
        fields = (
            "id", "status", "name", "model", "recipe", "created", "closed", "finished", "expires", "rounds",
            "progress", "url",
        )  # fmt: skip

    @extend_schema_field(RecipeShown)
    def get_recipe(self, batch: Batch) -> dict[str, Any]:
        return Recipe.from_canonical(batch.recipe).as_dict()

    @extend_schema_field(ProgressSerializer)
    def get_progress(self, batch: Batch) -> dict[str, Any]:
        found: Progress = batch_results.progress(batch)
        return dict(ProgressSerializer(found).data)

    def get_url(self, batch: Batch) -> str:
        return str(self.context["request"].build_absolute_uri(reverse("api:batch", args=[batch.pk])))


class BatchWithItemsSerializer(BatchSerializer):
    """The batch, and what became of the items of this request."""

    items = serializers.SerializerMethodField()

    class Meta(BatchSerializer.Meta):
        fields = (*BatchSerializer.Meta.fields, "items")  # type: ignore[assignment]

    @extend_schema_field(ItemSerializer(many=True))
    def get_items(self, batch: Batch) -> list[Any]:
        return list(ItemSerializer(self.context["items"], many=True, context=self.context).data)


class OrderedSerializer(serializers.Serializer):
    items = serializers.IntegerField(help_text="Results of the batch.")
    made = serializers.IntegerField(help_text="Of them in this recipe already.")
