"""remove.bg's parameters, checked, and as fields of a recipe. Names, values and defaults are those of its v1.0."""

from __future__ import annotations

from dataclasses import dataclass, field

from processing.api.compat.removebg_errors import WrongParameter
from processing.api.reading import Fields
from processing.pipeline.frames import Place
from processing.pipeline.measures import Length, Percent, length, sides
from processing.pipeline.options import Choice, Colour, Number, Rule, Switch
from processing.pipeline.recipe import Recipe

Size = tuple[int, int]  # width, height in px

PREVIEW, LARGEST = 0.25, 25.0  # megapixels

# Megapixels that a result has at most: in general, and as PNG.
SIZES: dict[str, tuple[float, float]] = {
    "preview": (PREVIEW, PREVIEW),
    "small": (PREVIEW, PREVIEW),
    "regular": (PREVIEW, PREVIEW),
    "medium": (1.5, 1.5),
    "hd": (4.0, 4.0),
    "full": (LARGEST, 10.0),
    "4k": (LARGEST, 10.0),
    "auto": (LARGEST, 10.0),
    "50mp": (50.0, 10.0),
}
TYPES = ("auto", "person", "product", "car", "animal", "graphic", "transportation", "other")
AUTO_SHADOW = {"car": "car", "person": "3d", "transportation": "3d"}  # the others: drop
# What X-Type says, by the level of detail. `auto` is not recognised here, so it is "other".
LEVELS = {
    "1": {"person": "person", "product": "product", "animal": "animal", "car": "car"},
    "2": {name: name for name in ("person", "product", "animal", "car", "transportation")}
    | {"graphic": "graphics"},
}
LEVELS["latest"] = LEVELS["2"]
MOST_MARGIN = {True: 500.0, False: 50.0}  # px, percent

YES_NO = Switch()


@dataclass(frozen=True)
class Asked:
    """What was asked for, as far as it can be checked without the picture."""

    size: str
    kind: str
    level: str
    caps: tuple[float, float]
    roi: tuple[Length, ...]
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def type_header(self) -> str:
        """X-Type; "" when it shall not be sent."""
        return LEVELS[self.level].get(self.kind, "other") if self.level in LEVELS else ""

    @property
    def may_be_png(self) -> bool:
        """Which has a lower cap: with `auto` it comes out wherever something is see-through."""
        kind = self.fields.get("format", "auto")
        clear = "background" not in self.fields or self.fields.get("channels") == "alpha"
        return kind == "png" or (kind == "auto" and clear)

    @property
    def cap(self) -> float:
        """Megapixels that the result has at most."""
        return self.caps[self.may_be_png]

    def recipe(self, size: Size) -> Recipe:
        """The recipe for a source of this size. WrongParameter for a region that it does not have."""
        return Recipe.parse(
            {**self.fields, "roi": _region(self.roi, size), "max_megapixels": f"{self.cap:g}"}
        )


def read(given: Fields) -> Asked:
    """All parameters but the pictures. WrongParameter."""
    kind = _one(given, "type", Choice(TYPES), "auto")
    size = _one(given, "size", Choice(tuple(SIZES)), "preview")
    level = _one(given, "type_level", Choice(("none", "1", "2", "latest")), "1")
    fields = {
        "format": _one(given, "format", Choice(("auto", "png", "jpg", "jpeg", "webp", "zip")), "auto"),
        "channels": _one(given, "channels", Choice(("rgba", "alpha")), "rgba"),
        "semitransparency": _one(given, "semitransparency", YES_NO, "true"),
        "crop": _one(given, "crop", YES_NO, "false"),
        "scale": _one(given, "scale", Percent(("original",), 10, 100), "original"),
        "margin": _margin(given.text("crop_margin") or "0"),
        **_shadow(given, kind),
    }
    if given.text("position"):
        fields["position"] = _one(given, "position", Place(("original", "center")), "")
    colour = _one(given, "bg_color", Colour(), "none")
    if colour != "none":
        fields["background"] = colour
    fields["format"] = fields["format"].replace("jpeg", "jpg")
    return Asked(size, kind, level, SIZES[size], _roi(given.text("roi") or "0 0 100% 100%"), fields)


