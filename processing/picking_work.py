"""What a worker does for objects that are pointed at: look at the photo once, then answer. Loads the models."""

from __future__ import annotations

from typing import Any

from django.core.cache import cache

from processing import predictors, questions, sources
from processing.errors import Refused, refusing
from processing.models import Job
from processing.pipeline import codec
from processing.pipeline.edges import upsample
from processing.pipeline.errors import PipelineError
from processing.pipeline.outline import Ring, outline
from processing.pipeline.prompts import Prompt
from processing.registry.errors import RegistryError
from processing.registry.sam import SamPredictor

SLOTS = 16  # views that all workers keep for each other, 4 MB each
SECONDS = 1800


class SharedViews:
    """What a worker saw, for the others: the next click may reach any of them. Bounded: a view's name says its slot,
    and a newer one takes it over."""

    def recall(self, key: str) -> bytes | None:
        found, view = cache.get(self._slot(key)) or ("", None)
        return view if found == key else None

    def keep(self, key: str, view: bytes) -> None:
        cache.set(self._slot(key), (key, view), SECONDS)

    def _slot(self, key: str) -> str:
        return f"view:{int(key[-8:], 16) % SLOTS}"


VIEWS = SharedViews()


def answer(key: str) -> None:
    questions.answer(key, _answered)


def _answered(question: dict[str, Any]) -> questions.Answer:
    job = Job.objects.select_related("source").filter(pk=question["job"]).first()
    if job is None:
        raise Refused("not_found")
    prompts = [Prompt(kind, tuple(at)) for kind, *at in question["prompts"]]
    with refusing(PipelineError, RegistryError):
        photo = sources.photo_of(job.source)
        predictor = predictors.choose(question["model"]).predictor
        if not isinstance(predictor, SamPredictor):
            raise ValueError("only a model that takes prompts can be asked")
        predictor.views = VIEWS
        if prompts:
            return {"rings": _rings(predictor, photo, prompts)}
        predictor.seen(photo.rgb)
        return {"rings": []}


def _rings(predictor: SamPredictor, photo: codec.Photo, prompts: list[Prompt]) -> list[Ring]:
    """In px of the source, of which the photo may be a reduced copy."""
    shape, by = upsample(photo.rgb, predictor.select(photo.rgb, prompts)), photo.reduction
    return [[(round(x / by, 2), round(y / by, 2)) for x, y in ring] for ring in outline(shape)]
