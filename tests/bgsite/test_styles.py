"""One visual language: every rule has one home, every class and token is used, and colours stand in tokens.css."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHEETS = {path.name: path.read_text() for path in sorted((ROOT / "static" / "css").glob("*.css"))}
# Their pages are Unfold's and Swagger's, with colours of their own.
GUESTS = {"operators.css", "api-docs.css"}
# Written by Django's forms and by htmx; and s1 to s6 by the number of a series.
WRITTEN_ELSEWHERE = {
    "errorlist",
    "htmx-request",
    *(f"s{number}" for number in range(1, 7)),
}
COLOUR = re.compile(r"#[0-9a-f]{3,8}\b|oklch\([^)v]*\)|rgba?\(|hsla?\(")


def bare(text: str) -> str:
    return re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)


def rules(text: str) -> Iterator[tuple[str, str]]:
    """(selectors, declarations) of the rules that count on every screen: those within @media are variations."""
    depth, start, selector = 0, 0, ""
    for found in re.finditer(r"[{}]", text):
        if found.group() == "{":
            if depth == 0:
                selector, start = text[start : found.start()].strip(), found.end()
            depth += 1
        else:
            depth -= 1
            if depth == 0:
                if not selector.startswith("@"):
                    yield selector, text[start : found.start()]
                start = found.end()


def selectors(group: str) -> list[str]:
    """The selectors of a rule, those within :is() left together."""
    return [part.strip() for part in re.split(r",(?![^(]*\))", group)]


def said_elsewhere() -> str:
    """Every word of the pages, the scripts and the code."""
    places = (
        "templates",
        "static/js",
        "static/editor",
        "editor",
        "accounts",
        "bgsite",
        "processing",
        "webhooks",
    )
    kinds = {".html", ".js", ".py"}
    files = (path for place in places for path in (ROOT / place).rglob("*") if path.suffix in kinds)
    return "\n".join(path.read_text() for path in files)


def test_a_class_has_its_rule_in_one_file() -> None:
    homes: dict[str, set[str]] = defaultdict(set)
    for name, text in SHEETS.items():
        for group, _ in rules(bare(text)):
            for selector in selectors(group):
                if selector.startswith("."):
                    homes[selector].add(name)
    assert len(homes) > 300
    assert {selector: files for selector, files in homes.items() if len(files) > 1} == {}


def test_every_class_is_used() -> None:
    words = set(re.findall(r"[\w-]+", said_elsewhere())) | WRITTEN_ELSEWHERE
    ours = [text for name, text in SHEETS.items() if name not in GUESTS]
    styled = {each for text in ours for each in re.findall(r"\.([A-Za-z][\w-]*)", bare(text))}
    assert styled - words == set()


def test_every_token_is_used_and_declared() -> None:
    text = bare("".join(SHEETS.values()))
    scripts = "".join(path.read_text() for path in (ROOT / "static").rglob("*.js"))
    declared = set(re.findall(r"(--[\w-]+)\s*:", text)) | set(re.findall(r'"(--[\w-]+)"', scripts))
    used = set(re.findall(r"var\((--[\w-]+)", text))
    assert used - declared == set()
    assert declared - used - set(re.findall(r"--[\w-]+", scripts)) == set()


@pytest.mark.parametrize("name", sorted(SHEETS.keys() - GUESTS - {"tokens.css"}))
def test_colours_come_from_the_tokens(name: str) -> None:
    mixed = re.sub(r"color-mix\(in oklch,", "", bare(SHEETS[name]))
    found = set(COLOUR.findall(mixed))
    assert found <= ALLOWED.get(name, set())


# Shadows of what lies on a picture, and grounds of the mask editor, which are nobody else's.
ALLOWED = {
    "compare.css": {"oklch(0 0 0 / 0.25)", "oklch(0 0 0 / 0.45)", "oklch(0.25 0.02 255)"},
    "mask-editor.css": {"oklch(0.915 0.006 250)", "oklch(0.155 0.009 255)"},
}
