"""The layers of a result at its final size: the cutout, its shadow, what lies behind. Or one plain picture."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from .arrays import Alpha, Rgb, Rgba
from .backdrop import Pictures, blurred, gradient, picture
from .background import Blur, Gradient, Picture, background, colour
from .codec import Photo
from .compose import Level4, Levels, levels, on_canvas, over, resize, shaded, to_rgba
from .errors import PipelineError
from .foreground import cut_out
from .placement import Placement, scaled
from .recipe import Recipe
from .regions import Box
from .rgb_spaces import Space
from .scale import resize_alpha, resized
from .shadow import shadow


@dataclass(frozen=True, eq=False)
class Layers:
    """From the front to the back; all of the canvas's size. `alpha` is the front's, H×W float32.

    `shade` is None, or H×W levels of a shadow of the colour `ink`; `back` is None, a colour, or H×W×3 or H×W×4.
    `space` is what all colours are in, None for sRGB.
    """

    front: Rgb | Rgba
    alpha: Alpha | None = None
    shade: Levels | None = None
    ink: Level4 = (0, 0, 0, 255)
    back: Level4 | Rgb | Rgba | None = None
    space: Space | None = None

    def flat(self) -> Rgb | Rgba:
        """All layers as one picture; H×W×3 when what lies behind is opaque."""
        if self.front.shape[2] == 3:
            return self.front
        back = self.back
        if self.shade is not None:
            back = shaded(back, self.shade, self.ink)
        return self.front if back is None else over(self.front, back)

    def opacity(self) -> Alpha | None:
        """What is see-through of `flat`, finer than its 8 bits; None when it is just those."""
        if self.alpha is None or self.back is not None:
            return None
        if self.shade is None:
            return self.alpha
        return np.asarray(self.alpha + (1 - self.alpha) * (self.shade / np.float32(255)), np.float32)


@dataclass(frozen=True, eq=False)
class Scene:
    """All that a result is made of. `alpha` is refined, and of the photo's size; `space` is what the photo's colours
    are in and the result's will be, None for sRGB."""

    photo: Photo
    alpha: Alpha
    where: Placement
    recipe: Recipe
    pictures: Pictures
    space: Space | None = None

    @property
    def box(self) -> Box:
        """The part of the photo's pixels that is seen."""
        return scaled(self.where.region, self.photo.source_size, self.photo.size)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height that this part has on the canvas."""
        return self.where.target.width, self.where.target.height


def layers(scene: Scene) -> Layers:
    """Make what the recipe's channels ask for."""
    return _CHANNELS[scene.recipe.channels](scene)


def nowhere(sha256: str) -> Photo:
    """There are no background pictures."""
    raise PipelineError("background_missing", sha256=sha256)


def _cutout(scene: Scene) -> Layers:
    front, alpha = _front(scene)
    recipe, where = scene.recipe, scene.where
    front, alpha = (on_canvas(each, where.target, where.canvas) for each in (front, alpha))
    shade = None if recipe.shadow == "none" else shadow(alpha, where, recipe)
    ink = colour(recipe.shadow_color)
    return Layers(
        front, alpha, shade, scene.space.colour(ink) if scene.space else ink, _back(scene), scene.space
    )


def _front(scene: Scene) -> tuple[Rgba, Alpha]:
    """The cutout at the size it has on the canvas: reduced first, as the rest then costs less."""
    rgb, alpha = scene.photo.rgb[scene.box.slices], scene.alpha[scene.box.slices]
    size = scene.size
    if not scene.recipe.decontaminate:
        return resize(to_rgba(rgb, alpha), size), resize_alpha(alpha, size)
    side = scene.recipe.colour_side
    if size[0] <= rgb.shape[1] and size[1] <= rgb.shape[0]:
        # Mixing is linear, so the mixture may be averaged first and taken apart at the size that is wanted.
        alpha = resize_alpha(alpha, size)
        return cut_out(resized(rgb, size), alpha, side), alpha
    return resize(cut_out(rgb, alpha, side), size), resize_alpha(alpha, size)


def _back(scene: Scene) -> Level4 | Rgb | Rgba | None:
    wanted = background(scene.recipe.background)
    match wanted:
        case Gradient():
            return _in_space(gradient(wanted, scene.where.canvas), scene.space)
        case Picture():
            found = picture(scene.pictures(wanted.sha256), scene.where.canvas, scene.recipe)
            return _in_space(found, scene.space)
        case Blur():
            return blurred(wanted, scene.photo, scene.alpha, scene.where)
    return scene.space.colour(wanted) if wanted and scene.space else wanted


def _in_space(pixels: Rgb | Rgba, space: Space | None) -> Rgb | Rgba:
    return space.picture(pixels) if space else pixels


def _matte(scene: Scene) -> Layers:
    alpha = resize_alpha(scene.alpha[scene.box.slices], scene.size)
    alpha = on_canvas(alpha, scene.where.target, scene.where.canvas)
    grey = levels(alpha)
    return Layers(np.asarray(cv2.merge([grey, grey, grey]), np.uint8), alpha)


def _source(scene: Scene) -> Layers:
    photo = scene.photo
    if photo.alpha is None and scene.where.fills:
        return Layers(resized(photo.rgb[scene.box.slices], scene.size), space=scene.space)
    return _partly(scene, np.ones(scene.alpha.shape, np.float32) if photo.alpha is None else photo.alpha)


def _background(scene: Scene) -> Layers:
    own = scene.photo.alpha
    return _partly(scene, 1 - scene.alpha if own is None else np.maximum(own - scene.alpha, 0))


def _partly(scene: Scene, opacity: Alpha) -> Layers:
    rgba = resize(to_rgba(scene.photo.rgb[scene.box.slices], opacity[scene.box.slices]), scene.size)
    return Layers(on_canvas(rgba, scene.where.target, scene.where.canvas), space=scene.space)


_CHANNELS: dict[str, Callable[[Scene], Layers]] = {
    "rgba": _cutout,
    "alpha": _matte,
    "source": _source,
    "background": _background,
}
