import pytest

from processing.pipeline.errors import PipelineError
from processing.pipeline.layouts import LAYOUTS
from processing.pipeline.recipe import Recipe


def test_it_works():
    recipe = Recipe.parse({"layout": "shop_square"})
    assert recipe == Recipe(
        canvas="2000x2000",
        scale="85",
        position="center",
        enlarge=True,
        background="white",
        format="jpg",
        quality=92,
        profile="srgb",
    )
    assert "layout" not in recipe.canonical()


def test_what_is_given_beside_it_wins_and_empty_does_not():
    recipe = Recipe.parse({"layout": "shop_square", "background": "red", "scale": ""})
    assert (recipe.background, recipe.scale) == ("#ff0000", "85")


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_is_a_recipe(name):
    assert Recipe.parse({"layout": name}).canvas == LAYOUTS[name].fields["canvas"]


@pytest.mark.parametrize(("name", "millimetres"), [("passport_35x45", (35, 45)), ("id_25x35", (25, 35))])
def test_millimetres_are_right_when_printed(name, millimetres):
    recipe = Recipe.parse({"layout": name})
    size = tuple(round(int(side) / recipe.dpi * 25.4) for side in recipe.canvas.split("x"))
    assert size == millimetres


def test_an_unknown_layout_is_named():
    with pytest.raises(PipelineError) as caught:
        Recipe.parse({"layout": "poster"})
    assert caught.value.facts["field"] == "layout"
    assert "passport_35x45" in caught.value.facts["expected"]
