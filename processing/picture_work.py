"""What a worker does with pictures that no model has to look at, for a request that waits. Loads OpenCV."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from typing import Any

import numpy as np
from django.conf import settings
from django.core.cache import cache
from PIL import ImageOps

from processing.errors import Refused, refusing
from processing.pipeline import codec, run
from processing.pipeline.arrays import Alpha
from processing.pipeline.errors import PipelineError
from processing.pipeline.png import write_png
from processing.pipeline.probe import opened, verify
from processing.pipeline.recipe import Recipe
from processing.pipeline.replay import replay
from processing.pipeline.strokes import Brush, Point

log = logging.getLogger(__name__)
KEPT = 120  # seconds that an answer waits for its request


def answer(key: str) -> None:
    """Looks up the question and puts the answer beside it: `png`, or `code` and `facts` of a refusal."""
    question = cache.get(f"{key}:question")
    if question is None:  # the request has given up
        return
    try:
        with refusing(PipelineError):
            found: dict[str, Any] = {"png": KINDS[question["kind"]](question)}
    except Refused as refusal:
        found = {"code": refusal.code, "facts": refusal.facts}
    except Exception:
        log.exception("A picture could not be made")
        found = {"code": "internal_error", "facts": {}}
    cache.set(f"{key}:answer", found, KEPT)


def edit(question: dict[str, Any]) -> bytes:
    """The picture with round spots of its alpha set (`add`) or cleared. Its colours stay, also where it is clear."""
    verify(question["image"], settings.IMAGE_LIMITS)
    with opened(question["image"], settings.IMAGE_LIMITS) as image:  # our decoder whitens what is clear
        pixels = np.array(ImageOps.exif_transpose(image).convert("RGBA"))
    strokes = [
        Brush("restore" if action == "add" else "erase", 2 * radius, 1.0, 1.0, (Point(x, y),))
        for x, y, radius, action in question["edits"]
    ]
    alpha = replay(np.asarray(pixels[..., 3] / np.float32(255), np.float32), strokes)
    pixels[..., 3] = np.rint(alpha * np.float32(255))
    return write_png(pixels)


def put_behind(question: dict[str, Any]) -> bytes:
    """The cutout over a colour, or over a picture that fills its size."""
    photo = codec.decode(question["image"], settings.IMAGE_LIMITS)
    behind = question["behind"]
    name = question["colour"] or f"image:{hashlib.sha256(behind).hexdigest()}"
    recipe = Recipe(background=name, decontaminate=False, format="png")
    made = run.finish(
        photo, _alpha(photo), recipe, lambda sha256: codec.decode(behind, settings.IMAGE_LIMITS)
    )
    return made.data


KINDS: dict[str, Callable[[dict[str, Any]], bytes]] = {"edit": edit, "behind": put_behind}


def _alpha(photo: codec.Photo) -> Alpha:
    """The picture's own alpha, H×W float32; all opaque where it has none."""
    return np.ones(photo.rgb.shape[:2], np.float32) if photo.alpha is None else photo.alpha
