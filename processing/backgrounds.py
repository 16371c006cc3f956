"""Pictures that people put behind their cutouts: owned like photos, named in a recipe by their SHA-256.

A background is a Source without a job. It is kept as long as a result is, counted from its last use. Light: pages
import this; only `pictures` opens files.
"""

from __future__ import annotations

import functools
import hashlib
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts.models import User
from processing import storage
from processing.decoder_pool import verify
from processing.errors import Refused, refusing
from processing.models import Source
from processing.pipeline.background import picture_of
from processing.pipeline.errors import PipelineError
from processing.pipeline.recipe import Recipe

if TYPE_CHECKING:
    from processing.pipeline.backdrop import Pictures
    from processing.pipeline.codec import Photo

AT_ONCE = 100  # per round, so that a round stays short


def keep(owner: User, data: bytes) -> Source:
    """Stores a picture to be used as `background=image:<sha256>`. Refused as a photo is, and nothing is left."""
    with refusing(PipelineError):
        probe = verify(data, settings.IMAGE_LIMITS)
    sha256 = hashlib.sha256(data).hexdigest()
    known = {"owner": owner, "sha256": sha256}
    if _touched(owner, sha256):
        return Source.objects.get(**known)
    file = storage.save(storage.source_name(owner.pk, sha256, probe.media_type), data)
    facts = {"file": file, "media_type": probe.media_type, "width": probe.width, "height": probe.height}
    row, created = Source.objects.get_or_create(**known, defaults={**facts, "size": len(data)})
    if not created:  # the same picture arrived twice at once
        storage.discard([file])
    _touched(owner, sha256)
    return row


def check(owner: User, recipe: Recipe) -> None:
    """Refused: background_missing when the recipe names a picture that its owner does not have."""
    sha256 = picture_of(recipe.background)
    if sha256 and not _touched(owner, sha256):
        raise Refused("background_missing")


def listing(owner: User) -> QuerySet[Source]:
    """The owner's backgrounds, the newest first."""
    return Source.objects.filter(owner=owner, kept_until__gt=Now()).order_by("-created")


def forget(owner: User, sha256: str = "") -> None:
    """Removes one background, or all; a picture that is the photo of a job as well stays for that."""
    rows = Source.objects.filter(owner=owner, kept_until__isnull=False)
    _drop(rows.filter(sha256=sha256) if sha256 else rows)


def expire() -> None:
    """Removes what nobody used for as long as results are kept."""
    _drop(Source.objects.filter(kept_until__lt=Now())[:AT_ONCE])


def pictures(owner: User) -> Pictures:
    """How a worker finds the pictures that recipes of this owner name; each is decoded once."""
    from processing.pipeline import codec  # OpenCV comes along

    @functools.cache
    def find(sha256: str) -> Photo:
        source = Source.objects.filter(owner=owner, sha256=sha256).first()
        if source is None:
            raise PipelineError("background_missing", sha256=sha256)
        return codec.decode(storage.read(source.file), settings.IMAGE_LIMITS)

    return find


def _touched(owner: User, sha256: str) -> bool:
    rows = Source.objects.filter(owner=owner, sha256=sha256)
    return bool(rows.update(kept_until=Now() + settings.KEEP_RESULTS))


def _drop(rows: QuerySet[Source]) -> None:
    for pk in list(rows.values_list("pk", flat=True)):
        with transaction.atomic():
            source = Source.objects.select_for_update().filter(pk=pk).first()
            if source is None:
                continue
            if source.jobs.exists() or source.batch_items.exists():
                Source.objects.filter(pk=pk).update(kept_until=None)
                continue
            files = [source.file, source.preview, *source.alphas.values_list("file", flat=True)]
            source.delete()
            transaction.on_commit(functools.partial(storage.delete, files))
