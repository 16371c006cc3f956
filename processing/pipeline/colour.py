"""Whatever colours and depths a decoder gives -> 8-bit sRGB, an optional alpha, the numbers of another RGB space."""

import io
import struct
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageCms

from .arrays import Alpha, Rgb

# Real profiles are a few kB, CMYK ones up to 3 MB; more is not worth the parsing.
_MAX_PROFILE_BYTES = 4_000_000
_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
_MADE = _SRGB.tobytes()
# The profile for files, without the moment of its making: the same picture shall give the same bytes.
SRGB = _MADE[:24] + struct.pack(">6H", 1970, 1, 1, 0, 0, 0) + _MADE[36:]
# What ImageCms raises for a profile that is none, or not of these colours.
BROKEN = (ImageCms.PyCMSError, OSError, ValueError)
_DEEP = {"I", "F", "I;16", "I;16L", "I;16B", "I;16N"}


class Colours(NamedTuple):
    """H×W×3 uint8 sRGB; H×W float32 alpha when the picture has any see-through pixel; and where its profile is of
    another RGB space, the H×W×3 numbers that it had there."""

    rgb: Rgb
    alpha: Alpha | None
    native: Rgb | None


def to_srgb(image: Image.Image) -> Colours:
    """An embedded profile is applied (RGB, grey, CMYK); a broken, huge or mismatched one is dropped."""
    image = _eight_bit(image)
    alpha = _alpha(image)
    opaque = _without_alpha(image)
    managed = _managed(opaque, image.info.get("icc_profile"))
    # Pillow's own array protocol would make one more copy.
    native = np.asarray(opaque, dtype=np.uint8) if managed is not None and opaque.mode == "RGB" else None
    return Colours(np.asarray(managed or _plain(opaque), dtype=np.uint8), alpha, native)


def _eight_bit(image: Image.Image) -> Image.Image:
    """Bring grey pictures of 16 or 32 bits down to 8 by scaling, never by clipping."""
    if image.mode not in _DEEP:
        return image
    deep = np.nan_to_num(np.asarray(image, dtype=np.float32), posinf=0.0, neginf=0.0)
    scaled = np.clip(deep, 0, None) * (255.0 / _white(image.mode, deep))
    grey = Image.fromarray(np.rint(scaled).astype(np.uint8))
    grey.info = {key: value for key, value in image.info.items() if key == "icc_profile"}
    transparent = image.info.get("transparency")
    if isinstance(transparent, int):
        grey.putalpha(Image.fromarray(np.where(deep == transparent, 0, 255).astype(np.uint8)))
    return grey


def _white(mode: str, deep: np.ndarray) -> float:
    """Return the level that means white: full scale of the depth, or the maximum where nothing defines it."""
    top = float(deep.max(initial=0.0))
    if mode == "F" and top <= 1.0:
        return 1.0
    return next((scale for scale in (255.0, 65535.0) if top <= scale and (mode == "F" or scale > 255)), top)


def _alpha(image: Image.Image) -> Alpha | None:
    if "transparency" in image.info or image.mode in {"PA", "La", "RGBa"}:
        image = image.convert("RGBA")
    if image.mode not in {"RGBA", "LA"}:
        return None
    band = np.asarray(image.getchannel("A"))
    return None if band.min() == 255 else band.astype(np.float32) / np.float32(255)


def _without_alpha(image: Image.Image) -> Image.Image:
    if image.mode in {"P", "PA", "La", "RGBa"}:
        image = image.convert("RGBA")
    if image.mode == "LA":
        return image.getchannel("L")
    # Not convert: Pillow's RGBA -> RGB drops the fourth byte without touching colour, as wanted.
    return image.convert("RGB") if image.mode in {"RGBA", "RGBX"} else image


def _plain(image: Image.Image) -> Image.Image:
    if image.mode == "LAB":
        lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        converted = ImageCms.profileToProfile(image, lab, _SRGB, outputMode="RGB")
        assert converted is not None
        return converted
    return image if image.mode == "RGB" else image.convert("RGB")


def is_srgb(image: Image.Image) -> bool:
    """Tell whether an unloaded picture's RGB values can be taken as they are."""
    return image.mode == "RGB" and _transform(image, image.info.get("icc_profile")) is None


def _managed(image: Image.Image, profile: object) -> Image.Image | None:
    """Return `image` in sRGB by its profile, or None when there is nothing (sound) to apply."""
    transform = _transform(image, profile)
    try:
        return None if transform is None else ImageCms.applyTransform(image, transform)
    except (ImageCms.PyCMSError, ValueError):
        return None


def _transform(image: Image.Image, profile: object) -> ImageCms.ImageCmsTransform | None:
    """Return what brings `image` to sRGB, or None for a profile that is absent, unsound or without effect."""
    if not isinstance(profile, bytes) or not 128 < len(profile) <= _MAX_PROFILE_BYTES:
        return None
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        transform = ImageCms.buildTransform(
            source, _SRGB, image.mode, "RGB", ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )  # fmt: skip
        idle = image.mode in {"RGB", "L"} and _changes_nothing(transform, image.mode)
    except BROKEN:
        return None
    return None if idle else transform


def _changes_nothing(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Tell whether a lattice of colours comes out as it went in: an sRGB profile, the usual case."""
    levels = np.arange(0, 256, 17, dtype=np.uint8)
    if mode == "L":
        lattice = levels[None, :]
        expected = np.repeat(lattice[..., None], 3, axis=2)
    else:
        lattice = expected = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(16, 256, 3)
    result = ImageCms.applyTransform(Image.fromarray(lattice), transform)
    return result is not None and int(np.abs(np.asarray(result, dtype=np.int16) - expected).max()) <= 2
