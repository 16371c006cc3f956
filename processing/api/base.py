"""What all views of the API have in common."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from math import ceil
from typing import Any, ClassVar

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.models import ApiKey, User
from accounts.throttles import tightest
from processing.api import conditional
from processing.api.reading import check_names
from processing.errors import Refused
from processing.jobs import PRICE, Terms
from processing.models import Batch, Job

LOOK_AGAIN = "1"  # seconds after which it is worth asking how far it is


class ApiView(APIView):
    """`query` names the parameters of the address that the view knows; `takes_photos` is what rates count."""

    http_method_names = ["get", "head", "post", "delete"]
    query: ClassVar[Collection[str]] = ()
    takes_photos: ClassVar[bool] = False
    scope: ClassVar[str] = ""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        check_names(list(request.query_params), self.query)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)
        for name, value in rate_headers(request._request).items():
            answer.headers[name] = value
        if answer.status_code == 202:
            answer.headers.setdefault("Retry-After", LOOK_AGAIN)
        answer = conditional.answer(request._request, answer)
        # What has an ETag may be kept by whoever asked, if it asks again before each use.
        kept = "private, no-cache" if answer.has_header("ETag") else "private, no-store"
        answer.headers.setdefault("Cache-Control", kept)
        return answer


def rate_headers(http: HttpRequest) -> dict[str, str]:
    """What is left of the tightest limit that counted this request."""
    decision = tightest(http)
    if not decision:
        return {}
    return {
        "X-RateLimit-Limit": str(decision.limit),
        "X-RateLimit-Remaining": str(decision.remaining),
        "X-RateLimit-Reset": str(ceil(decision.reset)),
    }


class NotHere(ApiView):
    """Every address below the API's that is none."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise Refused("no_such_address", path=request.path[:80])


def own_job(request: Request, job_id: uuid.UUID) -> Job:
    """The only way by which the API reaches a job: through its owner."""
    return get_object_or_404(Job.objects.for_owner(request.user).select_related("source"), pk=job_id)


def own_batch(request: Request, batch_id: uuid.UUID) -> Batch:
    """The same for a batch."""
    batches = Batch.objects.for_owner(request.user).select_related("owner")
    return get_object_or_404(batches, pk=batch_id)


def user_of(request: Request) -> User:
    """The user, where a view has let in nobody else."""
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user


def terms_for(request: Request) -> Terms:
    """A test key pays nothing; the id was chosen before."""
    is_test = isinstance(request.auth, ApiKey) and request.auth.is_test
    key = request.auth if isinstance(request.auth, ApiKey) else None
    return Terms(0 if is_test else PRICE, getattr(request, "job_id", None), key=key)
