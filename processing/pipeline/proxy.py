"""Small renditions from a reduced copy of the photo: what a page shows while somebody tries recipes.

A 12 MP JPEG is decoded at a half or less, refined and composed there. Lengths in px still count in the source's.
"""

from dataclasses import replace
from math import ceil

from .arrays import Alpha
from .codec import Photo, decode
from .measures import Size
from .placement import place, scaled
from .probe import Limits
from .recipe import Recipe
from .regions import box_of
from .scale import resized


def open_small(data: bytes, alpha: Alpha, size: Size, recipe: Recipe, limits: Limits) -> Photo:
    """Decode a source of `size` as small as a small rendition allows, whole for any other recipe.

    `alpha` is its raw matte of any size, which tells how close a crop will come. Raises as `decode`.
    """
    if not recipe.is_small:
        return decode(data, limits)
    least = needed(alpha, size, recipe)
    return reduced(decode(data, limits, least), least)


def quick(recipe: Recipe, side: int) -> Recipe:
    """What is shown at once while somebody tries `recipe`: at most `side` px, in the format that is made soonest.

    JPEG costs a third of WebP, so it is taken wherever nothing can be see-through.
    """
    kind, _, _ = recipe.background.partition(":")
    opaque = kind in {"gradient", "blur"} or (kind.startswith("#") and len(kind) == 7)
    flat = recipe.channels == "alpha" or (recipe.channels == "rgba" and (opaque or recipe.format == "jpg"))
    how = {"format": "jpg", "quality": 85} if flat else {"format": "webp", "quality": 82}
    return recipe.replace(max_side=min(recipe.max_side or side, side), depth="8", **how)


def needed(alpha: Alpha, size: Size, recipe: Recipe) -> int:
    """How many px the source's longer side needs at least, so that nothing has to be enlarged."""
    if recipe.head != "none":
        return max(size)  # how large the head is, is not known yet
    box = box_of(alpha)
    if box.width:
        box = scaled(box, (alpha.shape[1], alpha.shape[0]), size)
    return min(max(size), max(1, ceil(place(box, size, recipe).factor * max(size))))


def reduced(photo: Photo, side: int) -> Photo:
    """A copy whose longer side is at most `side`; the photo itself when it is no longer than that."""
    factor = side / max(photo.size)
    if factor >= 1:
        return photo
    small = max(1, round(photo.size[0] * factor)), max(1, round(photo.size[1] * factor))
    alpha = None if photo.alpha is None else resized(photo.alpha, small)
    native = None if photo.native is None else resized(photo.native, small)
    return replace(photo, rgb=resized(photo.rgb, small), alpha=alpha, full=photo.source_size, native=native)