def _one(given: Fields, name: str, rule: Rule, usual: str) -> str:
    """A value under its rule, in the recipe's spelling."""
    value = rule.read((given.text(name) or usual).lower())
    if value is None:
        raise WrongParameter(f"invalid_{name.partition('[')[0]}", detail=_expected(rule))
    return rule.write(value)


def _expected(rule: Rule) -> str:
    words = ", ".join(rule.expected) if isinstance(rule.expected, list | tuple) else str(rule.expected)
    return f"It can be {words}."


def _shadow(given: Fields, kind: str) -> dict[str, str]:
    """A shadow for the type that was named goes before the general one. `auto` as type is taken for `other`."""
    own = "other" if kind == "auto" else kind
    names = Choice(("none", "auto", "car", "3d", "drop"))
    usual = "none"
    if _one(given, "add_shadow", YES_NO, "false") == "true" and own == "car":
        usual = "car"
    usual = _one(given, "shadow_type", names, usual)
    shadow = _one(given, f"shadow_type[{own}]", names, usual)
    if shadow == "auto":
        shadow = AUTO_SHADOW.get(own, "drop")
    opacity = given.text(f"shadow_opacity[{own}]") or given.text("shadow_opacity") or "auto"
    if opacity == "auto":
        opacity = "90" if shadow == "car" else "50"
    if Number(0, 100).read(opacity) is None:
        raise WrongParameter("invalid_shadow_opacity", detail="It can be auto, or a number from 0 to 100.")
    return {"shadow": shadow, "shadow_opacity": opacity}


def _margin(text: str) -> str:
    """At most half of the subject or 500 px; more is that. A bare number is px."""
    found = [_length(part) for part in text.split()]
    if len(found) not in (1, 2, 4) or any(one is None or one.value < 0 for one in found):
        raise WrongParameter(
            "invalid_crop_margin",
            "Invalid crop_margin parameter given",
            "It can be one, two or four lengths in px or % of the subject, such as 10px or 5% 20px.",
        )
    kept = [Length(min(one.value, MOST_MARGIN[one.is_px]), one.is_px) for one in found if one]
    return " ".join(map(str, kept))


def _roi(text: str) -> tuple[Length, ...]:
    found = [_length(part) for part in text.split()]
    if len(found) != 4 or any(one is None for one in found):
        raise WrongParameter("invalid_roi", "Invalid roi parameter given: expected x1 y1 x2 y2 in px or %")
    return tuple(one for one in found if one)


def _length(text: str) -> Length | None:
    bare = text.lstrip("+-").replace(".", "", 1).isdigit()
    return length(text + "px" if bare else text)


def _region(roi: tuple[Length, ...], size: Size) -> str:
    left, top, right, bottom = (one.of(size[axis % 2]) for axis, one in enumerate(roi))
    if min(left, top, right, bottom) < 0 or max(left, right) > size[0] or max(top, bottom) > size[1]:
        raise WrongParameter(
            "roi_exceeds_bounds",
            "The roi is not inside of the image",
            f"The image has {size[0]} x {size[1]} pixels.",
        )
    if round(left) >= round(right) or round(top) >= round(bottom):
        raise WrongParameter("roi_region_empty", "The roi is empty")
    return " ".join(map(str, roi))


def largest(asked: Asked, size: Size, box: tuple[int, int, int, int]) -> Size:
    """How large the same picture would be as `full`: X-Max-Width and X-Max-Height."""
    width, height = map(float, size)
    if asked.fields.get("crop") == "true" and box[2]:
        top, right, bottom, left = sides(asked.fields.get("margin", "0"), (box[2], box[3]))
        width, height = box[2] + left + right, box[3] + top + bottom
    cap = SIZES["full"][asked.may_be_png]
    factor = min(1.0, (cap * 1e6 / (width * height)) ** 0.5)
    return max(1, int(width * factor + 1e-9)), max(1, int(height * factor + 1e-9))
