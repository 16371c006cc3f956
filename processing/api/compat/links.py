"""Addresses of results that work without a key, and the view that serves them."""

from __future__ import annotations

from django.http.response import HttpResponseBase
from django.urls import reverse
from rest_framework.permissions import AllowAny
from rest_framework.request import Request

from processing.api.compat.base import DropIn
from processing.api.pictures import file_of
from processing.links import job_of, name_of, result_of
from processing.models import Job


def address_of(request: Request, job: Job) -> str:
    return request.build_absolute_uri(reverse("compat:download", args=[name_of(job)]))


class Download(DropIn):
    """Base of the view that serves them; the classic format has it at its own address."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def get(self, request: Request, name: str) -> HttpResponseBase:
        response = file_of(result_of(job_of(name)))
        response["Content-Disposition"] = response["Content-Disposition"].replace("inline", "attachment", 1)
        return response
