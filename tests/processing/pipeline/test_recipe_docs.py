"""docs/recipe.md says what the code says."""

import re
from pathlib import Path

import pytest

from processing.pipeline.layouts import LAYOUTS
from processing.pipeline.options import Choice
from processing.pipeline.recipe import RULES, Recipe

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "recipe.md").read_text()
ROWS = {
    cells[0].strip("` "): [cell.strip() for cell in cells[1:]]
    for line in PAGE.splitlines()
    if line.startswith("| `") and len(cells := line.strip("|").split("|")) == 4
}


def test_the_table_names_every_field_once_and_in_order():
    assert list(ROWS) == list(RULES)


LAYOUT_LINES = PAGE.partition("## Layouts")[2].splitlines()


@pytest.mark.parametrize("field", RULES)
def test_defaults_and_words_are_those_of_the_code(field):
    values, default, _ = ROWS[field]
    assert default.strip("`") == RULES[field].write(getattr(Recipe(), field))
    rule = RULES[field]
    if isinstance(rule, Choice):
        assert re.findall(r"`([^`]+)`", values) == list(rule.words)


def test_every_layout_is_named():
    named = re.findall(
        r"`(\w+)`", "".join(line.split("|")[1] for line in LAYOUT_LINES if line.startswith("| `"))
    )
    assert sorted(named) == sorted(LAYOUTS)
