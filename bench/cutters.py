"""Who is compared in quality: our presets and rembg's ways, on the same weights, from bytes to RGBA pixels."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from bench.contestants import net
from processing.pipeline.arrays import Alpha, Rgb, Rgba
from processing.pipeline.views import View
from processing.registry.cache import Engine
from processing.registry.predictor import Predictor

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


def ours(preset: str, predict: Callable[[Rgb], Alpha], **options: str) -> Cutter:
    """Our pipeline, with all its defaults but for `options` of the recipe."""
    from processing.pipeline.probe import Limits
    from processing.pipeline.recipe import Recipe
    from processing.pipeline.run import cutout

    recipe = Recipe.parse({"preset": preset, "format": "png", **options})
    return lambda data: _pixels(cutout(data, predict, recipe, Limits()).data)


class Remembered:
    """The net in one view; a picture that it has seen is not looked at again."""

    def __init__(self, net: Predictor) -> None:
        self.net = net
        self.known: dict[bytes, Alpha] = {}
        self.views: dict[View, Remembered] = {}

    def seeing(self, view: View) -> Remembered:
        return self.views.setdefault(view, Remembered(replace(self.net, view=view)))

    def __call__(self, rgb: Rgb) -> Alpha:
        key = rgb.tobytes()
        if key not in self.known:
            while len(self.known) > 4:  # one photo's looks, and no more
                self.known.pop(next(iter(self.known)))
            self.known[key] = self.net.predict(rgb)
        return self.known[key].copy()


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
    predict = Remembered(net(folder, engine))
    own = {preset: ours(preset, predict) for preset in presets}
    return rembg(folder, REMBG | REMBG_COLOURS) | own


def _pixels(data: bytes) -> Rgba:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGBA"), dtype=np.uint8)
