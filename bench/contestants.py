"""Ours and rembg's way from a file's bytes to a PNG's bytes, with the same weights file."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from processing.registry import cache, optimize
from processing.registry.cache import Engine
from processing.registry.predictor import Predictor
from processing.registry.specs import get_spec
from processing.registry.weights import fetch

ROOT = Path(__file__).resolve().parents[1]
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

Cut = Callable[[bytes], bytes]


def models_dir() -> Path:
    """Where the u2net weights are; fetched when they are not there yet."""
    folder = Path(os.environ.get("MODELS_DIR") or ROOT / "var" / "models")
    fetch(get_spec("u2net"), folder, progress=True)
    return folder


def ours(folder: Path, preset: str, engine: Engine) -> Cut:
    """Our pipeline with all its defaults (so with decontamination), as PNG."""
    from processing.pipeline.probe import Limits
    from processing.pipeline.recipe import Recipe
    from processing.pipeline.run import cutout

    prepared(folder, engine)
    predictor = net(folder, engine)
    recipe = Recipe.parse({"preset": preset, "format": "png"})
    limits = Limits(max_bytes=200_000_000)
    return lambda data: cutout(data, predictor, recipe, limits).data


def net(folder: Path, engine: Engine) -> Predictor:
    """u2net on all cores, which may be asked for several views."""
    predictor = cache.get("u2net", folder, CORES, engine=engine)
    assert isinstance(predictor, Predictor)
    return predictor


def prepared(folder: Path, engine: Engine) -> None:
    """Make the INT8 weights where they are wanted and not there yet."""
    if engine != "fp32" and not optimize.verdict_of(get_spec("u2net"), folder):
        optimize.optimize(get_spec("u2net"), folder, CORES)


def rembg(folder: Path) -> Cut:
    """rembg.remove with its own defaults (no decontamination); it finds the weights and never downloads."""
    os.environ["U2NET_HOME"] = str(folder)
    from rembg import new_session, remove

    session = new_session("u2net", providers=["CPUExecutionProvider"])

    def cut(data: bytes) -> bytes:
        return bytes(remove(data, session=session))

    return cut
