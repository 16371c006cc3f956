"""The whole way of a picture, in the order in which it is walked."""

from dataclasses import dataclass

import numpy as np
from PIL import ImageColor

from .arrays import Alpha, Predict, Rgb, Rgba, check_alpha, check_rgb
from .codec import MEDIA_TYPES, Photo, decode, encode
from .compose import crop_box, levels, over, resize, target_size, to_rgba
from .edges import expand, feather, upsample
from .foreground import decontaminate
from .looks import look
from .png import write_png
from .probe import Limits
from .recipe import Recipe
from .regions import Box, box_of, without_holes, without_specks
from .scale import resize_alpha, shrink

__all__ = ["Rendition", "cutout", "finish", "look", "refine", "render"]


@dataclass(frozen=True, eq=False)
class Rendition:
    """A finished file. `box` is where the foreground lies, in px of the upright source."""

    data: bytes
    media_type: str
    width: int
    height: int
    box: Box


def cutout(data: bytes, predict: Predict, recipe: Recipe, limits: Limits) -> Rendition:
    """Turn uploaded bytes into a finished file. Raises PipelineError as `decode` and `look` do."""
    photo = decode(data, limits)
    return render(photo, look(photo.rgb, predict, recipe.looks), recipe)


def refine(photo: Photo, alpha: Alpha, recipe: Recipe) -> Alpha:
    """Return the raw matte (any size) as H×W float32 at the photo's size, refined as the recipe asks.

    The source's own transparency is honoured: what was clear stays clear.
    """
    full = upsample(check_rgb(photo.rgb), check_alpha(alpha))
    if recipe.specks:
        full = without_specks(full)
    if recipe.holes == "close":
        full = without_holes(full)
    full = feather(expand(full, recipe.expand), recipe.feather)
    return full if photo.alpha is None else full * photo.alpha


def render(photo: Photo, alpha: Alpha, recipe: Recipe) -> Rendition:
    """Make the file that `recipe` describes from a photo and its raw matte (any size); pure, repeatable."""
    return finish(photo, refine(photo, alpha, recipe), recipe)


def finish(photo: Photo, alpha: Alpha, recipe: Recipe) -> Rendition:
    """As `render`, from a matte that is already refined: H×W float32 at the photo's size."""
    box = box_of(alpha)
    cut = crop_box(box, recipe.margin, photo.size) if recipe.crop and box.width else Box(0, 0, *photo.size)
    size = target_size((cut.width, cut.height), recipe.max_megapixels, recipe.max_side)
    return _encoded(_PICTURES[recipe.channels](photo, alpha, cut, size, recipe), photo, recipe, box)


def _cutout(photo: Photo, alpha: Alpha, cut: Box, size: tuple[int, int], recipe: Recipe) -> Rgb | Rgba:
    rgb, alpha = photo.rgb[cut.slices], alpha[cut.slices]
    if recipe.decontaminate:
        # Mixing is linear, so the mixture may be averaged first and taken apart at the size that is wanted.
        alpha = resize_alpha(alpha, size)
        rgba = to_rgba(decontaminate(shrink(rgb, size), alpha), alpha)
    else:
        rgba = resize(to_rgba(rgb, alpha), size)
    return rgba if recipe.background == "none" else over(rgba, _colour(recipe.background))


def _matte(photo: Photo, alpha: Alpha, cut: Box, size: tuple[int, int], recipe: Recipe) -> Rgb:
    grey = levels(alpha[cut.slices])
    return resize(np.dstack([grey, grey, grey, np.full_like(grey, 255)]), size)[..., :3]


def _source(photo: Photo, alpha: Alpha, cut: Box, size: tuple[int, int], recipe: Recipe) -> Rgb | Rgba:
    opacity = np.ones(alpha.shape, np.float32) if photo.alpha is None else photo.alpha
    rgba = resize(to_rgba(photo.rgb[cut.slices], opacity[cut.slices]), size)
    return rgba[..., :3] if photo.alpha is None else rgba


def _background(photo: Photo, alpha: Alpha, cut: Box, size: tuple[int, int], recipe: Recipe) -> Rgba:
    rest = 1 - alpha if photo.alpha is None else np.maximum(photo.alpha - alpha, 0)
    return resize(to_rgba(photo.rgb[cut.slices], rest[cut.slices]), size)


_PICTURES = {"rgba": _cutout, "alpha": _matte, "source": _source, "background": _background}


def _encoded(pixels: Rgb | Rgba, photo: Photo, recipe: Recipe, box: Box) -> Rendition:
    clear = pixels.shape[2] == 4 and bool((pixels[..., 3] < 255).any())
    kind = recipe.format
    if kind == "auto":
        kind = "png" if clear or recipe.channels == "alpha" else "jpg"
    if kind == "jpg" and pixels.shape[2] == 4:
        pixels = over(pixels, (255, 255, 255, 255))
    height, width = pixels.shape[:2]
    if kind == "png" and recipe.channels == "alpha":
        data = write_png(np.ascontiguousarray(pixels[..., 0]), photo.dpi)
    else:
        data = encode(pixels, kind, quality=recipe.quality, dpi=photo.dpi)
    return Rendition(data, MEDIA_TYPES[kind], width, height, box)


def _colour(text: str) -> tuple[int, int, int, int]:
    parts = ImageColor.getrgb(text)
    return parts if len(parts) == 4 else (*parts, 255)
