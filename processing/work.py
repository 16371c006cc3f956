"""One job, from its source to its files: read, look (or reuse a kept alpha), render, store, finish.

Imported by the worker only, as it loads OpenCV and the models.
"""

from __future__ import annotations

import hashlib
import logging
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from processing import backgrounds, caretaker, ended, jobs, predictors, reuse, sources, storage
from processing.errors import refusing
from processing.models import Alpha, Job, Rendition, Source
from processing.pipeline import VERSION, arrays, codec, run
from processing.pipeline.confidence import confidence
from processing.pipeline.errors import PipelineError
from processing.pipeline.recipe import Recipe
from processing.pipeline.regions import Box
from processing.predictors import Chosen
from processing.registry.errors import RegistryError
from processing.renditions import made_at_once, source_preview

log = logging.getLogger(__name__)
Stage = Job.Stage


@dataclass
class Bench:
    """The work on one job: who holds it, which files were written so far, and how long each stage took."""

    job: Job
    token: uuid.UUID
    files: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    looked: bool = False  # a model was asked, and no kept alpha was used

    def stage(self, stage: str) -> _Clock:
        jobs.note_stage(self.job.pk, self.token, stage)
        return _Clock(self.seconds, stage)

    def save(self, name: str, data: bytes) -> str:
        self.files.append(storage.save(name, data))
        return self.files[-1]


class _Clock:
    """Adds the seconds of its block to a stage."""

    def __init__(self, seconds: dict[str, float], stage: str) -> None:
        self.seconds, self.stage = seconds, stage

    def __enter__(self) -> None:
        self.began = time.perf_counter()

    def __exit__(self, *exception: object) -> None:
        self.seconds[self.stage] = round(time.perf_counter() - self.began, 3)


def work(job: Job, token: uuid.UUID) -> None:
    """Raises Refused when the job cannot be done and LeaseLost when it is no longer ours; whatever was written
    is removed again in both cases."""
    bench = Bench(job, token)
    with storage.until_named(bench.files), refusing(PipelineError, RegistryError):
        _work(bench)


def _work(bench: Bench) -> None:
    job, recipe = bench.job, Recipe.from_canonical(bench.job.recipe)
    if _done_meanwhile(bench):
        return
    with bench.stage(Stage.READING):
        photo = sources.photo_of(job.source)
    with bench.stage(Stage.LOOKING):
        first = predictors.choose(job.model, job.owner, rgb=photo.rgb, prompt=recipe.prompt)
        chosen, alpha = predictors.with_fallback(first, lambda each: _alpha(bench, each, photo, recipe))
    if not chosen.instead_of:
        reuse.note(job.model, chosen.spec.name, chosen.predictor.weights_id)
    recipes = made_at_once(job, recipe)
    with bench.stage(Stage.REFINING):
        refined = run.refine(photo, alpha, recipe)
        pictures = backgrounds.pictures(job.owner)
        made = [run.finish(photo, refined, each, pictures) for each in recipes]
    with bench.stage(Stage.SAVING):
        renditions = [_store(bench, *pair) for pair in zip(recipes, made, strict=True)]
        if not job.source.is_for_browsers:  # no page could show anything in its place
            _keep_preview(bench, photo, refined)
    caretaker.note_model(chosen.spec.name, chosen.predictor.device)
    jobs.finish(job, bench.token, renditions, _made_by(bench, chosen, made[0].box, confidence(alpha)))
    bench.files.clear()  # they are the job's now, whatever becomes of the rest
    ended.tell()
    _keep_preview_late(bench, photo, refined)


def _done_meanwhile(bench: Bench) -> bool:
    """The same photo was sent twice before it was done once: the second is answered by the first."""
    job = bench.job
    kept = reuse.find(job.source, job.model, job.recipe, job.cost)
    if kept is None:
        return False
    try:
        jobs.finish_from(kept, job, bench.token)
    except reuse.Gone:
        return False
    return True


