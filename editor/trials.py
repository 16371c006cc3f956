"""The recipe that is being tried on a result: kept with the job, begun with the job's own."""

from __future__ import annotations

from editor import panel
from editor.models import Preset, Trial
from processing import backgrounds
from processing.errors import Refused
from processing.models import Job
from processing.pipeline.errors import PipelineError
from processing.pipeline.recipe import Recipe


def own(job: Job) -> Recipe:
    """What the job was made with."""
    return Recipe.from_canonical(job.recipe)


def current(job: Job) -> Recipe:
    """What is tried now; the job's own recipe when nothing is, or when what was kept is no recipe any more."""
    kept = Trial.objects.filter(job=job).first()
    try:
        return Recipe.from_canonical(kept.recipe) if kept else own(job)
    except PipelineError:
        return own(job)


def keep(job: Job, recipe: Recipe) -> None:
    """Refused: background_missing."""
    if recipe == own(job):
        Trial.objects.filter(job=job).delete()
        return
    backgrounds.check(job.owner, recipe)
    Trial.objects.update_or_create(job=job, defaults={"recipe": recipe.canonical()})


def asked(job: Job, data: dict[str, str]) -> Recipe:
    """The recipe that a form of the panel asks for: its fields, or what one of its buttons puts in their place.

    Refused: invalid_recipe, unknown_parameter, unknown_preset.
    """
    if "reset" in data:
        return own(job)
    present = panel.parse(data)
    if "layout" in data:
        return panel.with_layout(present, data["layout"])
    if "own" in data:
        return panel.on_photo(preset(job, data["own"]), present)
    return present


def preset(job: Job, number: str) -> Recipe:
    """The recipe of an own preset. Refused: unknown_preset."""
    key = int(number) if number.isascii() and number.isdigit() and len(number) < 18 else 0
    found = Preset.objects.filter(owner=job.owner, pk=key).first()
    if found is None:
        raise Refused("unknown_preset")
    return panel.canonical(found.recipe)
