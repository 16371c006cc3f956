"""Operators and other people's jobs: what they see, what they must say first, what they can do. (4 s.)"""

from __future__ import annotations

import uuid

import pytest
from django.urls import reverse

from accounts import quotas
from accounts.models import CREDIT, AuditEntry, User
from processing import jobs, support_access
from processing.errors import Refused
from processing.models import Job
from processing.pipeline.recipe import Recipe
from tests import ledger
from tests.fakes import photo
from tests.operators import SENT, person

pytestmark = pytest.mark.django_db
LIST = "/admin/processing/job/"


@pytest.fixture
def alice() -> User:
    user = User.objects.create_user("alice@example.org")
    quotas.grant(user, 10 * CREDIT, "start")
    return user


@pytest.fixture
def job(alice) -> Job:
    return jobs.submit(alice, jobs.Upload("my secret plan.png", photo()), Recipe())


def claimed(job: Job) -> uuid.UUID:
    token = uuid.uuid4()
    assert Job.objects.claim(job.pk, token, jobs.settings.JOB_LEASE)
    return token


def act(client, job: Job, action: str, reason: str = "Asked for by mail"):
    return client.post(LIST, {"action": action, "_selected_action": [str(job.pk)], "reason": reason})


# --- Looking ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["viewer", "support", "operator", "owner"])
def test_a_job_is_its_owners_until_somebody_says_why(job, role):
    _, client = person(role)
    page = reverse("admin:processing_job_change", args=[job.pk])
    for address in (LIST, page, f"{page}?show=photo", "/admin/processing/doubtful/"):
        text = client.get(address).content.decode()
        assert "my secret plan" not in text and "<img src" not in text.replace('<img src="/static', "")
    assert client.get(reverse("admin:processing_job_picture", args=[job.pk, "photo"])).status_code == 404


@pytest.mark.parametrize(("role", "may"), [("viewer", False), ("support", True), ("operator", True)])
def test_with_a_reason_that_is_kept(job, role, may):
    user, client = person(role)
    client.post(
        reverse("admin:processing_job_look_into", args=[job.pk]),
        SENT | {"reason": "Mail 12: edges are rough"},
    )
    page = reverse("admin:processing_job_change", args=[job.pk])
    text = client.get(page).content.decode()
    assert ("my secret plan" in text) is may
    picture = reverse("admin:processing_job_picture", args=[job.pk, "photo"])
    assert picture not in text  # hidden by default
    assert (picture in client.get(f"{page}?show=photo").content.decode()) is may
    answer = client.get(picture)
    assert answer.status_code == (200 if may else 404)
    kept = list(AuditEntry.objects.filter(actor=user).order_by("id").values_list("verb", "subject", "reason"))
    looked = [("Looked into", str(job.pk), "Mail 12: edges are rough"), ("Saw", str(job.pk), "")]
    assert kept == (looked if may else [])
    if may:
        assert "sandbox" in answer["Content-Security-Policy"] and "no-store" in answer["Cache-Control"]


def test_without_a_reason_nothing_opens(job):
    _, client = person("owner")
    client.post(reverse("admin:processing_job_look_into", args=[job.pk]), SENT | {"reason": ""})
    assert "my secret plan" not in client.get(f"{LIST}{job.pk}/change/").content.decode()


def test_a_look_is_for_one_job_and_for_a_while(job, alice, monkeypatch):
    other = jobs.submit(alice, jobs.Upload("another.png", photo(shade=9)), Recipe())
    _, client = person("support")
    client.post(reverse("admin:processing_job_look_into", args=[job.pk]), SENT | {"reason": "Mail 12"})
    assert "another.png" not in client.get(f"{LIST}{other.pk}/change/").content.decode()
    now = support_access.time.time()
    monkeypatch.setattr(support_access.time, "time", lambda: now + support_access.SECONDS + 1)
    assert "my secret plan" not in client.get(f"{LIST}{job.pk}/change/").content.decode()


@pytest.mark.parametrize("which", ["result", "mask", ".."])
def test_pictures_that_are_not_there(job, which):
    _, client = person("support")
    client.post(reverse("admin:processing_job_look_into", args=[job.pk]), SENT | {"reason": "Mail 12"})
    assert client.get(f"{LIST}{job.pk}/picture/{which}").status_code in {301, 302, 404}


