"""A photo in, a finished job out, within one request: what the drop-ins do, whatever their words for it are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from rest_framework.request import Request

from accounts import throttles
from accounts.models import ApiKey, User
from processing import admission, downloads, jobs
from processing.api import waiting
from processing.api.reading import decoded
from processing.errors import Refused, refusing
from processing.fetch import fetch_image
from processing.jobs import PRICE, USUAL, Terms, Upload
from processing.models import Job
from processing.pipeline.errors import PipelineError
from processing.pipeline.probe import Probe, probe
from processing.pipeline.recipe import Recipe


@dataclass(frozen=True)
class Order:
    """A photo, and what shall be done to it."""

    photo: Upload
    recipe: Recipe
    model: str = ""
    terms: Terms = USUAL


def load(request: Request, kind: str, value: UploadedFile | str) -> Upload:
    """A photo from a file, an address or Base64. Refused as each may be, and too_many_downloads."""
    if kind == "file":
        if not isinstance(value, UploadedFile):
            raise Refused("missing_source")
        return Upload(value.name or "", value.read())
    if not isinstance(value, str):
        raise Refused("missing_source")
    if kind == "url":
        with downloads.turn(throttles.who(request)):
            return fetch_image(value)
    return Upload("photo", decoded("".join(value.split())))


def look_at(request: Request, photo: Upload) -> Probe:
    """The photo's header, checked; its megapixels count for the rate."""
    with refusing(PipelineError):
        found = probe(photo.data, settings.IMAGE_LIMITS)
    throttles.weigh(request, found.width * found.height / 1e6)
    return found


def terms_for(request: Request, price: int = PRICE) -> Terms:
    """`price` in hundredths of a credit; a test key pays nothing, nor does who has no account."""
    key = request.auth if isinstance(request.auth, ApiKey) else None
    is_free = (key is not None and key.is_test) or not isinstance(request.user, User)
    return Terms(0 if is_free else price, key=key)


def accept(owner: User, order: Order, accepted: Callable[[Job], None] = jobs.nothing) -> Job:
    admission.admit(owner)
    return jobs.submit(owner, order.photo, order.recipe, order.model, replace(order.terms, accepted=accepted))


def run(owner: User, order: Order) -> Job:
    """The job, succeeded. Refused: what refused or ended it, queue_full, too_slow; then nothing is charged."""
    with waiting.seat():
        job = waiting.sit_out(accept(owner, order), float(settings.API_WAIT_SECONDS))
    if not job.is_final:
        _give_up(job)
    if job.status != Job.Status.SUCCEEDED:
        raise jobs.not_ready_error(job)
    return job


def _give_up(job: Job) -> None:
    """Nobody can fetch the result later, so nobody pays for it; unless it is there in this very moment."""
    with transaction.atomic():
        row = Job.objects.select_for_update().get(pk=job.pk)
        late = not row.is_final
        if late:
            jobs.delete(row)
    if late:
        raise Refused("too_slow")
    job.refresh_from_db()
