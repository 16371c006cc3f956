"""Colours of results in the source's own RGB space, such as Display P3 or Adobe RGB: kept as they came, and joined by
colours that were asked for in sRGB."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

from .arrays import Rgb, Rgba
from .colour import BROKEN, SRGB

Level4 = tuple[int, int, int, int]

# Larger ones are tables of scanners, and no space that a result should be in.
_MOST_BYTES = 600_000


@dataclass(frozen=True)
class Space:
    """An RGB space by its ICC profile."""

    profile: bytes

    def colour(self, level: Level4) -> Level4:
        """An sRGB colour in this space; its opacity stays."""
        red, green, blue = self.picture(np.array([[level[:3]]], np.uint8))[0, 0]
        return int(red), int(green), int(blue), level[3]

    def picture(self, pixels: Rgb | Rgba) -> Rgb | Rgba:
        """An sRGB picture, H×W×3 or H×W×4, in this space. Cost at 12 MP: about 0.4 s."""
        made = ImageCms.applyTransform(Image.fromarray(pixels[..., :3]), _from_srgb(self.profile))
        colours = np.asarray(made, np.uint8)
        return colours if pixels.shape[2] == 3 else np.dstack([colours, pixels[..., 3]])


def space_of(profile: object) -> Space | None:
    """The space of an RGB profile that files can be written in; None for any other, and for an unsound one."""
    if not isinstance(profile, bytes) or len(profile) > _MOST_BYTES:
        return None
    try:
        _from_srgb(profile)
    except BROKEN:
        return None
    return Space(profile)


@lru_cache(maxsize=8)
def _from_srgb(profile: bytes) -> ImageCms.ImageCmsTransform:
    """Relative to the white of both, so that white stays white. Raises one of BROKEN for what is no RGB space."""
    here, there = (ImageCms.ImageCmsProfile(io.BytesIO(each)) for each in (SRGB, profile))
    return ImageCms.buildTransform(
        here, there, "RGB", "RGB", ImageCms.Intent.RELATIVE_COLORIMETRIC,
        ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )  # fmt: skip
