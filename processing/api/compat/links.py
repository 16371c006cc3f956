"""Addresses of results that work without a key, for formats that answer with one: signed, and for a day.

Who knows the id of a job has no such address: it carries a signature that only this site can make.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.core import signing
from django.http import FileResponse
from django.urls import reverse
from rest_framework.permissions import AllowAny
from rest_framework.request import Request

from processing import storage
from processing.api.compat import work
from processing.api.compat.base import DropIn
from processing.api.pictures import file_of
from processing.errors import Refused
from processing.models import Job

GOOD_FOR = timedelta(days=1)
_signer = signing.TimestampSigner(sep=".", salt="processing.api.compat.links")


def name_of(job: Job) -> str:
    """The file's name in the address: id, moment, signature, and an ending."""
    return f"{_signer.sign(job.pk.hex)}.{storage.suffix(work.result_of(job).media_type)}"


def address_of(request: Request, job: Job) -> str:
    return request.build_absolute_uri(reverse("compat:download", args=[name_of(job)]))


def job_of(name: str) -> Job:
    """Refused: not_found, for a signature that is not ours or too old, too."""
    try:
        key = _signer.unsign(name.rpartition(".")[0], max_age=GOOD_FOR)
    except signing.BadSignature:
        raise Refused("not_found") from None
    job = Job.objects.filter(pk=uuid.UUID(key)).first()
    if job is None:
        raise Refused("not_found")
    return job


class Download(DropIn):
    """Base of the view that serves them; the classic format has it at its own address."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def get(self, request: Request, name: str) -> FileResponse:
        response = file_of(work.result_of(job_of(name)))
        response["Content-Disposition"] = response["Content-Disposition"].replace("inline", "attachment", 1)
        return response
