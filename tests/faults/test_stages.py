"""A worker is killed at every stage of a job, and web processes in the middle of an upload."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.storage import default_storage

from processing import caretaker, jobs, storage
from processing.models import Job, Source
from processing.pipeline.recipe import Recipe
from tests import fakes, servers, tiny
from tests.cluster.composition import web_command
from tests.faults import books
from tests.faults.conftest import Site
from tests.servers import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.both, pytest.mark.timeout(300)]
POINTS = ("reading", "looking", "refining", "saving", "finishing", "finished")


def test_a_worker_is_killed_at_every_stage(site: Site, tmp_path: Path) -> None:
    tiny.install(tmp_path / "models", 0)
    marks = tmp_path / "marks"
    marks.mkdir()
    site.environment |= {"DJANGO_SETTINGS_MODULE": "tests.faults.dying", "DIE_MARKS": str(marks)}
    made = [
        jobs.submit(site.user, jobs.Upload(f"{point}.png", fakes.photo(shade=10 * number)), Recipe())
        for number, point in enumerate(POINTS)
    ]
    site.work()
    for job in made:
        site.wait(job, lambda job: job.is_final, f"the end of {job.name}")
    assert {path.name for path in marks.iterdir()} == set(POINTS), "not every kill happened"
    assert {job.name: (job.status, job.attempt) for job in made} == {
        f"{point}.png": ("succeeded", 1 if point == "finished" else 2) for point in POINTS
    }
    counted = books.check()
    assert counted["spent"] == {site.user.email: len(POINTS)}


@pytest.mark.parametrize("point", ["stored", "committed"])
def test_the_web_process_is_killed_while_it_accepts(site: Site, tmp_path: Path, point: str) -> None:
    """Before the commit: no job, no charge, and a file that the sweep removes. After it: a job like any other."""
    tiny.install(tmp_path / "models", 0)
    submit = [sys.executable, "-m", "tests.faults.submit", site.user.email, point]
    died = subprocess.run(submit, env=site.environment, cwd=settings.BASE_DIR, check=False)
    assert died.returncode == -signal.SIGKILL
    if point == "stored":
        assert (Job.objects.count(), Source.objects.count()) == (0, 0)
        assert len(list(storage.names_under("u"))) == 1
        assert books.check()["swept"] == 1
        return
    (job,) = Job.objects.all()
    assert job.rung is None
    site.work()
    site.finished_once(job, attempt=1)


def test_the_web_process_is_killed_in_the_middle_of_an_upload(site: Site) -> None:
    port = servers.free_port()
    environment = site.environment | {"PORT": str(port), "SITE_URL": f"http://127.0.0.1:{port}"}
    with (site.folder / "web.log").open("wb") as log:
        web = subprocess.Popen(
            web_command(port),
            env=environment,
            cwd=settings.BASE_DIR,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        wait_until(lambda: servers.listens(port), "gunicorn", 180)
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        link.putrequest("POST", "/api/v1/jobs")
        for name, value in (
            ("Content-Type", "multipart/form-data; boundary=x"),
            ("Content-Length", "5000000"),
        ):
            link.putheader(name, value)
        link.endheaders()
        link.send(
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n' + b"x" * 2_500_000
        )
    finally:
        os.killpg(web.pid, signal.SIGKILL)
        web.wait()
    with pytest.raises((OSError, http.client.HTTPException)):
        link.send(b"x" * 2_500_000)
        link.getresponse()
    assert (Job.objects.count(), list(storage.names_under("u"))) == (0, [])
    assert site.user.credit_entries.count() == 1


def test_files_that_belong_to_nobody_are_swept_and_others_are_not(site: Site) -> None:
    job = site.submit()
    storage.save("u/1/jobs/nobody/a.png", b"x")
    assert caretaker.sweep_files() == [], "too young: its transaction may be open"
    jobs.cancel(job)
    assert books.check()["swept"] == 1
    assert default_storage.exists(job.source.file)
