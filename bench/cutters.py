"""Who is compared in quality: our presets and rembg's ways, on the same weights, from bytes to RGBA pixels."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from bench.contestants import CORES
from processing.pipeline.arrays import Alpha, Rgb, Rgba
from processing.registry import cache
from processing.registry.cache import Engine

PRESETS = ("fast", "balanced", "best")
REMBG: dict[str, dict[str, bool]] = {
    "rembg": {},
    "rembg, alpha matting": {"alpha_matting": True},
    "rembg, post-process": {"post_process_mask": True},
}
# rembg without any option stores colour times alpha as colour; its users may ask for plain colour, or for
# decontamination. Their mattes are the plain one's, so they compete in colours only.
REMBG_COLOURS = {"rembg, putalpha": {"putalpha": True}, "rembg, decontaminate": {"decontaminate": True}}

Cutter = Callable[[bytes], Rgba]


def ours(preset: str, predict: Callable[[Rgb], Alpha]) -> Cutter:
    """Our pipeline with all its defaults."""
    from processing.pipeline.probe import Limits
    from processing.pipeline.recipe import Recipe
    from processing.pipeline.run import cutout

    recipe = Recipe.parse({"preset": preset, "format": "png"})
    return lambda data: _pixels(cutout(data, predict, recipe, Limits()).data)


def remembered(folder: Path, engine: Engine) -> Callable[[Rgb], Alpha]:
    """The net; a picture that it has seen is not looked at again, as the presets share their first looks."""
    predict = cache.get("u2net", folder, CORES, engine=engine).predict
    known: dict[bytes, Alpha] = {}

    def look(rgb: Rgb) -> Alpha:
        key = rgb.tobytes()
        if key not in known:
            while len(known) > 8:  # one photo's looks, and no more
                known.pop(next(iter(known)))
            known[key] = predict(rgb)
        return known[key].copy()

    return look


class _Once:
    """rembg's session; a picture that it saw last is not looked at again."""

    def __init__(self, session: Any) -> None:
        self.session = session
        self.last: tuple[bytes, list[Image.Image]] = (b"", [])

    def predict(self, picture: Image.Image, *args: Any, **options: Any) -> list[Image.Image]:
        key = picture.tobytes()
        if self.last[0] != key:
            self.last = key, self.session.predict(picture, *args, **options)
        return [mask.copy() for mask in self.last[1]]


def rembg(folder: Path, ways: dict[str, dict[str, bool]]) -> dict[str, Cutter]:
    """rembg.remove in each of `ways`, by name; it finds the weights and never downloads."""
    os.environ["U2NET_HOME"] = str(folder)
    from rembg import new_session, remove

    session = _Once(new_session("u2net", providers=["CPUExecutionProvider"]))

    def cutter(options: dict[str, bool]) -> Cutter:
        return lambda data: _pixels(bytes(remove(data, session=session, **options)))

    return {name: cutter(options) for name, options in ways.items()}


def everybody(folder: Path, presets: tuple[str, ...], engine: Engine) -> dict[str, Cutter]:
    """All contestants by name; rembg first."""
    predict = remembered(folder, engine)
    own = {preset: ours(preset, predict) for preset in presets}
    return rembg(folder, REMBG | REMBG_COLOURS) | own


def _pixels(data: bytes) -> Rgba:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGBA"), dtype=np.uint8)
