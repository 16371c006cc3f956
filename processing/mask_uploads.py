"""A mask or trimap that somebody sends: checked before it is kept. A worker reads its pixels (mask_work)."""

from __future__ import annotations

from dataclasses import replace

from django.conf import settings

from processing.decoder_pool import verify
from processing.errors import Refused, refusing
from processing.pipeline.errors import PipelineError
from processing.pipeline.probe import GREY_MODES, Probe, opened

Size = tuple[int, int]  # width, height

READABLE = {
    "PNG",
    "TIFF",
}  # without loss: a JPEG leaves a veil around every edge, and knows no alpha of 16 bits


def check(data: bytes, size: Size) -> Probe:
    """What the file is, once it is proved to be grey, to decode to its end, and to have the shape of a photo of this
    size. Refused: invalid_mask, and what a photo is refused for."""
    limits = replace(settings.IMAGE_LIMITS, min_side=1)
    with refusing(PipelineError):
        with opened(data, limits) as image:
            mode = image.mode  # as the header says it; whether the rest decodes is proved apart
        found = verify(data, limits)
    if mode not in GREY_MODES:
        raise Refused("invalid_mask", reason="it has to be grey of 8 or 16 bits, without transparency")
    if found.format not in READABLE:
        raise Refused("invalid_mask", reason="it has to be a PNG or TIFF")
    # A px more or less is what rounding makes of a reduced copy.
    if abs(found.width * size[1] - found.height * size[0]) > max(size):
        shapes = f"{found.width} × {found.height}, the photo {size[0]} × {size[1]}"
        raise Refused("invalid_mask", reason=f"it has {shapes} pixels, which is another shape")
    return found
