from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts import keys
from accounts.models import KeptAnswer, User

pytestmark = pytest.mark.django_db

WAYS = {
    "X-Api-Key": lambda key: {"X-Api-Key": key},
    "x-api-key": lambda key: {"x-api-key": key},
    "Bearer": lambda key: {"Authorization": f"Bearer {key}"},
    "bearer": lambda key: {"Authorization": f"bearer {key}"},
    "api_token": lambda key: {"api_token": key},
}


def ask(headers: dict[str, str], path: str = "account", method: str = "get", **options: object):
    return getattr(Client(raise_request_exception=False), method)(
        f"/api/v1/{path}", headers=headers, **options
    )


@pytest.fixture
def alice():
    return User.objects.create_user("alice@example.org", "secret words")


@pytest.mark.parametrize("way", WAYS)
def test_it_works(alice, way):
    _, key = keys.issue(alice)
    answer = ask(WAYS[way](key))
    assert (answer.status_code, answer.json()["email"]) == (200, "alice@example.org")
    assert answer["Cache-Control"] == "private, no-cache"  # it has an ETag


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Api-Key": ""},
        {"X-Api-Key": "bg_live_unknown1_" + "a" * 43},
        {"X-Api-Key": "' OR 1=1 --"},
        {"X-Api-Key": "bg_live_\0"},
        {"X-Api-Key": "kë\u00ff"},
        {"X-Api-Key": "a" * 10_000},
        {"Authorization": "Bearer"},
        {"Authorization": "Basic YTpi"},
        {"api_token": "x"},
    ],
)
def test_what_is_no_key_is_refused(headers):
    answer = ask(headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_key")
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'


def test_no_key():
    answer = ask({})
    assert (answer.status_code, answer.json()["code"]) == (401, "missing_key")
    assert "WWW-Authenticate" in answer
    assert answer["Content-Type"] == "application/problem+json"


def test_a_key_in_the_address_is_none(alice):
    _, key = keys.issue(alice)
    assert ask({}, f"account?api_key={key}").status_code == 401


def test_ended_keys_are_answered_like_unknown_ones(alice):
    revoked, text = keys.issue(alice)
    keys.revoke(revoked)
    _, expired = keys.issue(alice, expires=timezone.now() - timedelta(minutes=1))
    answers = [ask({"X-Api-Key": key}).json() for key in ("bg_live_unknown1_" + "a" * 43, text, expired)]
    unknown, *ended = [answer | {"request_id": ""} for answer in answers]
    assert ended == [unknown, unknown]


def test_one_key_in_two_headers_is_fine(alice):
    _, key = keys.issue(alice)
    assert ask({"X-Api-Key": key, "Authorization": f"Bearer {key}"}).status_code == 200


def test_a_good_key_beside_a_bad_one_is_refused(alice):
    _, key = keys.issue(alice)
    assert ask({"X-Api-Key": key, "Authorization": "Bearer nonsense"}).status_code == 401


def test_keys_of_two_users_are_refused(alice):
    bob = User.objects.create_user("bob@example.org")
    first, second = (keys.issue(user)[1] for user in (alice, bob))
    answer = ask({"X-Api-Key": first, "api_token": second})
    assert (answer.status_code, answer.json()["code"]) == (400, "two_credentials")


def test_a_session_and_a_key_of_another_user_are_refused(alice, settings):
    bob = User.objects.create_user("bob@example.org")
    client = Client()
    client.force_login(bob, settings.AUTHENTICATION_BACKENDS[0])
    answer = client.get("/api/v1/account", headers={"X-Api-Key": keys.issue(alice)[1]})
    assert (answer.status_code, answer.json()["code"]) == (400, "two_credentials")


def test_a_session_works_with_a_csrf_token_only(alice, settings):
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice, settings.AUTHENTICATION_BACKENDS[0])
    assert client.get("/api/v1/account").status_code == 200
    answer = client.post("/api/v1/jobs", {}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_a_disabled_user_is_nobody(alice):
    _, key = keys.issue(alice)
    User.objects.update(is_active=False)
    assert ask({"X-Api-Key": key}).status_code == 401


@pytest.mark.parametrize(
    ("scopes", "method", "path", "status"),
    [
        (["read"], "get", "jobs", 200),
        (["read"], "post", "jobs", 403),
        (["write"], "get", "jobs", 403),
        (["write"], "post", "jobs", 400),
        (["read", "write"], "get", "keys", 403),
        (["read", "write"], "post", "keys", 403),
        (["admin"], "get", "keys", 200),
        (["admin"], "post", "keys", 201),
        (["admin"], "post", "jobs", 403),
    ],
)
def test_scopes(alice, scopes, method, path, status):
    _, key = keys.issue(alice, scopes=scopes)
    options = {"data": {}, "content_type": "application/json"} if method == "post" else {}
    answer = ask({"X-Api-Key": key}, path, method, **options)
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["code"] == "insufficient_scope"


def test_keys_by_key(alice):
    _, admin = keys.issue(alice, scopes=["admin"])
    headers = {"X-Api-Key": admin}
    sent = {"name": "shop", "scopes": ["read"], "days": 7, "test": True, "per_minute": 3}
    made = ask(headers, "keys", "post", data=sent, content_type="application/json").json()
    row = keys.find(made["key"])
    assert row is not None and row.name == "shop"
    assert "key" not in ask(headers, "keys").json()[0]
    path = f"keys/{made['id']}"
    turned = ask(
        headers, f"{path}/rotate", "post", data={"overlap_hours": 1}, content_type="application/json"
    )
    assert keys.find(made["key"]) is not None
    fresh = keys.find(turned.json()["key"])
    assert fresh is not None and fresh.per_minute == 3
    assert ask(headers, path, "delete").status_code == 204
    assert keys.find(made["key"]) is None


def test_a_key_is_made_once_by_its_idempotency_key_and_shown_once(alice):
    _, admin = keys.issue(alice, scopes=["admin"])
    headers = {"X-Api-Key": admin, "Idempotency-Key": "shop-key-1"}
    made, again = (
        ask(headers, "keys", "post", data={"name": "shop"}, content_type="application/json") for _ in "12"
    )
    assert (made.status_code, again.status_code, again["Idempotent-Replayed"]) == (201, 201, "true")
    assert again.json() == made.json() | {"key": None}
    assert alice.api_keys.count() == 2
    kept = str([*KeptAnswer.objects.values()])
    assert made.json()["key"] not in kept and made.json()["key"][-43:] not in kept

    path = f"keys/{made.json()['id']}/rotate"
    headers["Idempotency-Key"] = "turn-1"
    turned, again = (ask(headers, path, "post", data={}, content_type="application/json") for _ in "12")
    assert keys.find(turned.json()["key"]) is not None
    assert again.json() == turned.json() | {"key": None}
    assert alice.api_keys.count() == 3


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"scopes": ["root"]}, "scopes"),
        ({"scopes": []}, "scopes"),
        ({"days": 0}, "days"),
        ({"days": 1e300}, "days"),
        ({"name": "x" * 81}, "name"),
        ({"name": {"a": 1}}, "name"),
        ({"per_minute": "many"}, "per_minute"),
    ],
)
def test_keys_are_not_made_of_nonsense(alice, sent, field):
    _, admin = keys.issue(alice, scopes=["admin"])
    answer = ask({"X-Api-Key": admin}, "keys", "post", data=sent, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")
    assert answer.json()["facts"]["field"] == field
    assert alice.api_keys.count() == 1
