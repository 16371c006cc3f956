import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from processing.pipeline.errors import PipelineError
from processing.pipeline.recipe import LOOKS, RULES, Recipe

NUMBERS = {
    "feather": (0, 10),
    "expand": (-20, 20),
    "shadow_opacity": (0, 100),
    "shadow_angle": (-75, 75),
    "max_megapixels": (0, 50),
}
PERCENT = st.floats(0, 100).map("{:.4f}%".format)


def lengths(least, percent, px, *counts):
    one = st.one_of(
        st.floats(least * percent, percent).map("{:.4f}%".format),
        st.integers(least * px, px).map("{}px".format),
    )
    return st.one_of(*(st.lists(one, min_size=n, max_size=n).map(" ".join) for n in counts))


COLOURS = st.one_of(
    st.just("none"),
    st.builds("#{:06x}".format, st.integers(0, 0xFFFFFF)),
    st.builds("#{:06x}{:02x}".format, st.integers(0, 0xFFFFFF), st.integers(1, 254)),
)
BACKGROUNDS = st.one_of(
    COLOURS,
    st.builds(
        "gradient:{:.2f},{},#123456,red".format, st.floats(0, 360), COLOURS.filter(lambda c: c != "none")
    ),
    st.binary(min_size=32, max_size=32).map(lambda data: "image:" + data.hex()),
    st.floats(0.1, 20).map("blur:{:.3f}".format),
)
ROIS = st.builds(
    "{:.3f} {}px {:.3f}% {}px".format,
    st.floats(0, 49), st.integers(0, 99), st.floats(50, 100), st.integers(100, 65_535),
)  # fmt: skip
RECIPES = st.builds(
    Recipe,
    preset=st.sampled_from(list(LOOKS)),
    hair=st.sampled_from(["auto", "on", "off"]),
    holes=st.sampled_from(["auto", "open", "close"]),
    specks=st.booleans(),
    decontaminate=st.booleans(),
    channels=st.sampled_from(["rgba", "alpha", "source", "background"]),
    semitransparency=st.booleans(),
    roi=ROIS,
    background=BACKGROUNDS,
    background_fit=st.sampled_from(["cover", "contain"]),
    background_focus=st.one_of(st.just("center"), PERCENT),
    shadow=st.sampled_from(["none", "drop", "3d", "car"]),
    shadow_color=st.builds("#{:06x}".format, st.integers(0, 0xFFFFFF)),
    shadow_blur=lengths(0, 50, 500, 1),
    shadow_offset=lengths(-1, 100, 2000, 2),
    crop=st.booleans(),
    margin=lengths(0, 50, 500, 1, 2, 4),
    scale=st.one_of(st.just("original"), st.floats(10, 100).map("{:.3f}%".format)),
    position=st.one_of(st.sampled_from(["auto", "original", "center"]), PERCENT),
    head=st.one_of(st.just("none"), st.floats(20, 95).map("{:.3f}%".format)),
    canvas=st.one_of(st.just("auto"), st.builds("{}X{}".format, st.integers(1, 3000), st.integers(1, 3000))),
    enlarge=st.booleans(),
    depth=st.sampled_from(["8", "16"]),
    dpi=st.integers(0, 2400),
    profile=st.sampled_from(["keep", "srgb"]),
    max_side=st.integers(0, 16_384),
    format=st.sampled_from(["auto", "png", "webp", "jpg", "avif", "tiff", "zip", "ora"]),
    quality=st.integers(1, 100),
    **{name: st.floats(*bounds) for name, bounds in NUMBERS.items()},
)


def test_it_works():
    recipe = Recipe.parse({"feather": "1.50", "background": "Red", "crop": "on"})
    assert recipe == Recipe(feather=1.5, background="#ff0000", crop=True)
    assert recipe.canonical() == "background=#ff0000&crop=true&feather=1.5"


def test_the_default_is_the_empty_string():
    assert Recipe().canonical() == ""
    assert Recipe.from_canonical("") == Recipe()


def test_empty_strings_count_as_absent():
    assert Recipe.parse(dict.fromkeys(RULES, "")) == Recipe()


@settings(deadline=None)
@given(RECIPES)
def test_the_canonical_string_says_everything(recipe):
    text = recipe.canonical()
    assert Recipe.from_canonical(text) == recipe
    assert Recipe.from_canonical(text).canonical() == text


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("#fff", "#ffffff"),
        ("fff8", "#ffffff88"),
        ("ABCDEF", "#abcdef"),
        ("abcdefff", "#abcdef"),
        ("abcdef00", "none"),
        ("rebeccapurple", "#663399"),
        ("transparent", "none"),
    ],
)
def test_colours_have_one_spelling(text, meaning):
    assert Recipe.parse({"background": text}).background == meaning


