"""What a worker does for edited masks: replay the strokes, render what pages show. Loads OpenCV.

`catch_up` may run any number of times at once: what it makes depends on rows that never change, and only one of
them gets its files into the rows.
"""

from __future__ import annotations

import hashlib
import logging
import uuid
from typing import Any

from django.db import transaction
from django.db.models import F

from processing import backgrounds, questions, sources, storage
from processing.errors import Refused, refusing
from processing.masks import ATTEMPTS, PHOTO
from processing.models import Job, Mask, MaskRevision, Rendition
from processing.pipeline import codec, run
from processing.pipeline.arrays import Alpha
from processing.pipeline.errors import PipelineError
from processing.pipeline.png import write_png
from processing.pipeline.recipe import Recipe
from processing.pipeline.replay import brush_box, replay
from processing.pipeline.scale import resize_alpha
from processing.pipeline.smart import likeness, likeness_in
from processing.pipeline.strokes import Brush, StrokeError, parse, scaled
from processing.pipeline.trimap_matting import from_trimap
from processing.renditions import shown

log = logging.getLogger(__name__)

# Fields of a recipe that do not change the refined alpha. One that is missing here costs a replay, nothing more.
INDIFFERENT = frozenset(
    """decontaminate semitransparency roi channels background background_fit background_focus shadow shadow_opacity
    shadow_color shadow_blur shadow_offset shadow_angle crop margin scale head position canvas enlarge max_megapixels
    max_side format depth quality dpi profile""".split()
)


def catch_up(job_id: uuid.UUID) -> None:
    """Brings the job's result to its mask's head; returns when it is there or cannot get there."""
    while (mask := Mask.objects.filter(job=job_id, pending=True).first()) is not None:
        here = Mask.objects.filter(pk=mask.pk, head=mask.head)
        if not here.filter(attempt__lt=ATTEMPTS).update(attempt=F("attempt") + 1):
            here.update(pending=False, error_code="worker_crashed")
            return
        try:
            with refusing(PipelineError, StrokeError):
                _catch_up(Job.objects.select_related("source", "alpha").get(pk=job_id), mask.head)
        except Job.DoesNotExist:
            return
        except Refused as refusal:
            here.update(pending=False, error_code=refusal.code)
        except Exception:
            log.exception("The mask of job %s failed", job_id)
            here.update(pending=False, error_code="internal_error")


def _catch_up(job: Job, number: int) -> None:
    photo = sources.photo_of(job.source)
    recipe = Recipe.from_canonical(job.recipe)
    files: list[str] = []
    with storage.until_named(files):
        revision = job.mask_revisions.get(number=number)
        alpha = edited(job, number, photo, _matte(job), recipe)
        if not revision.file:
            files.append(
                storage.save(storage.mask_name(job.owner_id, job.pk, number), codec.encode_alpha16(alpha))
            )
        made = [_store(job, number, each, photo, alpha, files) for each in _missing(job, number, recipe)]
        unused = _publish(job, revision, files, made)
    storage.discard(unused)


def _missing(job: Job, number: int, recipe: Recipe) -> list[Recipe]:
    wanted = [recipe, *shown(recipe)] if number else [recipe, *shown(recipe), PHOTO]
    kept = set(job.renditions.made().filter(revision=number).values_list("recipe", flat=True))
    return [each for each in wanted if each.canonical() not in kept]


def _store(
    job: Job, number: int, recipe: Recipe, photo: codec.Photo, alpha: Alpha, files: list[str]
) -> Rendition:
    made = run.finish(photo, alpha, recipe, backgrounds.pictures(job.owner))
    name = storage.save(storage.rendition_name(job.owner_id, job.pk, made.media_type), made.data)
    files.append(name)
    return Rendition(
        job=job,
        recipe=recipe.canonical(),
        revision=number,
        file=name,
        media_type=made.media_type,
        size=len(made.data),
        width=made.width,
        height=made.height,
        sha256=hashlib.sha256(made.data).hexdigest(),
    )


