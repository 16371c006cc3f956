"""What every test has: no files of others, a Redis where one is asked for, and nothing skipped under CI."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Iterator
from typing import Any

import pytest

from tests import servers, settings

# The folder of real photos beside the checkout is not part of it; mounting is not allowed everywhere.
ABSENT_BY_CHOICE = ("shared", "GPU", "tmpfs")


@pytest.fixture(autouse=True)
def no_files_left() -> Iterator[None]:
    """Rows go back after a test, files do not: the local folder is emptied."""
    yield
    shutil.rmtree(settings.DATA_FILES, ignore_errors=True)


@pytest.fixture
def redis() -> Iterator[servers.Redis]:
    """A Redis of the test's own, which it may kill."""
    with servers.needed(), servers.redis() as server:
        yield server


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


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """SQLite empties tables row by row after a test with real transactions, which the trigger of the operators' log
    refuses; tests of that trigger make it again."""
    from django.db import connection

    with django_db_blocker.unblock():
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("DROP TRIGGER audit_is_not_deleted")
