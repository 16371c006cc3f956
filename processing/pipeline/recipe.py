"""What shall be made of a source and its alpha: a frozen value, and its one spelling as a string.

The canonical string is user input, cache key and stored record at once, so every value has exactly one
spelling in it, and defaults are left out.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Self

from .background import Backdrop
from .errors import PipelineError
from .frames import Canvas, Place, Region
from .layouts import expanded
from .measures import Lengths, Percent
from .options import Choice, Colour, Number, Rule, Switch, Thresholds
from .prompts import Prompts

# How often and at which crop the net looks (see looks.look); part of the stored matte's identity.
LOOKS = {"fast": "1", "balanced": "2", "best": "4"}

# On how fine a copy colours are told apart. Error of the foreground's colours on 9 composites with u2net, in levels:
# two looks, 320 and 512 px 15.57, 15.45; four looks, 320, 512, 1024 px 15.06, 15.10, 15.15 (for 3 % of the run).
COLOUR_SIDES = {"fast": 320, "balanced": 512, "best": 512}

# A picture whose longest side is asked to be at most this is one for a page.
SMALL_SIDE = 1600

# What decides how the net looks, so that it cannot be changed once a matte is made.
OF_THE_LOOK = frozenset({"preset", "prompt"})

RULES: dict[str, Rule] = {
    "preset": Choice(tuple(LOOKS)),
    "prompt": Prompts(),
    "feather": Number(0, 10),
    "expand": Number(-20, 20),
    "hair": Choice(("auto", "on", "off")),
    "holes": Choice(("auto", "open", "close")),
    "specks": Switch(),
    "trimap": Thresholds(),
    "decontaminate": Switch(),
    "semitransparency": Switch(),
    "source_alpha": Choice(("keep", "opaque")),
    "roi": Region(),
    "channels": Choice(("rgba", "alpha", "source", "background")),
    "background": Backdrop(),
    "background_fit": Choice(("cover", "contain")),
    "background_focus": Place(("center",)),
    "shadow": Choice(("none", "drop", "3d", "car")),
    "shadow_opacity": Number(0, 100),
    "shadow_color": Colour(clear=False),
    "shadow_blur": Lengths((1,), 50, 500),
    "shadow_offset": Lengths((2,), 100, 2000, low=-1),
    "shadow_angle": Number(-75, 75),
    "crop": Switch(),
    "margin": Lengths((1, 2, 4), 50, 500),
    "scale": Percent(("original",), 10, 100),
    "position": Place(("auto", "original", "center")),
    "head": Percent(("none",), 20, 95),
    "canvas": Canvas(16_384, 50),
    "enlarge": Switch(),
    "max_megapixels": Number(0, 50),
    "max_side": Number(0, 16_384, whole=True),
    "format": Choice(("auto", "png", "webp", "jpg", "avif", "tiff", "zip", "ora")),
    "depth": Choice(("8", "16")),
    "quality": Number(1, 100, whole=True),
    "dpi": Number(0, 2400, whole=True),
    "profile": Choice(("keep", "srgb")),
}


@dataclass(frozen=True)
class Recipe:
    """Every field is checked and brought to its one form on construction (PipelineError invalid_recipe).

    docs/recipe.md has a table of all values. Lengths are percentages, or px of the source.

    preset            fast, balanced, best: how often the net looks; best also draws hair and fur
    prompt            none, or points and boxes that say what to cut out, for models that take them (see prompts)
    feather           0..10, how many px of the source the edge takes more from clear to opaque
    expand            -20..20, how far the edge moves outwards in px of the source
    hair              whether hair and fur are found and drawn strand by strand; auto: by best alone
    holes             auto: as the net says; open: clear what shows the background inside of the subject; close: fill
    specks            remove loose crumbs of foreground
    trimap            none, or what of the matte is sure: its levels, 0..255, and px of the source; the rest is solved
    decontaminate     take the old background's colour out of soft edges
    semitransparency  off: what is soft inside of the subject (windows of a car) becomes opaque
    source_alpha      keep: what is half clear in the source stays so; opaque: of it only what is fully clear does
    roi               region outside of which everything is background
    channels          rgba, alpha (grey matte), source (untouched), background (the foreground removed)
    background        none, colour, gradient, picture or blur: see background.Backdrop
    background_fit    cover or contain: how a background picture fills the canvas
    background_focus  which part of a background picture stays, or where it lies
    shadow            none, drop (the outline, moved), 3d (stands on a ground), car (dark underbody)
    shadow_opacity    0..100
    shadow_color      #rrggbb
    shadow_blur       length, percent of the subject's longer side; standard deviation
    shadow_offset     how far a drop shadow lies to the right and down
    shadow_angle      -75..75, where a 3d shadow falls: degrees to the right of straight back
    crop, margin      cut to the foreground's box, plus 1, 2 or 4 lengths: percent of the box's height and width
    scale             original, or how much of the canvas the subject takes, in percent
    position          auto (center with a scale, else original), original, center, or percent across and down
    head              none, or how much of the canvas's height a person's head takes, crown to chin, in percent
    canvas            auto, or exact width x height in px
    enlarge           whether the subject may get larger than it is in the source
    max_megapixels    0 = full size; never enlarges
    max_side          0 = full size; longest side in px; never enlarges
    format            auto: png where something is see-through, else jpg; zip: color.jpg and alpha.png; ora: layers
    depth             8, or 16 bits for png
    quality           1..100 of lossy formats; webp is lossless at 100
    dpi               0 = as in the source
    profile           keep: in the source's own RGB space, as Display P3 or Adobe RGB; srgb: in sRGB
    """

    preset: str = "balanced"
    prompt: str = "none"
    feather: float = 0.0
    expand: float = 0.0
    hair: str = "auto"
    holes: str = "auto"
    specks: bool = False
    trimap: str = "none"
    decontaminate: bool = True
    semitransparency: bool = True
    source_alpha: str = "keep"
    roi: str = "0 0 100 100"
    channels: str = "rgba"
    background: str = "none"
    background_fit: str = "cover"
    background_focus: str = "center"
    shadow: str = "none"
    shadow_opacity: float = 50.0
    shadow_color: str = "#000000"
    shadow_blur: str = "3"
    shadow_offset: str = "2 4"
    shadow_angle: float = 43.0
    crop: bool = False
    margin: str = "0"
    scale: str = "original"
    position: str = "auto"
    head: str = "none"
    canvas: str = "auto"
    enlarge: bool = False
    max_megapixels: float = 0.0
    max_side: int = 0
    format: str = "auto"
    depth: str = "8"
    quality: int = 90
    dpi: int = 0
    profile: str = "keep"

    def __post_init__(self) -> None:
        for name, rule in RULES.items():
            # Frozen, so the checked value is put past the guard once, here.
            object.__setattr__(self, name, checked(name, rule, rule.write(getattr(self, name))))

    @classmethod
    def parse(cls, options: Mapping[str, str]) -> Self:
        """Build a recipe from a form's or query's strings; an empty string counts as absent.

        `layout` names a set of fields (see layouts), which what is given beside it changes.

        Raises PipelineError invalid_recipe with facts field, value and expected.
        """
        options = expanded(options)
        for name in options:
            if name not in RULES:
                raise PipelineError("invalid_recipe", field=name, value=options[name], expected=sorted(RULES))
        given = {name: text.strip() for name, text in options.items()}
        return cls(**{name: checked(name, RULES[name], text) for name, text in given.items() if text})

    @classmethod
    def from_canonical(cls, text: str) -> Self:
        """Read back a canonical string."""
        pairs = (part.partition("=") for part in text.split("&") if part)
        return cls.parse({name: value for name, _, value in pairs})

    def canonical(self) -> str:
        """Return key=value pairs in alphabetical order, joined by &, without defaults; "" is the default."""
        return "&".join(
            f"{field.name}={RULES[field.name].write(getattr(self, field.name))}"
            for field in sorted(fields(self), key=lambda field: field.name)
            if getattr(self, field.name) != field.default
        )

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some fields changed, checked as on construction."""
        return replace(self, **changes)

    def as_dict(self) -> dict[str, Any]:
        """Return all fields with their values, defaults included, ready for JSON."""
        return asdict(self)

    @property
    def is_small(self) -> bool:
        """Whether it asks for a picture to be shown and not kept: made quickly rather than packed tightly."""
        return 0 < self.max_side <= SMALL_SIDE

    @property
    def colour_side(self) -> int:
        """Longest side in px of the copy on which the colours of foreground and background are told apart."""
        return COLOUR_SIDES["fast" if self.is_small else self.preset]

    @property
    def strands(self) -> bool:
        """Whether hair and fur are drawn from the picture's colours."""
        return self.hair == "on" or (self.hair == "auto" and self.preset == "best")

    @property
    def looks(self) -> str:
        """How often and at which crop the net looks; what a stored matte depends on besides the model."""
        return LOOKS[self.preset]


def checked(name: str, rule: Rule, text: str) -> Any:
    """Return the value that `text` means under `rule`, or raise PipelineError invalid_recipe."""
    value = rule.read(text)
    if value is None:
        raise PipelineError("invalid_recipe", field=name, value=text[:80], expected=rule.expected)
    return value
