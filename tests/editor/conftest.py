"""Alice owns, Bob has an account, and a visitor has neither."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts import quotas
from accounts.models import CREDIT, User
from processing import jobs, tasks
from processing.jobs import Upload
from processing.models import Job
from processing.pipeline.recipe import Recipe
from tests import fakes
from tests.processing.conftest import bell, files, model  # noqa: F401

Run = Callable[[Job], Job]


@pytest.fixture(autouse=True)
def quiet(db, bell, files, settings, tmp_path):  # noqa: F811
    """No worker hears of a job, no sample is there, and addresses are counted anew."""
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": tmp_path}
    }
    settings.DATA_DIR = tmp_path


def person(email: str) -> User:
    user = User.objects.create_user(email)
    quotas.grant(user, 50 * CREDIT, key=f"test:{email}")
    return user


@pytest.fixture
def alice(db) -> User:
    return person("alice@example.org")


@pytest.fixture
def bob(db) -> User:
    return person("bob@example.org")


@pytest.fixture
def hers(alice: User, client: Client) -> Client:
    client.force_login(alice)
    return client


@pytest.fixture
def his(bob: User) -> Client:
    other = Client()
    other.force_login(bob)
    return other


@pytest.fixture
def visitor() -> Client:
    return Client()


@pytest.fixture
def waiting(alice: User) -> Job:
    return jobs.submit(alice, Upload("holiday photo.png", fakes.photo()), Recipe())


@pytest.fixture
def run(model) -> Run:  # noqa: F811
    """Works on a job as a worker would."""

    def work(job: Job) -> Job:
        tasks.run_job(str(job.pk))
        job.refresh_from_db()
        return job

    return work


@pytest.fixture
def done(waiting: Job, run: Run) -> Job:
    return run(waiting)


def fail(job: Job, code: str, **facts: object) -> Job:
    job.status, job.error_code, job.error_facts = Job.Status.FAILED, code, facts
    job.save()
    return job
