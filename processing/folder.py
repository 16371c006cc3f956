"""Many files through the pipeline without a database: what `manage.py removebg` does. Knows no Django."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from processing import messages
from processing.folder_plan import Item
from processing.pipeline import codec, run
from processing.pipeline.arrays import Alpha, Rgb
from processing.pipeline.backdrop import Pictures
from processing.pipeline.confidence import confidence
from processing.pipeline.errors import PipelineError
from processing.pipeline.layers import nowhere
from processing.pipeline.probe import Limits
from processing.pipeline.recipe import Recipe
from processing.registry.errors import RegistryError

MOST_JOBS = 4  # by default: a 50 MP picture needs about a gigabyte while it is worked on


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file. `seconds` by stage; `confidence` 0..1, None where nothing was made.

    `code` and `sentence` say why it failed.
    """

    name: str
    state: Literal["done", "skipped", "failed"]
    result: str = ""
    width: int = 0
    height: int = 0
    bytes: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    confidence: float | None = None
    code: str = ""
    sentence: str = ""

    def as_dict(self) -> dict[str, Any]:
        """All fields, ready for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Work:
    """How each file is done: shared by all threads."""

    look: Callable[[Rgb, Recipe], Alpha]  # the raw matte, looked at as the recipe and the model want it
    recipe: Recipe
    limits: Limits
    overwrite: bool = False
    pictures: Pictures = nowhere  # where the picture of a background comes from

    def __call__(self, item: Item) -> Outcome:
        """Do one file; an error becomes a failed outcome, so that the other files go on."""
        try:
            finished = None if self.overwrite else item.finished(self.recipe.format)
            if finished:
                return Outcome(item.relative, "skipped", str(finished))
            return _done(item, self)
        except Exception as error:  # one file's trouble must not cost the others; it is reported in full
            code, sentence = _words(error)
            return Outcome(item.relative, "failed", code=code, sentence=sentence)


def default_jobs() -> int:
    """A file for each core, as a u2net run on two threads is not twice as fast and two runs on one each are; and one
    more, which is read and written meanwhile: 3.44 s for 30 photos on two cores, with two at once 3.52."""
    return min(MOST_JOBS, cores() + 1)


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_all(items: Iterable[Item], work: Work, jobs: int = 1) -> Iterator[Outcome]:
    """Outcomes in the order in which files finish. Leaving the loop early drops what has not begun."""
    waiting = iter(items)
    pool = ThreadPoolExecutor(max_workers=jobs)
    try:
        running: set[Future[Outcome]] = {pool.submit(work, item) for item in islice(waiting, 2 * jobs)}
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            running |= {pool.submit(work, item) for item in islice(waiting, len(done))}
            yield from (future.result() for future in done)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _done(item: Item, work: Work) -> Outcome:
    clock = [time.perf_counter()]

    def lap() -> float:
        clock.append(time.perf_counter())
        return round(clock[-1] - clock[-2], 4)

    photo = codec.decode(_read(item.source, work.limits), work.limits)
    reading = lap()
    alpha = work.look(photo.rgb, work.recipe)
    looking = lap()
    made = run.render(photo, alpha, work.recipe, work.pictures)
    rendering = lap()
    target = item.result(suffix_of(made.media_type))
    _write(target, made.data)
    seconds = {"reading": reading, "looking": looking, "rendering": rendering, "writing": lap()}
    facts = made.width, made.height, len(made.data), seconds, confidence(alpha)
    return Outcome(item.relative, "done", str(target), *facts)


def suffix_of(media_type: str) -> str:
    """png for image/png, jpg for image/jpeg, tiff for image/tiff ..."""
    return {"image/jpeg": "jpg", "image/openraster": "ora"}.get(media_type, media_type.partition("/")[2])


def _read(path: Path, limits: Limits) -> bytes:
    """The file's bytes; one that is too large is refused by its size alone."""
    size = path.stat().st_size
    if size > limits.max_bytes:
        raise PipelineError("file_too_large", bytes=size, max_bytes=limits.max_bytes)
    return path.read_bytes()


def _write(target: Path, data: bytes) -> None:
    """Whole or not at all, whatever happens on the way."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".bgsite-{uuid.uuid4().hex}.part")
    try:
        part.write_bytes(data)
        part.replace(target)
    finally:
        with suppress(FileNotFoundError):
            part.unlink()


def _words(error: Exception) -> tuple[str, str]:
    """Stable code and one sentence."""
    if isinstance(error, PipelineError):
        return error.code, messages.sentence(error.code, error.facts)
    if isinstance(error, RegistryError):
        return error.code, str(error)
    if isinstance(error, OSError):
        return "file_error", f"The file could not be read or written: {error.strerror or error}."
    return "internal_error", f"Something failed here: {type(error).__name__}: {error}."
