"""From the end of a job to the program that is told of it: once it has happened, at least once, with one id."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import Letter, User
from processing import batch_turns, jobs, tasks
from processing.errors import Refused
from processing.models import Batch, Job
from processing.pipeline.recipe import Recipe
from tests import fakes
from tests.together import at_once
from webhooks import delivery, endpoints, outbox, signing
from webhooks.endpoints import Wanted
from webhooks.models import Attempt, Delivery, Endpoint, Message

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]
State = Delivery.State


def done(user: User, shade: int = 40) -> Job:
    job = jobs.submit(user, jobs.Upload("a photo.png", fakes.photo(shade=shade)), Recipe())
    tasks.run_job(str(job.pk))
    job.refresh_from_db()
    return job


def told(endpoint: Endpoint, count: int = 1) -> list[Delivery]:
    for _ in range(count):
        outbox.announce(endpoint.user_id, "credits.low", lambda: {"used": 80})
    return list(endpoint.deliveries.order_by("id"))


def refused(verb: Callable[[], object]) -> str:
    with pytest.raises(Refused) as caught:
        verb()
    return caught.value.code


def make_due(endpoint: Endpoint) -> None:
    """As if all the time had passed that anybody waits for."""
    endpoint.deliveries.waiting().update(due=timezone.now() - timedelta(seconds=1))
    Endpoint.objects.update(resting_until=None)


def test_it_works(user, endpoint, program, model, bell, files, post) -> None:
    job = done(user)
    assert post() == 1
    [sent] = program.received
    assert (sent.path, sent.headers["content-type"]) == ("/hook?a=1", "application/json")
    assert (sent.event["type"], sent.event["data"]["id"]) == ("job.succeeded", str(job.pk))
    data = sent.event["data"]
    assert data["result"]["sha256"] == job.renditions.get(recipe=job.recipe).sha256
    assert data["url"].endswith(f"/api/v1/jobs/{job.pk}") and (data["credits"], data["error"]) == (1, None)
    at = int(sent.headers["webhook-timestamp"])
    assert (
        signing.standard(endpoints.secrets_of(endpoint), sent.id, at, sent.body).items()
        <= sent.headers.items()
    )
    row = endpoint.deliveries.get()
    attempt = row.attempts.get()
    assert (row.state, row.tries, attempt.status, attempt.url) == (State.DELIVERED, 1, 204, program.url)
    assert post() == 0


def test_what_failed(user, endpoint, program, model, bell, files, post) -> None:
    def broken() -> None:
        raise RuntimeError

    model.meanwhile = broken
    done(user)
    post()
    event = program.received[0].event
    assert (event["type"], event["data"]["error"]["code"]) == ("job.failed", "internal_error")
    assert (event["data"]["credits"], event["data"]["result"]) == (0, None)


def test_a_job_whose_worker_died_too_often(user, endpoint, model, bell, files) -> None:
    job = jobs.submit(user, jobs.Upload("a.png", fakes.photo()), Recipe())
    Job.objects.update(status="running", attempt=3, lease_until=timezone.now() - timedelta(seconds=1))
    jobs.sweep()
    assert job.pk and Message.objects.get().type == "job.failed"


def test_a_batch_is_told_of_once_for_each_round(user, endpoint) -> None:
    batch = Batch.objects.create(owner=user, name="shop", status=Batch.Status.RUNNING, closed=timezone.now())
    assert batch_turns.finish(batch.pk) and not batch_turns.finish(batch.pk)
    event = json.loads(Message.objects.get().body)
    assert (event["type"], event["data"]["id"]) == ("batch.finished", str(batch.pk))
    assert (event["data"]["round"], event["data"]["items"]["failed"]) == (1, 0)


def test_nothing_is_told_of_what_was_rolled_back(user, endpoint) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        told(endpoint)
        raise RuntimeError
    assert not Message.objects.exists()


def test_only_what_was_asked_for(user, endpoint, program) -> None:
    endpoints.change(endpoint, Wanted(program.url, ("job.failed",)))
    other = User.objects.create_user("bob@example.org")
    theirs, _ = endpoints.make(other, Wanted(program.url, ("credits.low",)))
    assert told(endpoint) == [] and not Message.objects.exists()
    assert len(told(theirs)) == 1


def test_the_same_message_again_and_again(endpoint, program, post) -> None:
    [row] = told(endpoint)
    waits = []
    for _ in range(10):
        program.will_answer(500, b"no")
        make_due(endpoint)
        before = timezone.now()
        assert post() == 1
        row.refresh_from_db()
        waits.append(round((row.due - before).total_seconds()))
    assert waits[:9] == [int(each.total_seconds()) for each in delivery.AGAIN]
    assert sum(waits[:9]) > 3 * 24 * 3600
    assert (row.state, row.tries, row.attempts.count()) == (State.FAILED, 10, 10)
    assert len({(sent.id, sent.body) for sent in program.received}) == 1
    make_due(endpoint)
    assert post() == 0


def test_a_failing_endpoint_rests_and_comes_back(endpoint, program, post) -> None:
    told(endpoint, 3)
    program.will_answer(500)
    assert post() == 1, "the others wait for it to come back"
    assert post() == 0
    endpoint.refresh_from_db()
    assert (endpoint.failures, endpoint.failing_since is None) == (1, False)
    make_due(endpoint)
    assert post() == 3
    endpoint.refresh_from_db()
    assert (endpoint.failures, endpoint.failing_since, endpoint.resting_until) == (0, None, None)


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 500])
def test_what_counts_as_failure(endpoint, program, post, status) -> None:
    [row] = told(endpoint)
    program.will_answer(status, b"x" * 5000, Location=program.url)
    post()
    row.refresh_from_db()
    attempt = row.attempts.get()
    assert (row.state, attempt.status, len(attempt.answer)) == (State.WAITING, status, 1024)
    assert len(program.received) == 1, "a redirect is not followed"


@pytest.mark.parametrize(
    ("status", "text", "seconds"), [(429, "600", 600), (503, "3600", 3600), (503, "soon", 5)]
)
def test_it_waits_as_it_is_asked_to(endpoint, program, post, status, text, seconds) -> None:
    [row] = told(endpoint)
    program.will_answer(status, Retry_After=text)
    before = timezone.now()
    post()
    row.refresh_from_db()
    endpoint.refresh_from_db()
    assert round((row.due - before).total_seconds()) == seconds
    assert round((endpoint.resting_until - before).total_seconds()) == seconds


def test_gone_switches_it_off(endpoint, program, post) -> None:
    first, second = told(endpoint, 2)
    program.will_answer(410)
    post()
    endpoint.refresh_from_db()
    assert (endpoint.enabled, endpoint.disabled_why) == (False, "gone")
    second.refresh_from_db()
    assert (second.state, Letter.objects.get().kind) == (State.FAILED, "webhook_disabled")
    assert told(endpoint) == [first, second], "and nothing new is noted for it"


def test_days_of_failure_switch_it_off(endpoint, program, post) -> None:
    told(endpoint)
    Delivery.objects.update(tries=9)
    program.will_answer(500)
    post()
    endpoint.refresh_from_db()
    assert endpoint.enabled, "one message was lost, but not for days"
    Delivery.objects.update(tries=9, state=State.WAITING)
    Endpoint.objects.update(failing_since=timezone.now() - timedelta(days=3, hours=4))
    make_due(endpoint)
    program.will_answer(500)
    post()
    endpoint.refresh_from_db()
    assert (endpoint.disabled_why, Letter.objects.get().facts["url"]) == ("failing", program.url)


def test_replay(endpoint, program, post) -> None:
    [row] = told(endpoint)
    post()
    delivery.replay(row)
    assert post() == 1
    assert program.received[0].id == program.received[1].id
    assert Attempt.objects.count() == 2


def test_what_is_off_is_neither_tested_nor_replayed(endpoint, program, post) -> None:
    [row] = told(endpoint)
    endpoints.disable(endpoint)
    row.refresh_from_db()
    for verb in (lambda: delivery.replay(row), lambda: endpoints.switched_on(row.endpoint)):
        assert refused(verb) == "webhook_disabled"
    assert (post(), Letter.objects.count()) == (0, 0), "who switches it off needs no letter"
    endpoints.enable(endpoint)
    delivery.replay(Delivery.objects.get())
    assert post() == 1


def test_rotation_with_overlap(endpoint, program, post) -> None:
    [old] = endpoints.secrets_of(endpoint)
    new = endpoints.rotate(endpoint, timedelta(hours=1))
    told(endpoint)
    post()
    sent = program.received[0]
    at = int(sent.headers["webhook-timestamp"])
    assert (
        sent.headers["webhook-signature"]
        == signing.standard([new, old], sent.id, at, sent.body)["webhook-signature"]
    )
    Endpoint.objects.update(old_secret_until=timezone.now())
    endpoint.refresh_from_db()
    assert endpoints.secrets_of(endpoint) == [new]
    assert old[6:] not in str(Endpoint.objects.values().get()), "nothing of it lies there in the clear"


def test_two_workers_at_once_send_it_once(endpoint, program, post) -> None:
    told(endpoint, 4)
    program.seconds = 0.05
    assert sorted(map(str, at_once(*[lambda: delivery.serve(endpoint.pk)] * 4))) == ["0", "0", "0", "4"]
    assert len(program.received) == 4


def test_a_worker_that_died_is_followed_when_its_lease_is_over(endpoint, program, post) -> None:
    told(endpoint)
    assert Endpoint.objects.claim(endpoint.pk, endpoint.pk, delivery.LEASE)
    assert post() == 0
    Endpoint.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert post() == 1


def test_an_answer_that_does_not_come(endpoint, program, post, monkeypatch) -> None:
    monkeypatch.setattr("processing.fetch.TOTAL_SECONDS", 0.2)
    program.seconds = 1
    [row] = told(endpoint)
    post()
    attempt = row.attempts.get()
    assert (attempt.status, attempt.error) == (None, "connection")


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:9/", "http://localhost/", "http://10.0.0.1/", "http://[::1]/", "http://169.254.169.254/",
     "ftp://example.org/", "http://u:p@example.org/", "https://example.org:6379/", "nothing", ""],
)  # fmt: skip
def test_addresses_inside(user, program, url) -> None:
    assert refused(lambda: endpoints.make(user, Wanted(url, ("job.failed",)))) == "invalid_webhook_url"
    assert not Endpoint.objects.exists()


def test_a_name_that_leads_inside_later(endpoint, program, post, settings) -> None:
    """What was public when the endpoint was made is looked at again each time."""
    [row] = told(endpoint)
    settings.WEBHOOK_INTERNAL_HOSTS = []
    post()
    assert (row.attempts.get().error, program.received) == ("address", [])


def test_the_log_ends(endpoint, program, post) -> None:
    told(endpoint, 2)
    program.will_answer(204)
    program.will_answer(500)
    post()
    Message.objects.update(created=timezone.now() - delivery.KEEP_LOG - timedelta(hours=1))
    assert delivery.forget_old() == 1, "what waits is kept"
    assert Delivery.objects.get().state == State.WAITING


def test_at_most_ten(user, program) -> None:
    for _ in range(endpoints.MOST):
        endpoints.make(user, Wanted(program.url, ("job.failed",)))
    assert refused(lambda: endpoints.make(user, Wanted(program.url, ("job.failed",)))) == "too_many_webhooks"