def _publish(job: Job, revision: MaskRevision, files: list[str], made: list[Rendition]) -> list[str]:
    """Puts all that was made into the rows at once; returns the files that nothing points to any more."""
    number = revision.number
    with transaction.atomic():
        mask = Mask.objects.select_for_update().filter(job=job).first()
        if mask is None:  # the job was deleted meanwhile
            return files
        rows = MaskRevision.objects.filter(pk=revision.pk)
        if not revision.file and not rows.filter(file="").update(file=files[0]):
            return files  # another worker was quicker
        old = job.renditions.exclude(revision__in=(0, number))
        unused = list(old.values_list("file", flat=True))
        old.delete()
        if mask.head != number:  # it went on meanwhile: the mask is kept, its pictures are not needed
            return [*unused, *(rendition.file for rendition in made)]
        # One that was asked for in the same recipe and still waits would stand in the way.
        job.renditions.filter(revision=number, recipe__in=[each.recipe for each in made]).delete()
        Rendition.objects.bulk_create(made)
        Job.objects.filter(pk=job.pk).update(revision=number)
        Mask.objects.filter(pk=mask.pk).update(pending=False, attempt=0, error_code="")
    return unused


def edited(job: Job, number: int, photo: codec.Photo, matte: Alpha, recipe: Recipe) -> Alpha:
    """The refined alpha of a revision, H×W float32 of the photo's size (which may be a reduced one): kept, or
    replayed from the matte's refinement on.

    The photo's own transparency is honoured: a brush does not make opaque what has no picture.
    """
    photo = run.honoured(photo, recipe)
    alpha = _edited(job, number, photo, matte, recipe)
    return alpha if photo.alpha is None or number == 0 else alpha.clip(None, photo.alpha)


def _edited(job: Job, number: int, photo: codec.Photo, matte: Alpha, recipe: Recipe) -> Alpha:
    kept = _refinement(recipe) == _refinement(Recipe.from_canonical(job.recipe))
    chain, file = _chain(job, number, kept)
    if file:
        alpha = resize_alpha(codec.decode_grey(storage.read(file)), photo.size)
    else:
        alpha = run.refine(photo, matte, recipe)
    for revision in reversed(chain):
        alpha = _changed(alpha, revision, photo)
    return alpha


def _chain(job: Job, number: int, kept: bool) -> tuple[list[MaskRevision], str]:
    """The revisions that are to be made again, the last one first, and the file that they begin with: a revision
    that is `kept`, or a mask that was given, which no recipe changes. "" begins with the model's matte."""
    chain: list[MaskRevision] = []
    at: int | None = number
    while at:
        revision = job.mask_revisions.get(number=at)
        if kept and revision.file:
            return chain, revision.file
        if revision.kind == MaskRevision.Kind.MASK:
            return chain, revision.given
        chain.append(revision)
        at = revision.base
    return chain, ""


def _changed(alpha: Alpha, revision: MaskRevision, photo: codec.Photo) -> Alpha:
    if revision.kind == MaskRevision.Kind.TRIMAP:
        return from_trimap(photo.rgb, alpha, codec.decode_grey(storage.read(revision.given)))
    strokes = [scaled(stroke, photo.reduction) for stroke in parse(revision.strokes, photo.source_size)]
    return replay(alpha, strokes, likeness_in(photo.rgb))


def _refinement(recipe: Recipe) -> dict[str, object]:
    return {field: value for field, value in recipe.as_dict().items() if field not in INDIFFERENT}


def _matte(job: Job) -> Alpha:
    if job.alpha is None:
        raise Refused("matte_gone")
    return codec.decode_alpha16(storage.read(job.alpha.file))


def answer_smart(key: str) -> None:
    """Looks up the question of a smart stroke and puts the answer beside it."""
    questions.answer(key, _smart)


def _smart(question: dict[str, Any]) -> questions.Answer:
    job = Job.objects.select_related("source").filter(pk=question["job"]).first()
    if job is None:
        raise Refused("not_found")
    with refusing(PipelineError, StrokeError):
        photo = sources.photo_of(job.source)
        (stroke,) = parse(question["stroke"], photo.source_size)
    if not isinstance(stroke, Brush):
        raise ValueError("only a brush can be smart")
    box = brush_box(stroke, photo.rgb.shape)
    png = write_png(likeness(photo.rgb, stroke, box)) if box.width and box.height else b""
    return {"box": [box.left, box.top, box.width, box.height], "png": png}
