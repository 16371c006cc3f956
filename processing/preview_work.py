"""Renders previews from reduced photos and refined mattes that stay in memory. Loads OpenCV.

What costs time is decoding the photo and refining the matte's edge; both are kept, so that another background,
shadow or frame is only laid together anew.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from django.conf import settings

from processing import mask_work, storage
from processing.errors import Refused
from processing.models import Job, Source
from processing.pipeline import codec, proxy, run
from processing.pipeline.arrays import Alpha
from processing.pipeline.errors import PipelineError
from processing.pipeline.placement import place
from processing.pipeline.recipe import Recipe
from processing.previews import SIDE, Preview

SIDES = (SIDE, 1800, 2400)  # px of reduced photos: as a crop comes closer, a finer one is taken
KEPT_BYTES = 96_000_000  # per process


class Shelf:
    """Arrays by key, up to a number of bytes; those unused for longest go first. One thread makes each."""

    def __init__(self, most: int) -> None:
        self.most, self.bytes = most, 0
        self.kept: OrderedDict[Any, tuple[Any, int]] = OrderedDict()
        self.lock = threading.Lock()

    def get(self, key: Any, make: Callable[[], tuple[Any, int]]) -> Any:
        """The kept value, else what `make` gives: the value and its bytes."""
        with self.lock:
            if key in self.kept:
                self.kept.move_to_end(key)
                return self.kept[key][0]
        value, size = make()
        with self.lock:
            if key not in self.kept:
                self.kept[key] = value, size
                self.bytes += size
            while self.bytes > self.most:
                self.bytes -= self.kept.popitem(last=False)[1][1]
        return value


shelf = Shelf(KEPT_BYTES)


def render(job: Job, recipe: Recipe) -> Preview:
    """What `recipe` makes of the job's photo and current mask, at most SIDE px on its longer side."""
    if job.alpha is None:
        raise Refused("matte_gone")
    small = proxy.quick(recipe, SIDE)
    file = job.alpha.file
    matte = shelf.get(("matte", file), lambda: _sized(codec.decode_alpha16(storage.read(file))))
    photo = _photo(job.source, matte, small)
    key = job.pk, job.revision, file, photo.size, _refinement(recipe)
    alpha = shelf.get(key, lambda: _sized(mask_work.edited(job, job.revision, photo, matte, small)))
    made = run.finish(photo, alpha, small, _pictures(job.owner_id))
    width, height = place(made.box, photo.source_size, recipe).canvas
    return Preview(made.data, made.media_type, width, height)


def _photo(source: Source, matte: Alpha, recipe: Recipe) -> codec.Photo:
    needed = proxy.needed(matte, (source.width, source.height), recipe)
    side = next((each for each in SIDES if each >= needed), SIDES[-1])
    return shelf.get((source.file, side), lambda: _reduced(source.file, side))  # type: ignore[no-any-return]


def _reduced(file: str, side: int) -> tuple[codec.Photo, int]:
    photo = proxy.reduced(codec.decode(storage.read(file), settings.IMAGE_LIMITS, side), side)
    return photo, sum(each.nbytes for each in (photo.rgb, photo.alpha, photo.native) if each is not None)


def _sized(alpha: Alpha) -> tuple[Alpha, int]:
    return alpha, alpha.nbytes


def _refinement(recipe: Recipe) -> tuple[object, ...]:
    """The fields on which the refined matte depends."""
    return tuple(value for name, value in recipe.as_dict().items() if name not in mask_work.INDIFFERENT)


def _pictures(owner_id: int) -> Callable[[str], codec.Photo]:
    """Background pictures of this owner, reduced."""

    def find(sha256: str) -> codec.Photo:
        source = Source.objects.filter(owner_id=owner_id, sha256=sha256).first()
        if source is None:
            raise PipelineError("background_missing", sha256=sha256)
        return shelf.get((source.file, SIDES[-1]), lambda: _reduced(source.file, SIDES[-1]))  # type: ignore[no-any-return]

    return find


def small_jpeg(source: Source, side: int) -> bytes:
    """The photo on white, its longer side `side` px."""
    photo = proxy.reduced(codec.decode(storage.read(source.file), settings.IMAGE_LIMITS, side), side)
    return codec.encode(photo.rgb, "jpg", quality=80)
