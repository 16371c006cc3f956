from __future__ import annotations

import time
import uuid
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from accounts.models import CreditEntry, KeptAnswer
from processing import jobs
from processing.api import claims, idempotency
from processing.api.claims import SILENT
from processing.models import Job
from tests import fakes, ledger
from tests.servers import wait_until
from tests.together import at_once

pytestmark = pytest.mark.both

KEY = {"Idempotency-Key": "order-17"}


def test_the_same_request_is_answered_as_before(alice, bell):
    first = alice.upload(headers=KEY)
    again = alice.upload(headers=KEY)
    assert again.json() == first.json()
    assert (again.status_code, again["Location"]) == (first.status_code, first["Location"])
    assert again["Idempotent-Replayed"] == "true"
    assert Job.objects.count() == 1
    assert CreditEntry.objects.filter(kind="reserve").count() == 1
    ledger.check()


def test_a_picture_is_given_again(alice, worker):
    wants = KEY | {"Accept": "image/png"}
    first, again = (alice.upload(headers=wants) for _ in range(2))
    assert again.getvalue() == first.getvalue()
    assert Job.objects.count() == 1


@pytest.mark.parametrize("other", [{"data": fakes.photo(shade=1)}, {"feather": "2"}])
def test_another_body_is_refused(alice, bell, other):
    alice.upload(headers=KEY)
    answer = alice.upload(headers=KEY, **other)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


def test_another_address_is_refused(alice, bell):
    job = alice.upload(headers=KEY).json()["id"]
    answer = alice.post(f"jobs/{job}/cancel", headers=KEY)
    assert answer.json()["code"] == "idempotency_key_reused"


def test_while_the_first_one_runs(alice, bell):
    alice.upload(headers=KEY)
    alive = Now() + timedelta(hours=1)  # however slow this machine is
    KeptAnswer.objects.update(
        status=0, body=None, job_id=uuid.uuid4(), begun=alive
    )  # it has made nothing yet
    answer = alice.upload(headers=KEY)
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_in_progress")
    assert answer["Retry-After"] == "2"


def test_a_job_that_is_there_is_answered_although_the_first_one_was_not(alice, bell):
    """Its process may have died between the two; nobody has to wait until that is certain."""
    first = alice.upload(headers=KEY).json()["id"]
    KeptAnswer.objects.update(status=0, body=None)
    assert alice.upload(headers=KEY).json()["id"] == first
    assert Job.objects.count() == 1


def test_a_process_that_died_after_the_job_was_made_charges_once(alice, bell):
    first = alice.upload(headers=KEY).json()["id"]
    KeptAnswer.objects.update(status=0, body=None, begun=Now() - SILENT - timedelta(seconds=1))
    assert alice.upload(headers=KEY).json()["id"] == first
    assert Job.objects.count() == 1
    ledger.check()


def dead(**facts: object) -> None:
    """The process that held the key was killed before it made anything."""
    facts = {"status": 0, "body": None, "begun": Now() - SILENT - timedelta(seconds=1)} | facts
    KeptAnswer.objects.update(**facts)


def test_the_key_of_a_dead_process_is_free_again(alice, bell):
    alice.upload(headers=KEY)
    job = uuid.uuid4()  # chosen by the request that died, which made nothing of it
    dead(job_id=job)
    answer = alice.upload(headers=KEY)
    assert (answer.status_code, answer.json()["id"]) == (202, str(job))
    ledger.check()


def test_of_many_that_try_again_one_takes_it_over(alice, bell):
    alice.upload(headers=KEY)
    dead()
    row = KeptAnswer.objects.get()
    tries = at_once(*[lambda: claims.taken_over(KeptAnswer.objects.get())] * 8)
    assert (tries.count(True), tries.count(False)) == (1, 7)
    assert KeptAnswer.objects.get().claim != row.claim


@pytest.mark.parametrize("fails", [False, True], ids=["answers", "fails"])
def test_one_that_was_thought_dead_neither_answers_for_the_key_nor_frees_it(alice, bell, monkeypatch, fails):
    def frozen(*args: object) -> object:
        """Meanwhile another one has the key."""
        dead(claim=uuid.uuid4())
        assert claims.taken_over(KeptAnswer.objects.get())
        return 1 / 0 if fails else check(*args)

    check = jobs.check
    monkeypatch.setattr("processing.jobs.check", frozen)
    assert alice.upload(headers=KEY).status_code == (500 if fails else 202)
    assert KeptAnswer.objects.get().status == 0, "the other one's to answer"


def test_a_request_that_runs_says_that_it_lives_and_one_that_hangs_does_not(alice, bell, monkeypatch):
    monkeypatch.setattr(claims, "BEAT_SECONDS", 0.02)
    for key in ("runs", "hangs"):
        alice.upload(headers={"Idempotency-Key": key})
    dead()
    runs, hangs = (KeptAnswer.objects.get(key=key) for key in ("runs", "hangs"))
    long_ago = time.monotonic() - claims.LONGEST_SECONDS
    monkeypatch.setitem(claims._pulse.held, (hangs.pk, hangs.claim), long_ago)
    with claims.alive(runs):
        alive = KeptAnswer.objects.filter(begun__gte=Now() - SILENT)
        wait_until(alive.exists, "its sign of life")
        assert not claims.taken_over(runs)
        assert claims.taken_over(hangs)


def test_a_refused_request_leaves_the_key_free(alice, bell):
    assert alice.upload(b"no picture", headers=KEY).status_code == 415
    assert not KeptAnswer.objects.exists()
    assert alice.upload(headers=KEY).status_code == 202


def test_what_fails_after_the_job_was_made_is_found_again(alice, bell, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr("processing.api.jobs.answer", lambda *args: 1 / 0)
        assert alice.upload(headers=KEY).status_code == 500
    assert alice.upload(headers=KEY).status_code == 202
    assert Job.objects.count() == 1


def test_keys_of_others_are_others(alice, bob, bell):
    assert alice.upload(headers=KEY).json()["id"] != bob.upload(headers=KEY).json()["id"]


@pytest.mark.parametrize("key", ["", "x" * 256, "ä", "a b"])
def test_a_key_that_is_none(alice, bell, key):
    answer = alice.upload(headers={"Idempotency-Key": key})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_idempotency_key")


def test_ten_at_once_make_one_job(alice, bell):
    answers = at_once(*[lambda: alice.upload(headers=KEY)] * 10)
    assert {getattr(answer, "status_code", answer) for answer in answers} <= {202, 409}
    assert Job.objects.count() == 1
    assert CreditEntry.objects.filter(kind="reserve").count() == 1


def test_answers_are_kept_for_a_day(alice, bell):
    alice.upload(headers=KEY)
    assert idempotency.forget_old() == 0
    KeptAnswer.objects.update(created=Now() - idempotency.KEPT - timedelta(seconds=1))
    assert idempotency.forget_old() == 1


def test_retry_is_idempotent_too(alice, bell):
    job = alice.upload().json()["id"]
    jobs.cancel(Job.objects.get(pk=job))
    first, again = (alice.post(f"jobs/{job}/retry", headers=KEY) for _ in range(2))
    assert first.json()["id"] == again.json()["id"]
    assert Job.objects.count() == 2
