"""Every row of the fault matrix names a test that exists, or says why it has none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.faults.matrix import TESTS, WITHOUT

FOLDER = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("fault", TESTS)
def test_its_tests_exist(fault: str) -> None:
    for test in TESTS[fault]:
        file, _, name = test.partition("::")
        assert f"\ndef {name}(" in (FOLDER / file).read_text(), test


def test_no_row_is_missing() -> None:
    told = {int(number) for row in [*TESTS, *WITHOUT] for number in re.findall(r"\bF(\d+)\b", row)}
    assert told == set(range(1, 41))
