"""The preview of a recipe that somebody tries: made at once, small, from copies that are kept in memory.

Light: pages import this. The pixels are in preview_work, which loads OpenCV into the web process: a worker may be
busy with a look for seconds, and a slider cannot wait for that. `warm_up` does so before somebody waits for it.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from processing import jobs
from processing.errors import Refused, refusing
from processing.models import Job, Source
from processing.pipeline.errors import PipelineError
from processing.pipeline.recipe import Recipe

log = logging.getLogger(__name__)

SIDE = 1200  # px, longest side of a preview
AT_ONCE = 2  # per process, so that pages are served meanwhile
PATIENCE = 5.0  # seconds that a preview waits for its turn
WARM_NICE = 10

_turns = threading.BoundedSemaphore(AT_ONCE)
_lock = threading.Lock()
_latest: dict[str, int] = {}


@dataclass(frozen=True, slots=True)
class Preview:
    """A picture for a page; `width` and `height` are px that the full-size file would have."""

    data: bytes
    media_type: str
    width: int
    height: int


def make(job: Job, recipe: Recipe) -> Preview:
    """Refused: not_ready and the job's own failure, matte_gone, background_missing, preview_busy, storage_error,
    invalid_recipe; preview_stale when a newer one for this job is waiting."""
    _require(job)
    with _turn(str(job.pk)), refusing(PipelineError):
        from processing.preview_work import render

        return render(job, recipe)


def colours(job: Job, number: int) -> bytes:
    """The colours of foreground and background at the edges of a revision of the job's mask: a JPEG as
    pipeline.foreground.colours tells. Refused: as `make`, and unknown_revision."""
    _require(job)
    if not job.mask_revisions.filter(number=number).exists():
        raise Refused("unknown_revision", number=number)
    with _turn(f"{job.pk} colours"), refusing(PipelineError):
        from processing.preview_work import colours

        return colours(job, number)


def _require(job: Job) -> None:
    if job.status != Job.Status.SUCCEEDED:
        raise jobs.not_ready_error(job)
    if job.alpha_id is None:
        raise Refused("matte_gone")


def comparable(recipe: Recipe) -> bool:
    """Whether the result lies on its photo pixel for pixel, so that a handle can uncover the one below the other."""
    return not recipe.crop and (recipe.canvas, recipe.scale) == ("auto", "original")


def warm_up() -> threading.Thread:
    """Loads and tries what makes previews, in a thread that gives way to those that answer."""
    thread = threading.Thread(target=_warm_up, name="preview-warm-up", daemon=True)
    thread.start()
    return thread


def _warm_up() -> None:
    try:
        if (
            hasattr(os, "setpriority") and sys.platform == "linux"
        ):  # elsewhere it would count for the whole process
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), WARM_NICE)
        from processing.preview_work import warm_up

        warm_up()
    except Exception:
        log.exception("Previews are not warmed up; the first one will be slower")


@contextmanager
def _turn(key: str) -> Iterator[None]:
    """One of a few turns; who was overtaken while waiting is sent away, as nobody looks at it any more."""
    with _lock:
        ticket = _latest[key] = _latest.get(key, 0) + 1
    try:
        if not _turns.acquire(timeout=PATIENCE):
            raise Refused("preview_busy")
        try:
            if _latest.get(key, ticket) != ticket:
                raise Refused("preview_stale")
            yield
        finally:
            _turns.release()
    finally:
        with _lock:
            if _latest.get(key) == ticket:
                del _latest[key]


def frame(job: Job, recipe: Recipe) -> tuple[int, int]:
    """Width and height of the full-size file in px, as far as the model's own matte tells."""
    from processing.pipeline.placement import place
    from processing.pipeline.regions import Box

    size = job.source.width, job.source.height
    return place(Box(*job.made_by.get("box", (0, 0, 0, 0))), size, recipe).canvas


def thumbnail(source: Source, side: int = 160) -> bytes:
    """A JPEG of an own background picture, for a list of them. Refused: preview_busy, storage_error."""
    with _turn(source.file), refusing(PipelineError):
        from processing.preview_work import small_jpeg

        return small_jpeg(source, side)
