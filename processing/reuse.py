"""The result cache: a photo that was done is not done, and not paid for, a second time.

Its key is the content of the photo, the owner, the recipe, and the model with the weights and the pipeline that are
in use now. Its entries are the succeeded jobs themselves, so there is nothing to keep in step and nothing beside the
database to run: a new job shares their files, and a file goes with the last job that names it (`jobs.delete`). It
forgets when results are deleted, by hand or by age.
"""

from __future__ import annotations

import logging
import uuid

from django.core.files.storage import default_storage
from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts.models import User
from processing import switches
from processing.models import Job, ModelInUse, Rendition, Source
from processing.pipeline import VERSION
from processing.pipeline.recipe import Recipe
from processing.registry.choose import AUTO
from processing.renditions import needed, shown

log = logging.getLogger(__name__)
LOOKED_AT = 5  # of the latest equal jobs; with those of older weights among them


class Gone(Exception):
    """The kept result was deleted between the look and the use."""


def note(asked: str, model: str, weights: str) -> None:
    """A worker answers jobs that ask for this name with this model and these weights; mostly that is known. What
    `auto` chose goes by the picture, so it is kept under the chosen model's own name, too."""
    for name in {asked, model}:
        if not ModelInUse.objects.filter(asked=name, model=model, weights=weights).exists():
            ModelInUse.objects.update_or_create(asked=name, defaults={"model": model, "weights": weights})


def forget_models() -> None:
    """A worker that starts may have other weights than those before: what it answers with is learnt anew, of the
    default model at once (processing.warmup), of others with the next photo that is really looked at."""
    ModelInUse.objects.exclude(asked=switches.default_model()).delete()


def find(photo: Source, model: str, recipe: str, price: int) -> Job | None:
    """A job with the very result, paid for with at least `price` (hundredths of a credit), or None."""
    paid = 0 if photo.owner.is_unlimited else price
    for job in _equal(photo, model, recipe).filter(worth__gte=paid).order_by("-finished")[:LOOKED_AT]:
        # The same picture shows the same things, so `auto` would choose what it chose then.
        now = ModelInUse.objects.filter(asked=job.made_by.get("model") if model == AUTO else model).first()
        if now and _is_current(job, now) and _is_whole(job):
            return job
    return None


def share(job: Job, kept: Job) -> list[Rendition]:
    """The kept result's pictures as rows of another job. To be called with the photo's row locked; Gone."""
    rows = _renditions(kept)
    if not _has_needed(kept, rows) or not Job.objects.filter(pk=kept.pk, alpha=kept.alpha_id).exists():
        raise Gone
    for row in rows:
        row.pk, row.job_id, row._state.adding = None, job.pk, True
    return rows


def paid_by_twin(job: Job) -> bool:
    """Whether an equal job was charged while this one was worked on. Twins that end at once wait for one another
    here, by the owner's row, so that one of them pays."""
    if not _twins(job).exists():
        return False
    User.objects.select_for_update().filter(pk=job.owner_id).first()
    return _twins(job).filter(status=Job.Status.SUCCEEDED, worth__gte=job.cost).exists()


def still_named(source_id: uuid.UUID, files: list[str]) -> set[str]:
    """Those of the files that pictures of other jobs of the photo still name."""
    rows = Rendition.objects.filter(job__source=source_id, file__in=files)
    return set(rows.values_list("file", flat=True))


def _twins(job: Job) -> QuerySet[Job]:
    same = Job.objects.filter(source=job.source_id, owner=job.owner_id, model=job.model, recipe=job.recipe)
    return same.exclude(pk=job.pk)


def _equal(photo: Source, model: str, recipe: str) -> QuerySet[Job]:
    done = Job.objects.filter(source=photo.pk, owner=photo.owner_id, status=Job.Status.SUCCEEDED)
    return done.filter(model=model, recipe=recipe, alpha__isnull=False).exclude(expires__lt=Now())


def _is_current(job: Job, now: ModelInUse) -> bool:
    made_by = job.made_by
    made = (
        made_by.get("model"),
        made_by.get("weights"),
        made_by.get("pipeline"),
        made_by.get("instead_of", ""),
    )
    return made == (now.model, now.weights, VERSION, "")


def _is_whole(job: Job) -> bool:
    """All pictures are there, and the file of the result itself: a lost one must not be answered for ever."""
    rows = _renditions(job)
    own = next((row.file for row in rows if row.recipe == job.recipe), "")
    try:
        return _has_needed(job, rows) and bool(own) and default_storage.exists(own)
    except Exception as error:  # each storage has its own; then a worker makes the result, when it is back
        log.warning("Storage not reached for a kept result: %s", type(error).__name__)
        return False


def _has_needed(job: Job, rows: list[Rendition]) -> bool:
    wanted = {each.canonical() for each in needed(Recipe.from_canonical(job.recipe))}
    return wanted <= {row.recipe for row in rows}


def _renditions(job: Job) -> list[Rendition]:
    """Of the model's own mask, as edits belong to the job that was edited; with its preview, where there is one."""
    recipe = Recipe.from_canonical(job.recipe)
    wanted = [each.canonical() for each in (recipe, *shown(recipe))]
    return list(Rendition.objects.made().filter(job=job.pk, revision=0, recipe__in=wanted))
