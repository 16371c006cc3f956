"""One catalogue of words: every code that the code raises is in it, and every sentence stands on its own."""

import re
from pathlib import Path

import pytest

from processing import messages
from processing.errors import Refused

ROOT = Path(__file__).resolve().parents[2]
RAISED = re.compile(
    r"""(?:Refused|PipelineError|refuse)\(\s*["']([a-z_]+)["']|^\s+code(?:: str)? = ["']([a-z_]+)["']""", re.M
)


def codes_in_the_code() -> dict[str, str]:
    found = {}
    for room in ("accounts", "processing", "editor"):
        for path in (ROOT / room).rglob("*.py"):
            for match in RAISED.finditer(path.read_text()):
                found[match[1] or match[2]] = str(path.relative_to(ROOT))
    return found


def test_every_code_has_its_words() -> None:
    codes = codes_in_the_code()
    assert {"missing_source", "insufficient_credits", "unreadable_image", "weights_missing"} <= codes.keys()
    assert {code: path for code, path in codes.items() if code not in messages.CATALOGUE} == {}


@pytest.mark.parametrize("code", messages.CATALOGUE)
def test_a_sentence_stands_without_its_facts(code: str) -> None:
    text = messages.sentence(code, {})
    assert text[0].isupper() or text[0] == "“"
    assert text.endswith(".")
    assert "{" not in text
    assert 400 <= messages.message(code).status < 600


def test_the_facts_are_in_the_sentence() -> None:
    refusal = Refused("image_too_small", width=8, height=9, min_side=16)
    assert str(refusal) == "The picture has 8 × 9 pixels; each side needs at least 16. Use a larger one."
    assert refusal.status == 422


def test_facts_of_a_user_are_not_a_format() -> None:
    assert "{0.__class__}" in messages.sentence(
        "invalid_recipe", {"field": "feather", "value": "{0.__class__}", "expected": "a number"}
    )


def test_the_page_of_errors_has_every_code_as_it_is() -> None:
    told = (ROOT / "docs" / "errors.md").read_text()
    rows = [_row(code, each) for code, each in messages.CATALOGUE.items()]
    assert rows == [line for line in told.splitlines() if line.startswith("| `")]


def _row(code: str, message: messages.Message) -> str:
    text = re.sub(r"\{(\w+):[^}]*\}", r"{\1}", message.text)
    return f"| `{code}` | {message.status}{', again' if message.retryable else ''}: {text} |"
