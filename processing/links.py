"""Names of results that open without a key, for formats that answer with an address: signed, and for a day.

Who knows the id of a job has no such name: it carries a signature that only this site can make.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.core import signing

from processing import renditions, storage
from processing.errors import Refused
from processing.models import Job, Rendition
from processing.pipeline.recipe import Recipe

GOOD_FOR = timedelta(days=1)
_signer = signing.TimestampSigner(sep=".", salt="processing.api.compat.links")


def name_of(job: Job) -> str:
    """The file's name in the address: id, moment, signature, and an ending. Refused: not_found."""
    return f"{_signer.sign(job.pk.hex)}.{storage.suffix(result_of(job).media_type)}"


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


def result_of(job: Job) -> Rendition:
    found = renditions.find(job, Recipe.from_canonical(job.recipe))
    if found is None:
        raise Refused("not_found")
    return found
