"""What another recipe costs when the matte is kept: against the first run of the same 12 MP picture."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from bench.contestants import CORES, models_dir, prepared
from bench.pictures import photo
from processing.pipeline import codec, proxy, run
from processing.pipeline.arrays import Alpha
from processing.pipeline.probe import Limits
from processing.pipeline.recipe import Recipe
from processing.registry import cache
from processing.registry.cache import Engine

MEGAPIXELS = 12.0
LIMITS = Limits(max_bytes=200_000_000)
CHANGED = {"background": "#ffcc00", "feather": "2"}
# What the page shows at once while somebody tries recipes; the file in full is made when it is asked for.
PREVIEW = {"max_side": "1600", "format": "webp"}


@dataclass(frozen=True)
class Again:
    """Seconds of the first run, and what of them another recipe takes: its preview, and its file in full."""

    first_s: float
    preview: float
    full: float


def measure(rounds: int, preset: str = "balanced", engine: Engine = "auto") -> Again:
    """In turns, medians of `rounds`."""
    folder, data = models_dir(), photo(MEGAPIXELS)
    prepared(folder, engine)
    predict = cache.get("u2net", folder, CORES, engine=engine).predict
    first = Recipe.parse({"preset": preset, "format": "png"})
    source = codec.decode(data, LIMITS)
    kept = codec.encode_alpha16(run.look(source.rgb, predict, first.looks))
    small = Recipe.parse({"preset": preset, **CHANGED, **PREVIEW})
    full = Recipe.parse({"preset": preset, **CHANGED, "format": "png"})
    ways: list[Callable[[], object]] = [
        lambda: run.cutout(data, predict, first, LIMITS),
        lambda: _rendered(data, kept, small, source.size),
        lambda: _rendered(data, kept, full, source.size),
    ]
    turns = [[_seconds(way) for way in ways] for _ in range(rounds + 1)][1:]
    preview, whole = (median(turn[number] / turn[0] for turn in turns) for number in (1, 2))
    return Again(median(turn[0] for turn in turns), preview, whole)


def _rendered(data: bytes, kept: bytes, recipe: Recipe, size: tuple[int, int]) -> bytes:
    """As the worker does it from the kept photo and matte."""
    alpha: Alpha = codec.decode_alpha16(kept)
    return run.render(proxy.open_small(data, alpha, size, recipe, LIMITS), alpha, recipe).data


def _seconds(way: Callable[[], object]) -> float:
    began = time.perf_counter()
    way()
    return time.perf_counter() - began
