"""Every address that people open is looked at in a browser, or has a reason why not."""

from __future__ import annotations

from tests.access.operators import ROWS as OPERATORS
from tests.access.table import ROWS
from tests.access.test_access import addresses
from tests.browser.pages import ELSEWHERE, LOOKS, NOT_PAGES


def test_every_page_has_its_look() -> None:
    known = LOOKS.keys() | NOT_PAGES.keys()
    opened = {
        name
        for name in addresses()
        if any(row.method == "get" for row in (ROWS | OPERATORS).get(name, []))
        if not name.startswith(ELSEWHERE)
    }
    assert opened - known == set(), "add a line to LOOKS or NOT_PAGES in tests/browser/pages.py"
    assert known - set(addresses()) == set(), "lines for addresses that are gone"


def test_no_two_looks_share_a_name() -> None:
    names = [look.name for looks in LOOKS.values() for look in looks]
    assert len(names) == len(set(names))
