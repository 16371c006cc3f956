"""Every number of the catalogue of bad input names tests, and each of them exists."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from tests.hostile.catalogue import ADDRESSES, ENTRIES, FILES_SENT, FORMS, HTTP, PARAMETERS, PAYMENT, STROKES

FOLDER = Path(__file__).resolve().parents[1]
LAST = 131


@cache
def text_of(file: str) -> str:
    return (FOLDER / file).read_text()


@pytest.mark.parametrize("number", ENTRIES)
def test_its_tests_exist(number: int) -> None:
    what, tests = ENTRIES[number]
    assert what and tests
    for test in tests:
        file, _, name = test.partition("::")
        assert f"\ndef {name}(" in text_of(file), f"{number} {what}: {test}"


def test_no_number_is_missing_or_told_twice() -> None:
    parts = [FILES_SENT, FORMS, PARAMETERS, STROKES, HTTP, ADDRESSES, PAYMENT]
    assert [number for part in parts for number in part] == list(range(1, LAST + 1))
