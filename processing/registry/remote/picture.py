"""What is sent and what comes back: a picture as bytes that providers take, and the matte in their answer."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from processing.pipeline import codec
from processing.pipeline.arrays import Alpha, Rgb
from processing.pipeline.errors import PipelineError
from processing.pipeline.probe import Limits, has_alpha, opened
from processing.pipeline.scale import resize_alpha, shrink

MOST_PIXELS = 25_000_000  # what the providers answer at full size; more would only be scaled down there
LOSSLESS_PIXELS = 4_000_000  # a PNG of more is slow to make and to send
MOST_BYTES = 10_000_000  # well below every documented limit, also as base64
ASPECT_SLACK = 0.02  # a provider that scales down rounds both sides


@dataclass(frozen=True, slots=True)
class Picture:
    """An upright sRGB picture as a file. `most_answer`: bytes that its answer can have at the very most."""

    data: bytes = field(repr=False)
    media_type: str
    width: int
    height: int

    @property
    def most_answer(self) -> int:
        return 1_000_000 + 5 * self.width * self.height  # four bytes a pixel without any compression

    @property
    def name(self) -> str:
        return "picture.png" if self.media_type == "image/png" else "picture.jpg"


def sendable(rgb: Rgb) -> Picture:
    """H×W×3 uint8 as a PNG, or as a JPEG of high quality where that would be long; at most MOST_PIXELS."""
    height, width = rgb.shape[:2]
    if width * height > MOST_PIXELS:
        factor = (MOST_PIXELS / (width * height)) ** 0.5
        width, height = max(1, int(width * factor)), max(1, int(height * factor))
        rgb = shrink(rgb, (width, height))
    if width * height <= LOSSLESS_PIXELS:
        data = codec.encode(rgb, "png")
        if len(data) <= MOST_BYTES:
            return Picture(data, "image/png", width, height)
    for quality in (95, 85, 75):  # noise of 25 MP is the only thing that needs the lower ones
        data = codec.encode(rgb, "jpg", quality=quality)
        if len(data) <= MOST_BYTES:
            break
    return Picture(data, "image/jpeg", width, height)


class NotAMatte(Exception):
    """The answer is no matte of this picture; the message is a clause about the provider."""


def read_matte(data: bytes, sent: Picture) -> Alpha:
    """The matte in an answer (its alpha channel, or itself when it is grey): float32 0..1 at the sent size.

    The bytes decide what it is, no header does. Raises NotAMatte.
    """
    side = max(sent.width, sent.height)
    limits = Limits(sent.most_answer, sent.width * sent.height + 4 * side, 1, side + 2)
    try:
        with opened(data, limits) as image:
            matte = _matte_of(image)
    except PipelineError as error:
        raise NotAMatte(_REASONS.get(error.code, "its answer is not a picture")) from None
    if matte is None:
        raise NotAMatte("its answer has no transparency")
    height, width = matte.shape
    if abs(width * sent.height / (height * sent.width) - 1) > ASPECT_SLACK + 1 / min(width, height):
        raise NotAMatte(f"its answer has {width} × {height} pixels for {sent.width} × {sent.height}")
    return resize_alpha(matte, (sent.width, sent.height))


_REASONS = {
    "resolution_too_high": "its answer is larger than the picture",
    "side_too_long": "its answer is larger than the picture",
    "unreadable_image": "its answer is a damaged picture",
}


def _matte_of(image: Image.Image) -> Alpha | None:
    """The transparency of a picture, else its grey levels; None for a coloured one."""
    if image.mode.startswith("I;16"):
        return np.asarray(image).astype(np.float32) / np.float32(65535)
    if has_alpha(image):
        return np.asarray(image.convert("RGBA").getchannel("A")).astype(np.float32) / np.float32(255)
    rgb = np.asarray(image.convert("RGB"))
    grey = bool((rgb[..., 0] == rgb[..., 1]).all() and (rgb[..., 0] == rgb[..., 2]).all())
    return rgb[..., 0].astype(np.float32) / np.float32(255) if grey else None
