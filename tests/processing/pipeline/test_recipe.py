import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing.pipeline.errors import PipelineError
from processing.pipeline.recipe import LOOKS, RULES, Recipe

NUMBERS = {"feather": (0, 10), "expand": (-20, 20), "margin": (0, 50), "max_megapixels": (0, 50)}
COLOURS = st.one_of(
    st.just("none"),
    st.builds("#{:06x}".format, st.integers(0, 0xFFFFFF)),
    st.builds("#{:06x}{:02x}".format, st.integers(0, 0xFFFFFF), st.integers(1, 254)),
)
RECIPES = st.builds(
    Recipe,
    preset=st.sampled_from(list(LOOKS)),
    holes=st.sampled_from(["auto", "close"]),
    specks=st.booleans(),
    decontaminate=st.booleans(),
    channels=st.sampled_from(["rgba", "alpha", "source", "background"]),
    background=COLOURS,
    crop=st.booleans(),
    max_side=st.integers(0, 16_384),
    format=st.sampled_from(["auto", "png", "webp", "jpg", "avif", "tiff"]),
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


@given(st.dictionaries(st.sampled_from(list(RULES)), st.text(max_size=12), max_size=4))
def test_any_text_is_read_or_refused(options):
    try:
        recipe = Recipe.parse(options)
    except PipelineError as error:
        assert error.code == "invalid_recipe"
    else:
        assert Recipe.from_canonical(recipe.canonical()) == recipe
