"""The ways in which a photo can be cut out: a model, and how closely it looks, with what that costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from accounts.models import CREDIT
from processing import estimates, jobs, selection
from processing.models import Job
from processing.pipeline.recipe import LOOKS, Recipe
from processing.registry.specs import ModelSpec

WORDS = {"fast": "one look", "balanced": "two looks", "best": "four looks, hair from the colours"}


@dataclass(frozen=True, slots=True)
class Way:
    """A model with how closely it looks; `made` is a job of this photo that did so, or is about to."""

    spec: ModelSpec
    preset: str
    made: Job | None
    seconds: float | None

    @property
    def key(self) -> str:
        return f"{self.spec.name}:{self.preset}"

    @property
    def words(self) -> str:
        return "one look" if self.spec.is_remote else WORDS[self.preset]

    @property
    def credits(self) -> float:
        return 0.0 if self.made else jobs.PRICE / CREDIT

    @property
    def recipe(self) -> Recipe:
        return Recipe(preset=self.preset)


def ways(job: Job) -> Iterator[Way]:
    """Every installed model this owner may use, in each way it can look; local ones in all three."""
    known = {(each.model, Recipe.from_canonical(each.recipe).preset): each for each in _made(job)}
    for offer in selection.offers(job.owner):
        if offer.why_not or (offer.spec.is_remote and job.owner.is_guest):
            continue
        seconds = estimates.usual_seconds(offer.spec.name)
        for preset in ["balanced"] if offer.spec.is_remote else LOOKS:
            yield Way(offer.spec, preset, known.get((offer.spec.name, preset)), seconds)


def others(job: Job) -> list[Way]:
    """The ways that could make something else of a finished photo: all but its own, and those that must be told
    where to look, which is what the mask editor is for."""
    own = f"{job.made_by.get('model', job.model)}:{Recipe.from_canonical(job.recipe).preset}"
    return [way for way in ways(job) if way.key != own and not way.spec.takes_prompts]


def _made(job: Job) -> list[Job]:
    """Jobs of this photo with plain recipes, the best known last: done before waiting, new before old."""
    ended = {Job.Status.SUCCEEDED: 1}
    plain = {Recipe(preset=name).canonical() for name in LOOKS}
    found = Job.objects.filter(owner=job.owner, source=job.source, recipe__in=plain, revision=0)
    usable = found.exclude(status__in=[Job.Status.FAILED, Job.Status.CANCELLED]).order_by("created")
    return sorted(usable, key=lambda each: ended.get(each.status, 0))  # type: ignore[call-overload]
