"""What there is to ask for: models, and the codes of every error."""

from __future__ import annotations

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from processing import messages
from processing.api import serializers
from processing.api.base import ApiView
from processing.registry.specs import SPECS, installed


class Models(ApiView):
    @extend_schema(operation_id="models_list", responses=serializers.ModelSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Every model, whether it is installed, and under which licence its weights are."""
        here = {spec.name for spec in installed(settings.MODELS_DIR)}
        rows = [
            {
                "name": spec.name,
                "title": spec.title,
                "good_for": spec.good_for,
                "state": "installed" if spec.name in here else "missing",
                "usual": spec.name == settings.DEFAULT_MODEL,
                "licence": spec.licence,
                "commercial": spec.commercial,
                "size": spec.size,
                "memory_mb": spec.memory_mb,
            }
            for spec in SPECS.values()
        ]
        return Response(serializers.ModelSerializer(rows, many=True).data)


class Errors(ApiView):
    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(operation_id="errors_list", responses=serializers.CodeSerializer(many=True), auth=[])
    def get(self, request: Request) -> Response:
        """Every code that an answer can carry."""
        return Response(
            [
                {
                    "code": code,
                    "status": message.status,
                    "title": message.title,
                    "retryable": message.retryable,
                }
                for code, message in messages.CATALOGUE.items()
            ]
        )
