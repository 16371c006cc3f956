"""SQLite is killed again and again while it writes: the database is whole, and the books are right."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import time
import traceback
from contextlib import closing

import pytest
from django.db import connection, connections

from accounts import quotas
from accounts.models import CREDIT, User
from processing import jobs
from processing.models import Job
from processing.pipeline.recipe import Recipe
from tests import fakes, ledger
from tests.faults.conftest import Site

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
KILLS = 40


def accept_for_ever(site: Site, number: int) -> None:
    """One job after the other, until it is killed."""
    connections.close_all()
    for shade in range(10_000):
        photo = fakes.photo(width=64 + number, shade=shade % 200)
        jobs.submit(site.user, jobs.Upload("photo.png", photo), Recipe())


def is_whole() -> bool:
    with closing(sqlite3.connect(connection.settings_dict["NAME"], timeout=30)) as probe:
        return bool(probe.execute("PRAGMA integrity_check").fetchone() == ("ok",))


def test_sqlite_is_killed_in_the_middle_of_writing(site: Site) -> None:
    User.objects.update(plan_name="business")
    site.user.refresh_from_db()
    quotas.grant(site.user, 10_000 * CREDIT, "test")
    moments, slowness, before = random.Random(0), 1.0, 0
    for number in range(KILLS):
        connections.close_all()
        child = os.fork()
        if child == 0:
            try:
                accept_for_ever(site, number)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(1)
        time.sleep(moments.uniform(0.02, 0.2) * slowness)
        os.kill(child, signal.SIGKILL)
        assert os.WIFSIGNALED(os.waitpid(child, 0)[1]), "it had ended before it was killed"
        assert is_whole(), f"after {number + 1} kills"
        made = Job.objects.count()
        slowness = max(1.0, slowness * (0.8 if made > before else 1.4))  # a busy machine gets longer to begin
        before = made
    assert Job.objects.exists()
    ledger.check()
