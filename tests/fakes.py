"""Fakes at the seams: a model that knows its answer, a photo that is made and not kept, a doorbell that notes."""

from __future__ import annotations

import io
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
from PIL import Image, ImageDraw

from processing.pipeline.arrays import Alpha, Rgb


def photo(width: int = 96, height: int = 64, shade: int = 40) -> bytes:
    """A PNG: a bright disc on a dark ground; another shade is another photo."""
    picture = Image.new("RGB", (width, height), (shade, shade, shade))
    ImageDraw.Draw(picture).ellipse(
        (width // 4, height // 4, 3 * width // 4, 3 * height // 4), fill=(230, 120, 60)
    )
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def nothing() -> None:
    """What happens while a model looks, unless a test says more."""


@dataclass
class Model:
    """Finds what is bright. `meanwhile` runs in the middle of each look; `looks` counts them."""

    meanwhile: Callable[[], None] = nothing
    looks: int = 0
    weights_id: str = "fake"
    device: str = "cpu"
    spec: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(name="u2net"))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def predict(self, rgb: Rgb) -> Alpha:
        with self.lock:
            self.looks += 1
        self.meanwhile()
        bright: Alpha = (rgb.max(axis=2) > 128).astype(np.float32)
        return bright


@dataclass
class Bell:
    """Notes for which jobs a worker was told."""

    rung: list[uuid.UUID] = field(default_factory=list)
    broken: bool = False

    def apply_async(self, args: tuple[str], **options: object) -> None:
        if self.broken:
            raise ConnectionError("no broker")
        self.rung.append(uuid.UUID(args[0]))
