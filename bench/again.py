"""What another recipe costs when the matte is kept: against the first run of the same 12 MP picture."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from bench.contestants import models_dir, net, prepared
from bench.pictures import photo
from processing.pipeline import codec, proxy, run
from processing.pipeline.arrays import Alpha
from processing.pipeline.probe import Limits
from processing.pipeline.recipe import Recipe
from processing.registry.cache import Engine

MEGAPIXELS = 12.0
LIMITS = Limits(max_bytes=200_000_000)
CHANGED = {"background": "#ffcc00", "shadow": "drop"}
SIDE = 1200  # px of what the page shows while somebody tries recipes (processing.previews)


@dataclass(frozen=True)
class Again:
    """Seconds of the first run, and what part of them another recipe takes.

    `preview`: what the page shows of another background and shadow, from the reduced photo and the refined edge that
    it keeps in memory. `opened`: the same when neither is in memory yet. `full`: the file of 12 MP itself.
    """

    first_s: float
    preview: float
    opened: float
    full: float


def measure(rounds: int, preset: str = "balanced", engine: Engine = "auto") -> Again:
    """In turns, medians of `rounds`."""
    folder, data = models_dir(), photo(MEGAPIXELS)
    prepared(folder, engine)
    predict = net(folder, engine)
    first = Recipe.parse({"preset": preset, "format": "png"})
    source = codec.decode(data, LIMITS)
    kept = codec.encode_alpha16(run.look(source.rgb, predict, first.looks))
    full = Recipe.parse({"preset": preset, **CHANGED, "format": "png"})
    small = proxy.quick(full, SIDE)
    photo_kept = proxy.open_small(data, codec.decode_alpha16(kept), source.size, small, LIMITS)
    refined = run.refine(photo_kept, codec.decode_alpha16(kept), small)
    ways: list[Callable[[], object]] = [
        lambda: run.cutout(data, predict, first, LIMITS),
        lambda: run.finish(photo_kept, refined, small),
        lambda: _rendered(data, kept, small, source.size),
        lambda: _rendered(data, kept, full, source.size),
    ]
    turns = [[_seconds(way) for way in ways] for _ in range(rounds + 1)][1:]
    shares = (median(turn[number] / turn[0] for turn in turns) for number in (1, 2, 3))
    return Again(median(turn[0] for turn in turns), *shares)


def _rendered(data: bytes, kept: bytes, recipe: Recipe, size: tuple[int, int]) -> bytes:
    """As the worker does it from the kept photo and matte."""
    alpha: Alpha = codec.decode_alpha16(kept)
    return run.render(proxy.open_small(data, alpha, size, recipe, LIMITS), alpha, recipe).data


def _seconds(way: Callable[[], object]) -> float:
    began = time.perf_counter()
    way()
    return time.perf_counter() - began