def _alpha(bench: Bench, chosen: Chosen, photo: codec.Photo, recipe: Recipe) -> arrays.Alpha:
    """The kept alpha of this look, else a new one, which is kept."""
    job, predictor = bench.job, chosen.predictor
    key = {"model": chosen.spec.name, "weights": predictor.weights_id, "looks": chosen.looks(recipe)}
    job.alpha = Alpha.objects.filter(source=job.source, **key).first()
    if job.alpha and (kept := _read(job.alpha)) is not None:
        return kept
    began = time.perf_counter()
    alpha = chosen.look(photo.rgb, recipe)
    bench.looked = True
    seconds = round(time.perf_counter() - began, 3)
    job.alpha = _keep_alpha(bench, key, {"device": predictor.device, "seconds": seconds}, alpha)
    return alpha


def _read(alpha: Alpha) -> arrays.Alpha | None:
    """None where its file is gone, as after a restore without it: the same look makes the same again."""
    try:
        return codec.decode_alpha16(storage.read(alpha.file))
    except storage.FileGone:
        log.warning("The matte %s has no file; it is made again", alpha.pk)
        return None


def _keep_alpha(bench: Bench, key: dict[str, str], facts: dict[str, Any], alpha: arrays.Alpha) -> Alpha:
    job = bench.job
    name = bench.save(
        storage.alpha_name(job.owner_id, job.source_id, bench.token), codec.encode_alpha16(alpha)
    )
    gone = job.alpha.file if job.alpha else ""
    kept, created = Alpha.objects.get_or_create(source=job.source, **key, defaults={"file": name, **facts})
    healed = not created and Alpha.objects.filter(pk=kept.pk, file=gone).update(file=name)
    bench.files.remove(name)
    if not created and not healed:  # another worker looked at the same photo at the same time
        storage.discard([name])
    return kept


def _store(bench: Bench, recipe: Recipe, made: run.Rendition) -> Rendition:
    job = bench.job
    name = bench.save(storage.rendition_name(job.owner_id, job.pk, made.media_type), made.data)
    return Rendition(
        job=job,
        recipe=recipe.canonical(),
        file=name,
        media_type=made.media_type,
        size=len(made.data),
        width=made.width,
        height=made.height,
        sha256=hashlib.sha256(made.data).hexdigest(),
    )


def _keep_preview_late(bench: Bench, photo: codec.Photo, refined: arrays.Alpha) -> None:
    """After the end of the job, so that nobody waits for it. Pages show the photo as it came where it is missing."""
    try:
        _keep_preview(bench, photo, refined)
    except Exception:
        log.exception(
            "Job %s has its result, but the small copy of its photo could not be kept", bench.job.pk
        )


def _keep_preview(bench: Bench, photo: codec.Photo, refined: arrays.Alpha) -> None:
    """The upright photo as every browser shows it: the "before" of the page, and what previews are made of."""
    source = bench.job.source
    if source.preview:
        return
    upright = run.finish(photo, refined, source_preview(is_opaque=photo.alpha is None))
    name = bench.save(
        storage.preview_name(source.owner_id, source.pk, bench.token, upright.media_type), upright.data
    )
    won = Source.objects.filter(pk=source.pk, preview="").update(preview=name, preview_is_whole=True)
    bench.files.remove(name)
    if not won:  # another worker was quicker, or the photo was deleted meanwhile
        storage.discard([name])


def _made_by(bench: Bench, chosen: Chosen, box: Box, confidence: float) -> dict[str, Any]:
    """`box` is where the foreground lies, in px of the source: left, top, width, height. `confidence`: 0..1."""
    return {
        "model": chosen.spec.name,
        "weights": chosen.predictor.weights_id,
        "pipeline": VERSION,
        "device": chosen.predictor.device,
        "recipe": bench.job.recipe,
        "seconds": bench.seconds,
        "confidence": confidence,
        "box": [box.left, box.top, box.width, box.height],
        **chosen.facts(bench.looked),
    }
