"""What there is to ask for: models, and the codes of every error."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from processing import estimates, messages, selection, switches
from processing.api import serializers
from processing.api.base import ApiView, user_of


class Root(ApiView):
    """Where everything begins: the addresses of what explains the rest, for people and for programs."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    schema = None

    def get(self, request: Request) -> Response:
        names = {"guide": "guide-start", "docs": "docs", "schema": "schema", "errors": "errors"}
        places = {name: request.build_absolute_uri(reverse(f"api:{at}")) for name, at in names.items()}
        return Response({"name": settings.SITE_NAME, "version": "v1", **places})


class Models(ApiView):
    @extend_schema(operation_id="models_list", responses=serializers.ModelSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Every model, whether the caller can choose it here, under which licence its weights are, and how fast it
        is on this server."""
        usual, seconds = switches.default_model(), estimates.usual_seconds_by_model()
        rows = [
            {
                "name": spec.name,
                "title": spec.title,
                "good_for": spec.good_for,
                "state": "missing" if why_not else "installed",
                "why_not": why_not,
                "usual": spec.name == usual,
                "licence": spec.licence,
                "commercial": spec.commercial,
                "size": spec.size,
                "memory_mb": spec.memory_mb,
                "prompts": spec.takes_prompts,
                "seconds": seconds.get(spec.name),
            }
            for spec, why_not in ((offer.spec, offer.why_not) for offer in selection.offers(user_of(request)))
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
