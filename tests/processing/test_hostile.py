"""Files that break decoders, through the page and through the command line.

Each one ends as a cutout or as one clear refusal with a code of the catalogue; nothing is left of a refused one.
What each file should give is said once, in the pipeline's own tests; here the question is what the product does.
"""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from PIL import Image

from accounts.models import CREDIT, User
from processing import jobs, messages, storage, tasks
from processing.models import Job, Source
from processing.registry import cache
from tests import memory

HOSTILE = Path(__file__).resolve().parents[3] / "shared" / "hostile"
FILES: list[Path | None] = [*sorted(path for path in HOSTILE.glob("*") if path.is_file())] or [None]
needs_files = pytest.mark.skipif(
    FILES == [None], reason="the shared folder with broken files is not beside the checkout"
)
MEMORY_KB = 1_000_000  # on top of what the process has; a worker with its model has half a gigabyte


class Oval:
    """A predictor that finds an oval in the middle of everything that has any contrast at all."""

    weights_id = "oval"
    device = "test"

    class spec:  # noqa: N801
        name = "u2net"

    def predict(self, rgb: np.ndarray) -> np.ndarray:
        y, x = np.mgrid[-1:1:160j, -1:1:160j]
        inside = (x**2 + y**2 < 0.5).astype(np.float32)
        return inside if rgb.std() > 2 else inside * 0


@pytest.fixture(autouse=True)
def model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "get", lambda *args, **kwargs: Oval())


@pytest.fixture
def owner(db: Any) -> User:
    return User.objects.create_user("owner@example.org", balance=10 * CREDIT)


@needs_files
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name if path else "none")
def test_through_the_page(path: Path, owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "ring", lambda job_id: None)
    before = memory.forget_peak()
    client = Client(raise_request_exception=True)
    client.force_login(owner)
    photo = SimpleUploadedFile(path.name, path.read_bytes())
    answer = client.post(reverse("editor:upload"), {"photos": photo}, headers={"Accept": "application/json"})
    if answer.status_code == 201:
        finishes(client, Job.objects.get(pk=answer.json()["id"]))
    else:
        left_nothing(owner, answer)
    assert memory.peak_kb() - before < MEMORY_KB


def finishes(client: Client, job: Job) -> None:
    tasks.run_job(str(job.pk))
    job.refresh_from_db()
    result = client.get(reverse("editor:download", args=[job.pk]), headers={"Accept": "application/json"})
    if job.status == Job.Status.SUCCEEDED:
        assert result.status_code == 200
        with Image.open(io.BytesIO(b"".join(result.streaming_content))) as picture:
            assert picture.size == (job.source.width, job.source.height)
    else:
        assert job.status == Job.Status.FAILED
        assert job.error_code == "unknown_foreground"
        assert (result.status_code, result.json()["code"]) == (422, "unknown_foreground")
        assert job.owner.credit_entries.count() == 2
        job.owner.refresh_from_db()
        assert job.owner.balance == 10 * CREDIT


def left_nothing(owner: User, answer: Any) -> None:
    body = answer.json()
    assert 400 <= answer.status_code < 500
    assert body["code"] in messages.CATALOGUE
    assert answer.status_code == messages.message(body["code"]).status
    assert body["detail"].endswith(".")
    assert "–" not in body["detail"].replace(" – ", "")
    assert not Source.objects.exists()
    assert not Job.objects.exists()
    owner.refresh_from_db()
    assert owner.balance == 10 * CREDIT
    assert list(storage.names_under(f"u/{owner.pk}", default_storage)) == []


@needs_files
def test_through_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises((SystemExit, CommandError)):  # some failed, so the exit code says so
        call_command("removebg", str(HOSTILE), "-o", str(tmp_path / "out"), "--json", "--jobs", "1")
    report = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    for outcome in report["files"]:
        if outcome["state"] == "failed":
            assert outcome["code"] in messages.CATALOGUE, outcome
            assert outcome["sentence"].endswith(".")
        else:
            assert Path(outcome["result"]).is_file()
    assert report["failed"] == sum(outcome["state"] == "failed" for outcome in report["files"]) > 10
    made = {path.name for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert len(made) == len(report["files"]) - report["failed"]
    assert not [name for name in made if name.endswith(".part")]
