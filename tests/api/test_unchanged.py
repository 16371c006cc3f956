"""A status that is told again is the one that the view would tell, to whom the view would tell it."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError, models
from django.db import connection as django_connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import keys
from accounts.models import ApiKey, User
from processing.api import unchanged
from processing.models import Job, Rendition

pytestmark = [pytest.mark.both, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def nothing_kept():
    unchanged.answers.kept.clear()
    keys._used.done.clear()
    yield
    unchanged.answers.kept.clear()


@pytest.fixture
def told(alice, worker) -> str:
    """The path of a finished job that Alice has asked for once."""
    path = "jobs/" + alice.upload().json()["id"]
    assert alice.get(path).json()["result"]
    return path


def test_the_second_answer_is_the_first_with_one_statement(alice, told):
    first = alice.get(told)
    assert len(unchanged.answers.kept) == 1
    with CaptureQueriesContext(django_connection) as asked:
        second = alice.get(told)
    statements = [query["sql"] for query in asked if query["sql"].startswith("SELECT")]
    assert len(statements) == 1
    assert second.content == first.content
    names = set(first.headers) | set(second.headers)
    changing = {"X-Request-ID", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Content-Security-Policy"}
    differing = {name for name in names if first.headers.get(name) != second.headers.get(name)}
    assert differing <= changing


def _other(column: models.Field[Any, Any], value: Any) -> Any:
    """Another value of the same kind."""
    if isinstance(column, models.JSONField):
        return {"confidence": 0.125, "note": "other"}
    if isinstance(column, models.DateTimeField):
        return (value or timezone.now()) - timedelta(days=3)
    if isinstance(column, models.UUIDField):
        return uuid.uuid4()
    if isinstance(column, models.BooleanField):
        return not value
    if isinstance(column, models.FloatField | models.IntegerField):
        return (value or 0) + 1
    if column.name == "recipe":
        return "max_side=77"
    if column.choices:
        return next(choice for choice, _ in column.choices if choice not in {value, "succeeded"})
    return "other"


def _columns(model: type[models.Model]) -> list[str]:
    return [
        column.name
        for column in model._meta.concrete_fields
        if not column.is_relation and not column.primary_key and column.name != "error_code"
    ]


@pytest.mark.parametrize("model", [Job, Rendition])
def test_no_column_is_told_as_it_was(alice, told, model):
    row = model.objects.filter(recipe="").get()
    differing = set()
    for name in _columns(model):
        was, before = getattr(row, name), alice.get(told).json()
        rows = model.objects.filter(pk=row.pk)
        rows.update(**{name: _other(model._meta.get_field(name), was)})
        changed = alice.get(told).json()
        assert changed == _afresh(alice, told), name
        differing |= {name} if changed != before else set()
        rows.update(**{name: was})
    assert differing >= {"status", "revision"}, "or this test changed nothing"


def test_a_failure_is_told(alice, told):
    Job.objects.update(status="failed", error_code="corrupt_image")
    assert alice.get(told).json()["error"]["code"] == "corrupt_image"


def _afresh(alice, told: str) -> dict[str, Any]:
    unchanged.answers.kept.clear()
    answer: dict[str, Any] = alice.get(told).json()
    return answer


ENDED = {
    "revoked": ({"revoked": timezone.now()}, {}, 401),
    "suspended": ({"suspended": timezone.now()}, {}, 401),
    "expired": ({"expires": timezone.now() - timedelta(seconds=1)}, {}, 401),
    "another digest": ({"digest": "0" * 64}, {}, 401),
    "no right to read": ({"scopes": ["write"]}, {}, 403),
    "owner locked": ({}, {"is_active": False}, 401),
}


@pytest.mark.parametrize(("of_key", "of_owner", "status"), ENDED.values(), ids=ENDED)
def test_a_key_that_ended_hears_nothing(alice, told, of_key, of_owner, status):
    ApiKey.objects.filter(user=alice.user).update(**(of_key or {"name": "as it was"}))
    User.objects.filter(pk=alice.user.pk).update(**(of_owner or {"name": "as it was"}))
    assert alice.get(told).status_code == status


def test_a_key_ends_by_its_date_although_nothing_changes(alice, worker, monkeypatch):
    ApiKey.objects.update(expires=timezone.now() + timedelta(hours=1))
    later = timezone.now() + timedelta(hours=2)
    told = "jobs/" + alice.upload().json()["id"]
    assert alice.get(told).status_code == 200
    monkeypatch.setattr("accounts.models.timezone.now", lambda: later)
    assert alice.get(told).status_code == 401


def test_nobody_else_hears_it(alice, bob, told):
    assert bob.get(told).status_code == 404
    assert alice.client.get(f"/api/v1/{told}").status_code == 401


def test_a_deleted_job_is_gone(alice, told):
    assert alice("delete", told).status_code == 204
    assert alice.get(told).status_code == 404


def test_a_session_of_somebody_else_is_still_a_contradiction(alice, bob, told):
    alice.client.force_login(bob.user, settings.AUTHENTICATION_BACKENDS[0])
    answer = alice.get(told)
    assert answer.status_code == 400, answer.content


def test_the_rate_counts_what_is_told_again(alice, told):
    left = [int(alice.get(told)["X-RateLimit-Remaining"]) for _ in range(3)]
    assert left == [left[0], left[0] - 1, left[0] - 2]


def test_a_rate_that_is_used_up_ends_it(alice, told):
    while (answer := alice.get(told)).status_code == 200:
        assert int(answer["X-RateLimit-Remaining"]) >= 0
    assert answer.status_code == 429


def test_who_has_it_already_gets_no_body(alice, told):
    etag = alice.get(told)["ETag"]
    for _ in range(2):
        answer = alice.get(told, headers={"If-None-Match": etag})
        assert (answer.status_code, answer.content) == (304, b"")
    assert alice.get(told, headers={"If-None-Match": '"other"'}).json()["result"]


def test_a_body_that_was_never_made_is_made(alice, told):
    etag = alice.get(told)["ETag"]
    unchanged.answers.kept.clear()
    assert alice.get(told, headers={"If-None-Match": etag}).status_code == 304
    (kept,) = unchanged.answers.kept.values()
    assert kept.body is None
    assert alice.get(told, headers={"If-None-Match": etag}).status_code == 304
    assert alice.get(told).json()["result"]


def test_the_address_is_that_of_the_asked_host(alice, told):
    local, other = (alice.get(told, HTTP_HOST=host).json()["url"] for host in ("localhost", "127.0.0.1"))
    assert (local, other) == (f"http://localhost/api/v1/{told}", f"http://127.0.0.1/api/v1/{told}")


def test_its_use_is_noted_once_a_minute(alice, told):
    before = timezone.now() - timedelta(hours=1)
    ApiKey.objects.update(last_used=before)
    alice.get(told)
    assert ApiKey.objects.filter(user=alice.user, last_used__gt=before).exists()
    ApiKey.objects.update(last_used=before)
    alice.get(told)
    assert ApiKey.objects.get(user=alice.user).last_used == before


def test_an_answer_is_made_anew_after_a_while(alice, told, monkeypatch):
    (kept,) = unchanged.answers.kept.values()
    monkeypatch.setattr("processing.api.unchanged.time.monotonic", lambda: kept.until + 1)
    alice.get(told)
    assert unchanged.answers.kept != {} and kept not in unchanged.answers.kept.values()


def test_without_a_database_the_view_says_so(alice, told, monkeypatch):
    class Away:
        def __getattr__(self, name: str) -> Any:
            return getattr(django_connection, name)

        def cursor(self) -> Any:
            raise OperationalError("away")

    monkeypatch.setattr(unchanged, "connection", Away())
    assert alice.get(told).status_code == 200  # it asks in its own way


def test_no_more_are_kept_than_may_be():
    answers = unchanged.Answers(most=2)
    for number in range(3):
        answers.keep((str(number),), unchanged.Kept(b"", {}, b"", ApiKey()))
    assert list(answers.kept) == [("1",), ("2",)]
