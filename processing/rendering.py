"""Makes a rendition that was asked for after its job. Imported by the worker only, as it loads OpenCV."""

from __future__ import annotations

import hashlib
import uuid

from django.conf import settings

from processing import mask_work, renders, storage
from processing.errors import Refused, refusing
from processing.models import Rendition
from processing.pipeline import codec, run
from processing.pipeline.errors import PipelineError
from processing.pipeline.recipe import Recipe


def make(rendition: Rendition, token: uuid.UUID) -> None:
    """Renders from the kept photo and matte. Raises Refused, or LeaseLost; then its file is gone again."""
    made = _made(rendition)
    job = rendition.job
    name = storage.save(storage.rendition_name(job.owner_id, job.pk, made.media_type), made.data)
    facts = {
        "file": name,
        "media_type": made.media_type,
        "size": len(made.data),
        "width": made.width,
        "height": made.height,
        "sha256": hashlib.sha256(made.data).hexdigest(),
    }
    try:
        renders.finish(rendition, token, facts)
    except BaseException:
        storage.delete([name])
        raise


def _made(rendition: Rendition) -> run.Rendition:
    job = rendition.job
    if job.alpha is None:
        raise Refused("matte_gone")
    with refusing(PipelineError):
        photo = codec.decode(storage.read(job.source.file), settings.IMAGE_LIMITS)
        alpha = codec.decode_alpha16(storage.read(job.alpha.file))
        recipe = Recipe.from_canonical(rendition.recipe)
        refined = mask_work.edited(job, rendition.revision, photo, alpha, recipe)
        return run.finish(photo, refined, recipe)
