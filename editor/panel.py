"""The recipe as a form of a page: what its fields are called, and both ways between them and a Recipe.

A page asks for a background by a kind and a colour, angle or picture; a recipe has one word for it. The translation
is here alone, so the script sends the form as it is and a page without script does the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from processing.errors import Refused, refusing
from processing.pipeline.background import Blur, Gradient, Picture, Rgba8, background
from processing.pipeline.errors import PipelineError
from processing.pipeline.frames import canvas_size, fractions
from processing.pipeline.layouts import LAYOUTS
from processing.pipeline.options import Number
from processing.pipeline.recipe import RULES, Recipe

OPACITY = Number(0, 100)
SWITCHES = ("specks", "decontaminate", "semitransparency", "crop", "enlarge")
# Sent as they are in a recipe.
PLAIN = """preset prompt trimap feather expand holes roi channels background_fit shadow shadow_opacity shadow_color
shadow_blur shadow_angle margin scale head max_megapixels max_side format quality dpi profile""".split()
PARTS = """depth background_kind colour opacity gradient_angle gradient_from gradient_middle gradient_to
image blur focus_x focus_y shadow_x shadow_y place place_x place_y canvas_width canvas_height""".split()
FIELDS = frozenset({*SWITCHES, *PLAIN, *PARTS})
# What comes with the form and is no part of the recipe.
BESIDE = frozenset({"csrfmiddlewaretoken", "layout", "own", "reset", "r", "as"})
# What belongs to one photo, or to how the net looked at it.
OF_THE_PHOTO = ("roi", "preset", "prompt")
# What a layout decides: it replaces what was chosen of these before.
COMPOSITION = frozenset(
    """background background_fit background_focus shadow shadow_opacity shadow_color shadow_blur shadow_offset
    shadow_angle crop margin scale head position canvas enlarge max_megapixels max_side format quality dpi depth
    channels profile""".split()
)


def parse(data: Mapping[str, str]) -> Recipe:
    """The recipe of a form that was sent whole: a box that is missing was not ticked.

    `recipe`, a canonical string, may come in place of all. Refused: invalid_recipe, half_a_size, unknown_parameter.
    """
    if "recipe" in data:
        return canonical(data["recipe"])
    unknown = sorted(set(data) - FIELDS - BESIDE)
    if unknown:
        raise Refused("unknown_parameter", names=", ".join(unknown)[:80], expected="those of the panel")
    options = {name: data[name] for name in PLAIN if name in data}
    options |= {name: data.get(name, "false") for name in SWITCHES}
    options |= {"depth": data.get("depth", "8")}
    options |= {"background": _background(data), "canvas": _canvas(data), "position": _place(data)}
    options["background_focus"] = _pair(data, "focus_x", "focus_y")
    options["shadow_offset"] = _pair(data, "shadow_x", "shadow_y")
    with refusing(PipelineError):
        return Recipe.parse(options)


def canonical(text: str) -> Recipe:
    """A recipe from its one spelling. Refused: invalid_recipe."""
    if len(text) > 4000:
        raise Refused("invalid_recipe", field="recipe", value=text[:40], expected="at most 4000 characters")
    with refusing(PipelineError):
        return Recipe.from_canonical(text)


def _background(data: Mapping[str, str]) -> str:
    kind = data.get("background_kind", "none")
    match kind:
        case "none" | "":
            return "none"
        case "colour":
            return data.get("colour", "") + _opacity(data.get("opacity", ""))
        case "gradient":
            stops = [data.get(name, "") for name in ("gradient_from", "gradient_middle", "gradient_to")]
            return f"gradient:{data.get('gradient_angle', '')},{','.join(stop for stop in stops if stop)}"
        case "image":
            return f"image:{data['image']}" if data.get("image") else "none"  # none is chosen yet
        case "blur":
            return f"blur:{data.get('blur', '')}"
    raise Refused("invalid_recipe", field="background", value=kind[:40], expected="one of the list")


def _opacity(text: str) -> str:
    """Percent as two hex digits behind a colour; nothing for an opaque one."""
    percent = 100.0 if not text.strip() else OPACITY.read(text.strip())
    if percent is None:
        raise Refused("invalid_recipe", field="opacity", value=text[:40], expected=OPACITY.expected)
    return "" if percent == 100 else f"{round(percent * 2.55):02x}"


def _canvas(data: Mapping[str, str]) -> str:
    width, height = data.get("canvas_width", "").strip(), data.get("canvas_height", "").strip()
    if bool(width) != bool(height):
        raise Refused("half_a_size", field="canvas_height" if width else "canvas_width")
    return f"{width}x{height}" if width else "auto"


def _place(data: Mapping[str, str]) -> str:
    word = data.get("place", "auto")
    return _pair(data, "place_x", "place_y") if word == "own" else word


def _pair(data: Mapping[str, str], first: str, second: str) -> str:
    return f"{data.get(first, '')} {data.get(second, '')}".strip()


# --- The other way ---------------------------------------------------------------------------------------


def values(recipe: Recipe) -> dict[str, Any]:
    """What each field of the form shows for a recipe."""
    size = canvas_size(recipe.canvas) or ("", "")
    own = recipe.position not in {"auto", "original", "center"}
    place = recipe.position.split() if own else ["50", "50"]
    focus = [f"{100 * part:g}" for part in fractions(recipe.background_focus)]
    across, down = recipe.shadow_offset.split()
    shown = {name: RULES[name].write(getattr(recipe, name)) for name in PLAIN}
    shown |= {name: getattr(recipe, name) for name in SWITCHES}
    return shown | {
        "scale": "" if recipe.scale == "original" else recipe.scale,
        "head": "" if recipe.head == "none" else recipe.head,
        "depth": recipe.depth == "16",
        "canvas_width": size[0],
        "canvas_height": size[1],
        "place": "own" if own else recipe.position,
        "place_x": place[0],
        "place_y": place[1],
        "focus_x": focus[0],
        "focus_y": focus[1],
        "shadow_x": across,
        "shadow_y": down,
        **_behind(recipe),
    }


def _behind(recipe: Recipe) -> dict[str, Any]:
    """The parts of a background; those of the other kinds have what they begin with."""
    shown: dict[str, Any] = {
        "background_kind": "none",
        "colour": "#ffffff",
        "opacity": 100,
        "image": "",
        "blur": 4,
    }
    shown |= {
        "gradient_angle": 180,
        "gradient_from": "#ffffff",
        "gradient_middle": "",
        "gradient_to": "#c0d8ff",
    }
    match background(recipe.background):
        case None:
            return shown
        case Gradient(angle, colours):
            stops = [_hex(each) for each in colours]
            middle = stops[1] if len(stops) == 3 else ""
            more = {"gradient_from": stops[0], "gradient_middle": middle, "gradient_to": stops[-1]}
            return shown | {"background_kind": "gradient", "gradient_angle": f"{angle:g}"} | more
        case Picture(sha256):
            return shown | {"background_kind": "image", "image": sha256}
        case Blur(sigma):
            return shown | {"background_kind": "blur", "blur": f"{sigma:g}"}
        case colour:
            opacity = f"{colour[3] / 2.55:.1f}".removesuffix(".0")
            return shown | {"background_kind": "colour", "colour": _hex(colour)[:7], "opacity": opacity}


def _hex(colour: Rgba8) -> str:
    digits = "".join(f"{level:02x}" for level in colour)
    return "#" + (digits if colour[3] < 255 else digits[:6])


# --- Whole sets ------------------------------------------------------------------------------------------


def with_layout(recipe: Recipe, name: str) -> Recipe:
    """The recipe laid out anew; what was done to the edges stays. Refused: invalid_recipe."""
    if name not in LAYOUTS:
        raise Refused("invalid_recipe", field="layout", value=name[:40], expected=list(LAYOUTS))
    kept = {key: value for key, value in written(recipe).items() if key not in COMPOSITION}
    with refusing(PipelineError):
        return Recipe.parse({**kept, "layout": name})


def of_any_photo(recipe: Recipe) -> Recipe:
    """Without what belongs to one picture: its region, and what was pointed at in it."""
    return recipe.replace(roi=Recipe().roi, prompt=Recipe().prompt)


def on_photo(kept: Recipe, present: Recipe) -> Recipe:
    """A kept recipe for a photo that the net has looked at already."""
    return kept.replace(**{name: getattr(present, name) for name in OF_THE_PHOTO})


def written(recipe: Recipe) -> dict[str, str]:
    """Every field of a recipe that is not the default, as text."""
    return dict(part.split("=", 1) for part in recipe.canonical().split("&") if part)
