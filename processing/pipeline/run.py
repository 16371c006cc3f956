"""The whole way of a picture, in the order in which it is walked."""

from dataclasses import dataclass, replace

import numpy as np

from .arrays import Alpha, Predict, Rgb, check_alpha, check_rgb
from .backdrop import Pictures
from .codec import Photo, decode
from .cutting import opaque_inside, within
from .edges import expand, upsample, with_veils
from .errors import PipelineError
from .export import MEDIA_TYPES, exported
from .feathering import feather
from .head import head_of
from .holes import with_holes_open
from .layers import Scene, layers, nowhere
from .looks import look
from .placement import Head, place, scaled
from .probe import Limits
from .recipe import Recipe
from .regions import Box, box_of, without_haze, without_holes, without_specks
from .rgb_spaces import Space
from .scale import WORK_SIDE
from .strands import matted
from .trimap_matting import by_thresholds

__all__ = ["Rendition", "cutout", "finish", "honoured", "look", "refine", "render"]


@dataclass(frozen=True, eq=False)
class Rendition:
    """A finished file. `box` is where the foreground lies, in px of the upright source."""

    data: bytes
    media_type: str
    width: int
    height: int
    box: Box


def cutout(data: bytes, predict: Predict, recipe: Recipe, limits: Limits) -> Rendition:
    """Turn uploaded bytes into a finished file. Raises PipelineError as `decode`, `look` and `finish` do."""
    photo = decode(data, limits)
    return render(photo, look(photo.rgb, predict, recipe.looks), recipe)


def refine(photo: Photo, alpha: Alpha, recipe: Recipe) -> Alpha:
    """Return the raw matte (any size) as H×W float32 at the photo's size, refined as the recipe asks.

    The source's own transparency is honoured: what was clear stays clear.
    """
    photo = honoured(photo, recipe)
    full = _full(check_rgb(photo.rgb), check_alpha(alpha), recipe.strands)
    if recipe.trimap != "none":
        full = by_thresholds(photo.rgb, alpha, full, recipe.trimap, photo.source_size)
    if recipe.specks:
        full = without_specks(full)
    if recipe.holes == "open":
        full = with_holes_open(photo.rgb, full)
    elif recipe.holes == "close":
        full = without_holes(full)
    full = feather(expand(full, recipe.expand * photo.reduction), recipe.feather * photo.reduction)
    return full if photo.alpha is None else full * photo.alpha


def honoured(photo: Photo, recipe: Recipe) -> Photo:
    """The photo with that of its own transparency that counts under this recipe."""
    if photo.alpha is None or recipe.source_alpha == "keep":
        return photo
    return replace(photo, alpha=(photo.alpha > 0).astype(np.float32))


def _full(rgb: Rgb, alpha: Alpha, strands: bool) -> Alpha:
    """The matte at the photo's size, without haze; hair and fur drawn from the colours where `strands` are wanted."""
    if alpha.shape == rgb.shape[:2] and max(alpha.shape) > WORK_SIDE:
        return upsample(rgb, alpha)  # finer than anything below: it stays as delivered
    return (matted if strands else upsample)(rgb, with_veils(without_haze(alpha)))


def render(photo: Photo, alpha: Alpha, recipe: Recipe, pictures: Pictures = nowhere) -> Rendition:
    """Make the file that `recipe` describes from a photo and its raw matte (any size); pure, repeatable.

    `pictures` finds the picture of a background `image:<sha256>`; without it there are none, which raises
    PipelineError background_missing.
    """
    return finish(photo, refine(photo, alpha, recipe), recipe, pictures)


def finish(photo: Photo, alpha: Alpha, recipe: Recipe, pictures: Pictures = nowhere) -> Rendition:
    """As `render`, from a matte that is already refined: H×W float32 at the photo's size."""
    photo = honoured(photo, recipe)
    alpha = within(alpha, recipe.roi, photo.source_size)
    if not recipe.semitransparency:
        alpha = opaque_inside(alpha)
    box = _box(alpha, photo)
    where = place(box, photo.source_size, recipe, _head(photo, alpha, recipe))
    photo, space = _own_colours(photo, recipe)
    scene = Scene(photo, alpha, where, recipe, pictures, space)
    data, kind = exported(layers(scene), recipe, photo.dpi)
    return Rendition(data, MEDIA_TYPES[kind], *scene.where.canvas, box)


def _head(photo: Photo, alpha: Alpha, recipe: Recipe) -> Head | None:
    """The head that is to be of a size; PipelineError no_head where there is none."""
    if recipe.head == "none" or recipe.channels == "source":
        return None
    found = head_of(photo.rgb, alpha, photo.source_size)
    if found is None:
        raise PipelineError("no_head")
    return found


def _own_colours(photo: Photo, recipe: Recipe) -> tuple[Photo, Space | None]:
    """The photo in the colour space that the result is in, and this space; None for sRGB, as layers always are."""
    if photo.native is None or recipe.profile == "srgb" or recipe.format == "ora":
        return photo, None
    return replace(photo, rgb=photo.native), photo.space


def _box(alpha: Alpha, photo: Photo) -> Box:
    """The foreground's box in px of the source."""
    box = box_of(alpha)
    return scaled(box, photo.size, photo.source_size) if box.width else box