@pytest.mark.parametrize(
    ("field", "text", "meaning"),
    [
        ("margin", "10%", "10"),
        ("margin", "30px", "30px"),
        ("margin", "5 5% 5.0 5", "5"),
        ("margin", "1 2 1 2", "1 2"),
        ("margin", "1 2 3 2", "1 2 3 2"),
        ("margin", "0px", "0"),
        ("margin", " 1   2 ", "1 2"),
        ("roi", "0 0 100% 100%", "0 0 100 100"),
        ("roi", "10px 0 50% 99.5%", "10px 0 50 99.5"),
        ("scale", "85%", "85"),
        ("scale", "85.000", "85"),
        ("position", "50% 50%", "center"),
        ("position", "50%", "center"),
        ("position", "0%", "0 0"),
        ("position", "30% 70", "30 70"),
        ("background_focus", "50", "center"),
        ("canvas", "0800X0600", "800x600"),
        ("shadow_offset", "-2 +3px", "-2 3px"),
        ("shadow_offset", "-0 4", "0 4"),
        ("shadow_blur", ".5", "0.5"),
        ("shadow_color", "Navy", "#000080"),
        ("background", "Gradient:360, White,#00F", "gradient:0,#ffffff,#0000ff"),
        ("background", "gradient:45.0,#fff8,#000", "gradient:45,#ffffff88,#000000"),
        ("background", "IMAGE:" + "AB" * 32, "image:" + "ab" * 32),
        ("background", "blur:3.50", "blur:3.5"),
    ],
)
def test_lengths_places_and_backgrounds_have_one_spelling(field, text, meaning):
    assert getattr(Recipe.parse({field: text}), field) == meaning


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("feather", "nan"),
        ("feather", "inf"),
        ("feather", "-0.1"),
        ("feather", "10.001"),
        ("feather", "1e1"),
        ("feather", "٣"),
        ("feather", "1,5"),
        ("feather", "."),
        ("expand", "1e9"),
        ("expand", "-21"),
        ("quality", "0"),
        ("quality", "101"),
        ("quality", "9.5"),
        ("max_side", "9" * 5000),
        ("preset", "Best"),
        ("holes", "close&crop=true"),
        ("specks", "maybe"),
        ("background", "a,b"),
        ("background", "#ff"),
        ("background", "rgb(1,2,3)"),
        ("background", "#12345"),
        ("background", "#٣٣٣"),
        ("background", "gradient:45,red"),
        ("background", "gradient:45,red,blue,green,white"),
        ("background", "gradient:361,red,blue"),
        ("background", "gradient:45,red,none"),
        ("background", "gradient:red,blue"),
        ("background", "image:abc"),
        ("background", "image:" + "g" * 64),
        ("background", "image:../" + "a" * 61),
        ("background", "blur:0"),
        ("background", "blur:20.1"),
        ("background", "blur:"),
        ("background_fit", "fill"),
        ("background_focus", "101"),
        ("background_focus", "10px"),
        ("shadow", "auto"),
        ("shadow_opacity", "100.1"),
        ("shadow_color", "none"),
        ("shadow_color", "#00000080"),
        ("shadow_blur", "51"),
        ("shadow_blur", "-1"),
        ("shadow_blur", "1 2"),
        ("shadow_offset", "5"),
        ("shadow_offset", "-101 0"),
        ("shadow_offset", "0 2001px"),
        ("margin", "51%"),
        ("margin", "501px"),
        ("margin", "-1"),
        ("margin", "1 2 3"),
        ("margin", "1 2 3 4 5"),
        ("margin", "1em"),
        ("margin", "10 %"),
        ("roi", "0 0 100%"),
        ("roi", "0 0 101% 100%"),
        ("roi", "0 0 0 100%"),
        ("roi", "50% 0 50% 100%"),
        ("roi", "30px 0 20px 100%"),
        ("roi", "100% 0 2000px 100%"),
        ("roi", "-1 0 50 50"),
        ("scale", "9.9%"),
        ("scale", "100.1%"),
        ("scale", "50px"),
        ("scale", "big"),
        ("position", "left"),
        ("position", "10 20 30"),
        ("position", "101%"),
        ("canvas", "0x100"),
        ("canvas", "16385x1"),
        ("canvas", "16384x16384"),
        ("canvas", "100"),
        ("canvas", "100x100x100"),
        ("depth", "12"),
        ("dpi", "2401"),
        ("format", "exe"),
        ("channels", "rgb"),
        ("colour", "red"),
    ],
)
def test_bad_values_are_refused_by_name(field, value):
    with pytest.raises(PipelineError) as caught:
        Recipe.parse({field: value})
    assert caught.value.code == "invalid_recipe"
    assert caught.value.facts["field"] == field
    assert value.startswith(caught.value.facts["value"])
    assert caught.value.facts["expected"]


def test_replace_checks_too():
    assert Recipe().replace(quality=50).quality == 50
    with pytest.raises(PipelineError):
        Recipe().replace(feather=float("nan"))


def test_the_preset_decides_how_often_the_net_looks():
    assert {name: Recipe(preset=name).looks for name in LOOKS} == LOOKS


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(list(RULES)), st.text(max_size=12), max_size=4))
def test_any_text_is_read_or_refused(options):
    try:
        recipe = Recipe.parse(options)
    except PipelineError as error:
        assert error.code == "invalid_recipe"
    else:
        assert Recipe.from_canonical(recipe.canonical()) == recipe


def test_names_of_colours_stay_known_when_pillow_has_used_them():
    Image.new("RGB", (1, 1), "hotpink")
    assert Recipe.parse({"background": "hotpink"}).background == "#ff69b4"
