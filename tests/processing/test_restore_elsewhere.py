"""The machine is gone: a backup comes back on another one, into a database and a store that hold nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from tests import servers, tiny

pytestmark = [pytest.mark.slow, pytest.mark.server, pytest.mark.timeout(300)]
WORKED = """
from accounts import quotas
from accounts.models import CREDIT, User
from processing import jobs, tasks
from processing.pipeline.recipe import Recipe
from tests import fakes
user = User.objects.create_user("a@example.org")
quotas.grant(user, 10 * CREDIT, "start")
for shade in (10, 20):
    tasks.run_job(str(jobs.submit(user, jobs.Upload("a.png", fakes.photo(shade=shade)), Recipe()).pk))
"""


class Machine:
    """One with a database of its own, and a bucket or a folder."""

    def __init__(self, folder: Path, models: Path, database: str = "", **store: str) -> None:
        folder.mkdir()
        asked = {"DATA_DIR": str(folder), "DATABASE_URL": database, "MODELS_DIR": str(models)}
        fixed = {"SECRET_KEY": "k" * 60, "DJANGO_SETTINGS_MODULE": "bgsite.settings"}
        self.environment = os.environ | asked | fixed | {"S3_BUCKET": ""} | store

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *words],
            env=self.environment,
            cwd=settings.BASE_DIR,
            capture_output=True,
            text=True,
            check=False,
        )

    def manage(self, *words: str) -> str:
        answer = self.run("manage.py", *words)
        assert answer.returncode == 0, answer.stderr[-3000:]
        return answer.stdout


@pytest.fixture(params=["sqlite", "servers"])
def machines(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Machine, Machine]]:
    """The old one and the new one."""
    models = tmp_path / "models"
    tiny.install(models)
    if request.param == "sqlite":
        yield Machine(tmp_path / "old", models), Machine(tmp_path / "new", models)
        return
    with servers.needed(), servers.own_postgres() as server, servers.s3() as endpoint:
        with psycopg.connect(server.url, autocommit=True) as link:
            link.execute("CREATE DATABASE elsewhere")
        elsewhere = f"{server.url.rpartition('/')[0]}/elsewhere"
        store = {"S3_ENDPOINT_URL": endpoint, "S3_ACCESS_KEY": "test", "S3_SECRET_KEY": "test"}
        yield (
            Machine(tmp_path / "old", models, server.url, S3_BUCKET="bgsite-0", **store),
            Machine(tmp_path / "new", models, elsewhere, S3_BUCKET="bgsite-1", **store),
        )


def test_all_comes_back_where_nothing_is(machines: tuple[Machine, Machine], tmp_path: Path) -> None:
    old, new = machines
    old.manage("migrate", "-v0")
    old.manage("shell", "--no-imports", "-c", WORKED)
    old.manage("backup", str(tmp_path / "b"))
    said = new.manage("restore", str(tmp_path / "b"))
    assert "0 files that rows name are missing" in said
    books = new.run(
        "-m", "tests.faults.books"
    )  # each result is what its row says, and the ledger equals the jobs
    assert books.returncode == 0, books.stderr[-3000:]
    counted = json.loads(books.stdout.splitlines()[-1])
    assert (counted["statuses"], counted["spent"]) == ({"succeeded": 2}, {"a@example.org": 2})
    new.manage("migrate", "--check")


def test_a_backup_of_a_newer_version_is_refused(machines: tuple[Machine, Machine], tmp_path: Path) -> None:
    old, new = machines
    old.manage("migrate", "-v0")
    old.manage("backup", str(tmp_path / "b"))
    path = tmp_path / "b" / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["migrations"]["accounts"] = "9999_of_tomorrow"
    path.write_text(json.dumps(manifest))
    answer = new.run("manage.py", "restore", str(tmp_path / "b"))
    assert answer.returncode == 1 and "of a newer version" in answer.stderr
