"""Renders previews from reduced photos and refined mattes that stay in memory. Loads OpenCV.

What costs time is decoding the photo and refining the matte's edge; both are kept, so that another background,
shadow or frame is only laid together anew. The photo itself is read only where a crop comes closer than the small
copy that a worker kept of it: a 12 MP PNG or WebP takes longer to decode than all the rest.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from django.conf import settings

from processing import mask_work, storage
from processing.errors import Refused
from processing.models import Job, Source
from processing.pipeline import codec, foreground, proxy, run
from processing.pipeline.arrays import Alpha
from processing.pipeline.errors import PipelineError
from processing.pipeline.placement import place
from processing.pipeline.recipe import Recipe
from processing.previews import SIDE, Preview
from processing.renditions import PREVIEW_SIDE

SIDES = (SIDE, PREVIEW_SIDE, 2400)  # px of reduced photos: as a crop comes closer, a finer one is taken
KEPT_BYTES = 96_000_000  # per process
COLOURS_QUALITY = 95  # 2 levels from what was worked out, at 130 to 180 kB; without loss it is 600
WARM_SIDE = 640  # px: large enough to be worked on in stripes
WARM_RECIPES = (
    {"background": "white", "shadow": "drop"},
    {"hair": "on", "feather": "1"},
    {"background": "blur:4"},
)


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
    small = proxy.quick(recipe, SIDE)
    photo, alpha = _refined(job, job.revision, small, small)
    made = run.finish(photo, alpha, small, _pictures(job.owner_id))
    width, height = place(made.box, photo.source_size, recipe).canvas
    return Preview(made.data, made.media_type, width, height)


def colours(job: Job, number: int) -> bytes:
    """Of the revision `number`, as previews.colours tells."""
    recipe = Recipe.from_canonical(job.recipe)
    photo, alpha = _refined(job, number, recipe, Recipe(max_side=SIDE))
    return codec.encode(
        foreground.colours(photo.rgb, alpha, recipe.colour_side), "jpg", quality=COLOURS_QUALITY
    )


def _refined(job: Job, number: int, recipe: Recipe, seen: Recipe) -> tuple[codec.Photo, Alpha]:
    """The photo as small as the recipe `seen` allows, and the alpha of a revision at its size."""
    if job.alpha is None:
        raise Refused("matte_gone")
    file = job.alpha.file
    matte = shelf.get(("matte", file), lambda: _sized(codec.decode_alpha16(storage.read(file))))
    photo = _photo(job.source, matte, seen)
    key = job.pk, number, file, photo.size, _refinement(recipe)
    return photo, shelf.get(key, lambda: _sized(mask_work.edited(job, number, photo, matte, recipe)))


def _photo(source: Source, matte: Alpha, recipe: Recipe) -> codec.Photo:
    needed = proxy.needed(matte, (source.width, source.height), recipe)
    side = next((each for each in SIDES if each >= needed), SIDES[-1])
    return shelf.get((source.file, side), lambda: _reduced(source, side))  # type: ignore[no-any-return]


def _reduced(source: Source, side: int) -> tuple[codec.Photo, int]:
    photo = _decoded(source, side)
    return photo, sum(each.nbytes for each in (photo.rgb, photo.alpha, photo.native) if each is not None)


def _decoded(source: Source, side: int) -> codec.Photo:
    """From the kept small copy where that is enough."""
    size = source.width, source.height
    is_enough = source.preview_is_whole and side <= PREVIEW_SIDE < max(size)
    data = storage.read(source.preview if is_enough else source.file)
    photo = proxy.reduced(codec.decode(data, settings.IMAGE_LIMITS, side), side)
    return replace(photo, full=size) if is_enough else photo


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
        return shelf.get((source.file, SIDES[-1]), lambda: _reduced(source, SIDES[-1]))  # type: ignore[no-any-return]

    return find


def small_jpeg(source: Source, side: int) -> bytes:
    """The photo on white, its longer side `side` px."""
    return codec.encode(_decoded(source, side).rgb, "jpg", quality=80)


def warm_up() -> None:
    """Makes previews of a small made-up photo: the first real one would otherwise pay for what is loaded and set up
    at the first use of each step."""
    ramp = np.linspace(0, 1, WARM_SIDE, dtype=np.float32)
    photo = codec.Photo(np.asarray(np.outer(ramp, ramp)[..., None] * (255, 128, 0), np.uint8))
    matte = np.tile(np.clip(2 * ramp - 0.5, 0, 1), (WARM_SIDE // 2, 1))
    for recipe in map(Recipe.parse, WARM_RECIPES):
        small = proxy.quick(recipe, SIDE)
        run.finish(photo, run.refine(photo, matte, small), small)
