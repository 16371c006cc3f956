"""Layouts by name: sets of recipe fields for places that prescribe a size and sRGB. Light, as `recipe`.

A layout is a way to ask, not a field: what is stored are the fields that it stands for. 25.4 mm are an inch, so
35 × 45 mm at 300 dpi are 413 × 531 px.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from .errors import PipelineError


@dataclass(frozen=True)
class Layout:
    """What people read, and the fields as a form would send them."""

    title: str
    fields: Mapping[str, str]


def _layout(title: str, canvas: str, scale: str, **fields: str) -> Layout:
    together = {"canvas": canvas, "scale": scale, "position": "center", "enlarge": "true", "profile": "srgb"}
    return Layout(title, MappingProxyType({**together, **fields}))


_WHITE = {"background": "#ffffff", "format": "jpg", "quality": "92"}
# What offices demand of heads: 32 to 36 of 45 mm, 1 to 1 3/8 of 2 inches, 24 to 27 of 35 mm.
_DOCUMENT = {"dpi": "300", "format": "jpg", "quality": "95"}

LAYOUTS: Mapping[str, Layout] = MappingProxyType(
    {
        "shop_square": _layout("Shop, square, white", "2000x2000", "85", **_WHITE),
        "shop_portrait": _layout("Shop, portrait 4:5, white", "1600x2000", "85", **_WHITE),
        "shop_landscape": _layout("Shop, landscape 4:3, white", "2000x1500", "85", **_WHITE),
        "shop_shadow": _layout("Shop, square, with a shadow", "2000x2000", "80", shadow="3d", **_WHITE),
        "passport_35x45": _layout(
            "Passport, 35 × 45 mm", "413x531", "90", head="76", background="#f2f2f2", **_DOCUMENT
        ),
        "passport_2x2": _layout(
            "Passport, 2 × 2 inches", "600x600", "88", head="60", background="#ffffff", **_DOCUMENT
        ),
        "id_25x35": _layout(
            "Identity card, 25 × 35 mm", "295x413", "90", head="72", background="#f2f2f2", **_DOCUMENT
        ),
        "social_square": _layout("Social, square", "1080x1080", "80"),
        "social_portrait": _layout("Social, portrait 4:5", "1080x1350", "80"),
        "social_story": _layout("Social, story 9:16", "1080x1920", "75"),
        "avatar": _layout("Avatar", "512x512", "100", position="50 100"),
        "sticker": _layout("Sticker", "512x512", "94", format="webp"),
    }
)


def expanded(options: Mapping[str, str]) -> dict[str, str]:
    """Return options with `layout` replaced by its fields; what is given beside it wins.

    Raises PipelineError invalid_recipe for a layout that is unknown.
    """
    given = {name: text for name, text in options.items() if name != "layout"}
    name = options.get("layout", "").strip()
    if not name:
        return given
    if name not in LAYOUTS:
        raise PipelineError("invalid_recipe", field="layout", value=name[:80], expected=list(LAYOUTS))
    return {**LAYOUTS[name].fields, **{key: text for key, text in given.items() if text.strip()}}
