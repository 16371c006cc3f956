"""Points and boxes as a recipe keeps them."""

import pytest

from processing.pipeline.errors import PipelineError
from processing.pipeline.prompts import MOST, Prompt, key, prompts
from processing.pipeline.recipe import Recipe


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("none", "none"),
        ("point:50,40", "point:50,40"),
        (" point: 50% , 40% ; not:12px,30.50px ", "point:50,40;not:12px,30.5px"),
        ("box:10,10,90,95", "box:10,10,90,95"),
        ("box:10,10,300px,95", "box:10,10,300px,95"),
        ("BOX:1,1,2,2", None),
        ("not:1,1", None),  # says nothing about what is wanted
        ("point:101,40", None),
        ("point:-1,40", None),
        ("point:1", None),
        ("point:1,2,3,4", None),
        ("box:50,10,50,95", None),
        ("point:1,nan", None),
        (";;", None),
        (";".join(["point:1,1"] * (MOST + 1)), None),
    ],
)
def test_one_spelling(given, kept):
    if kept is None:
        with pytest.raises(PipelineError) as caught:
            Recipe.parse({"prompt": given})
        assert caught.value.code == "invalid_recipe"
        return
    recipe = Recipe.parse({"prompt": given})
    assert recipe.prompt == kept
    assert Recipe.from_canonical(recipe.canonical()) == recipe


def test_what_they_mean_in_a_picture():
    assert prompts("none", (200, 100)) == ()
    found = prompts("point:50,40;box:20px,10,900px,100", (200, 100))
    assert found == (Prompt("point", (0.5, 0.4)), Prompt("box", (0.1, 0.1, 1.0, 1.0)))


def test_its_key_fits_the_column():
    assert len(key("point:50,40")) <= 20 and key("point:50,40") != key("point:50,41")
