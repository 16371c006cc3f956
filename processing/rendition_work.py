"""Makes a rendition that was asked for after its job. Imported by the worker only, as it loads OpenCV."""

from __future__ import annotations

import hashlib
import uuid

from django.conf import settings

from processing import backgrounds, mask_work, rendition_requests, sources, storage
from processing.errors import Refused, refusing
from processing.models import Rendition
from processing.pipeline import codec, proxy, run
from processing.pipeline.arrays import Alpha
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
    with storage.until_named([name]):
        rendition_requests.finish(rendition, token, facts)


def _made(rendition: Rendition) -> run.Rendition:
    job = rendition.job
    if job.alpha is None:
        raise Refused("matte_gone")
    with refusing(PipelineError):
        recipe = Recipe.from_canonical(rendition.recipe)
        alpha = codec.decode_alpha16(storage.read(job.alpha.file))
        photo = _photo(rendition, alpha, recipe)
        refined = mask_work.edited(job, rendition.revision, photo, alpha, recipe)
        return run.finish(photo, refined, recipe, backgrounds.pictures(job.owner))


def _photo(rendition: Rendition, alpha: Alpha, recipe: Recipe) -> codec.Photo:
    """The photo, reduced where so little is asked for that nobody sees it."""
    source = rendition.job.source
    data, size = storage.read(source.file), (source.width, source.height)
    with sources.bounded():
        if rendition.revision and (recipe.crop or recipe.scale != "original"):
            # The edited subject may be smaller than the model's, and a crop then comes closer.
            return codec.decode(data, settings.IMAGE_LIMITS)
        return proxy.open_small(data, alpha, size, recipe, settings.IMAGE_LIMITS)