# --- Doing -----------------------------------------------------------------------------------------------


def test_nothing_is_done_before_there_is_a_reason(job):
    _, client = person("operator")
    for action in ("cancel_waiting", "requeue", "delete_with_files", "try_again"):
        page = act(client, job, action, reason=" ").content.decode()
        assert 'name="reason"' in page and "my secret plan" not in page
    job.refresh_from_db()
    assert job.status == Job.Status.QUEUED
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("role", "action", "may"),
    [
        ("viewer", "cancel_waiting", False),
        ("support", "cancel_waiting", True),
        ("support", "delete_with_files", False),
        ("operator", "delete_with_files", True),
    ],
)
def test_who_may_what(job, role, action, may):
    user, client = person(role)
    act(client, job, action)
    still = Job.objects.filter(pk=job.pk, status=Job.Status.QUEUED).exists()
    assert still is not may
    kept = list(AuditEntry.objects.values_list("actor", "kind", "subject", "reason"))
    assert kept == ([(user.pk, "job", str(job.pk), "Asked for by mail")] if may else [])
    ledger.check()


def test_a_failed_one_is_tried_again_as_a_new_job(job, alice):
    jobs.fail(job.pk, claimed(job), "worker_crashed")
    _, client = person("support")
    act(client, job, "try_again")
    assert alice.jobs.filter(status=Job.Status.QUEUED).count() == 1
    ledger.check()


def test_a_running_one_goes_back_to_the_head_and_its_worker_loses_it(job, alice):
    later = jobs.submit(alice, jobs.Upload("b.png", photo(shade=9)), Recipe())
    token = claimed(job)
    _, client = person("support")
    act(client, job, "requeue")
    job.refresh_from_db()
    assert (job.status, job.attempt, job.lease_token) == (Job.Status.QUEUED, 1, None)
    with pytest.raises(jobs.LeaseLost):
        jobs.finish(job, token, [], {})
    waiting = list(Job.objects.waiting_in(job.queue).values_list("pk", flat=True))
    assert waiting == [job.pk, later.pk]
    ledger.check()


def test_what_has_ended_is_not_put_back(job):
    jobs.cancel(job)
    with pytest.raises(Refused) as caught:
        jobs.requeue(job)
    assert caught.value.code == "not_requeueable"


def test_too_many_at_once(job, monkeypatch):
    monkeypatch.setattr("accounts.reasons.AT_ONCE", 0)
    _, client = person("operator")
    assert "choose fewer" in act(client, job, "cancel_waiting").content.decode()
    job.refresh_from_db()
    assert job.status == Job.Status.QUEUED


# --- Searching and reviewing -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("term", "found"), [("alice@", 1), ("ALICE", 1), ("bob", 0), ("secret plan", 0), ("%", 0)]
)
def test_searched_by_owner_and_never_by_file_name(job, term, found):
    _, client = person("viewer")
    page = client.get(LIST, {"q": term}).content.decode()
    assert (str(job.pk)[:8] in page) is bool(found)


def test_searched_by_id(job):
    _, client = person("viewer")
    assert str(job.pk)[:8] in client.get(LIST, {"q": f" {job.pk} "}).content.decode()
    assert str(job.pk)[:8] not in client.get(LIST, {"q": str(uuid.uuid4())}).content.decode()


@pytest.mark.parametrize(("role", "may"), [("viewer", False), ("support", True)])
def test_doubtful_results_wait_until_they_are_ticked_off(job, role, may):
    jobs.finish(job, claimed(job), [], {"model": "u2net", "confidence": 0.31})
    sure = jobs.submit(job.owner, jobs.Upload("b.png", photo(shade=9)), Recipe())
    jobs.finish(sure, claimed(sure), [], {"model": "u2net", "confidence": 0.97})
    _, client = person(role)
    address = "/admin/processing/doubtful/"
    page = client.get(address).content.decode()
    assert "31%" in page and "97%" not in page
    client.post(address, {"action": "tick_off", "_selected_action": [str(job.pk)]})
    assert ("31%" not in client.get(address).content.decode()) is may
    assert AuditEntry.objects.filter(verb="Reviewed").count() == int(may)
