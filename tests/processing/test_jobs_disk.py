"""A disk that is really full: a small file system of its own, as root may mount one."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db.models.functions import Now

from processing import jobs, storage, tasks
from processing.errors import Refused
from processing.models import Job
from processing.pipeline.recipe import Recipe
from processing.storage import PrivateFiles
from tests import fakes, ledger

pytestmark = pytest.mark.django_db(transaction=True)
SIZE = 256 * 1024  # bytes


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(tmp_path)]
    try:
        mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("no tmpfs: there is no mount command")
    if mounted.returncode:
        pytest.skip(f"no tmpfs: {mounted.stderr.strip()}")
    monkeypatch.setattr(storage, "default_storage", PrivateFiles(str(tmp_path)))
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


def fill(disk: Path) -> Path:
    ballast = disk / "ballast"
    with pytest.raises(OSError, match="No space"), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)
    return ballast


def names(disk: Path) -> list[str]:
    return sorted(path.name for path in disk.rglob("*") if path.is_file() and path.name != "ballast")


def test_a_full_disk_refuses_an_upload_and_keeps_nothing(user, bell, disk: Path) -> None:
    fill(disk)
    with pytest.raises(Refused) as refusal:
        jobs.submit(user, jobs.Upload("photo.png", fakes.photo()), Recipe())
    assert (refusal.value.code, refusal.value.status) == ("storage_error", 507)
    assert (names(disk), Job.objects.count()) == ([], 0)
    ledger.check()


def test_a_disk_that_fills_meanwhile_fails_the_job_and_refunds(user, bell, model, disk: Path) -> None:
    job = jobs.submit(user, jobs.Upload("photo.png", fakes.photo()), Recipe())
    ballast = fill(disk)
    for _ in range(settings.JOB_ATTEMPTS):
        tasks.run_job(str(job.pk))
        Job.objects.filter(pk=job.pk).update(lease_until=Now() - timedelta(seconds=1))
        jobs.sweep()
    job.refresh_from_db()
    assert (job.status, job.error_code) == (Job.Status.FAILED, "storage_error")
    assert names(disk) == [Path(job.source.file).name]

    ballast.unlink()
    again = jobs.retry(job)
    tasks.run_job(str(again.pk))
    again.refresh_from_db()
    assert again.status == Job.Status.SUCCEEDED
    ledger.check()
