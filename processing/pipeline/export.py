"""Layers -> the bytes of a file, in the format that the recipe asks for."""

import numpy as np

from .archive import colour_and_alpha, open_raster
from .arrays import Alpha, Rgb, Rgba
from .codec import MEDIA_TYPES as PICTURE_TYPES
from .codec import encode
from .compose import over
from .errors import PipelineError
from .layers import Layers
from .png import write_png
from .recipe import Recipe

Dpi = tuple[float, float] | None

MEDIA_TYPES = {**PICTURE_TYPES, "zip": "application/zip", "ora": "image/openraster"}

# What a side may have at most, in px, where the format sets a bound that a source may exceed.
_MOST_SIDE = {"webp": 16_383, "jpg": 65_500}


def exported(layers: Layers, recipe: Recipe, dpi: Dpi) -> tuple[bytes, str]:
    """Return the file's bytes and its format, a key of MEDIA_TYPES.

    Raises PipelineError invalid_recipe where the format cannot hold a picture as large as this.
    """
    dpi = (float(recipe.dpi), float(recipe.dpi)) if recipe.dpi else dpi
    profile = layers.space.profile if layers.space else None
    is_matte = recipe.channels == "alpha"
    if recipe.format == "ora":
        return open_raster(layers, dpi), "ora"
    flat = layers.flat()
    kind = recipe.format if recipe.format != "auto" else _suited(flat, is_matte)
    if kind == "zip":
        return colour_and_alpha(flat, recipe.quality, dpi, profile), kind
    if kind == "png":
        return write_png(_for_png(flat, layers, recipe), dpi, profile), kind
    _check_side(kind, flat)
    if kind == "jpg" and flat.shape[2] == 4:
        flat = over(flat, (255, 255, 255, 255))
    data = encode(flat, kind, quality=recipe.quality, dpi=dpi, quick=recipe.is_small, profile=profile)
    return data, kind


def _check_side(kind: str, flat: Rgb | Rgba) -> None:
    if kind in _MOST_SIDE and max(flat.shape[:2]) > _MOST_SIDE[kind]:
        expected = f"another than {kind} for a side of more than {_MOST_SIDE[kind]} px, or a smaller max_side"
        raise PipelineError("invalid_recipe", field="format", value=kind, expected=expected)


def _suited(flat: Rgb | Rgba, is_matte: bool) -> str:
    clear = flat.shape[2] == 4 and bool((flat[..., 3] < 255).any())
    return "png" if clear or is_matte else "jpg"


def _for_png(flat: Rgb | Rgba, layers: Layers, recipe: Recipe) -> np.ndarray:
    """Grey for a matte; 16 bits where asked for, the alpha in full and the colours as they are."""
    if recipe.channels == "alpha":
        if recipe.depth == "16" and layers.alpha is not None:
            return _sixteen(layers.alpha)
        return np.ascontiguousarray(flat[..., 0])
    if recipe.depth == "8":
        return flat
    deep = flat.astype(np.uint16) * np.uint16(257)
    opacity = layers.opacity()
    if opacity is not None and flat.shape[2] == 4:
        deep[..., 3] = _sixteen(opacity)
    return deep


def _sixteen(alpha: Alpha) -> np.ndarray:
    return np.asarray(np.rint(alpha * np.float32(65535)), np.uint16)
