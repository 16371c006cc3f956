"""Under CI nothing may be skipped."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

# The folder of real photos beside the checkout is not part of it; mounting is not allowed everywhere.
ABSENT_BY_CHOICE = ("shared", "GPU", "tmpfs")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Under CI a missing browser, server or weights file is a failure: a suite that skips proves nothing."""
    report = yield
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if not any(words in reason for words in ABSENT_BY_CHOICE):
            report.outcome = "failed"
            report.longrepr = f"skipped under CI: {reason}"
    return report
