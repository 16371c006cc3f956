"""Webhooks through the API: made, changed, tested, replayed; the secret is shown once."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.webhooks import receiver
from webhooks import delivery
from webhooks.models import Endpoint

WANTED = {"url": "https://8.8.8.8/hook", "events": ["job.succeeded", "job.failed"]}


@pytest.fixture
def admin(alice: Any, another_key: Any) -> Any:
    return another_key("alice@example.org", scopes=["admin"])


def post() -> int:
    return sum(delivery.serve(pk) for pk in delivery.endpoints_due())


def test_it_works(admin, worker, settings) -> None:
    with receiver.running() as program:
        settings.WEBHOOK_INTERNAL_HOSTS = [program.host]
        made = admin.post("webhooks", WANTED | {"url": program.url, "description": "shop"})
        hook = made.json()
        assert (made.status_code, hook["secret"][:6], hook["enabled"]) == (201, "whsec_", True)
        assert "secret" not in admin.get(f"webhooks/{hook['id']}").json()
        assert admin.post(f"webhooks/{hook['id']}/test").status_code == 202
        program.will_answer(500, b"not yet")
        assert post() == 1
        page = admin.get(f"webhooks/{hook['id']}/deliveries?state=waiting").json()["results"]
        assert [(one["type"], one["attempts"][0]["status"]) for one in page] == [("webhook.test", 500)]
        assert page[0]["attempts"][0]["answer"] == "not yet"
        again = admin.post(f"webhooks/{hook['id']}/deliveries/{page[0]['id']}/replay")
        assert (again.status_code, again.json()["state"], post()) == (202, "waiting", 1)
        seen = admin.get(f"webhooks/{hook['id']}/deliveries/{page[0]['id']}").json()
        assert (seen["state"], len(seen["attempts"])) == ("delivered", 2)
        assert program.received[0].body.decode() == seen["body"]


def test_change_switch_off_rotate_delete(admin) -> None:
    hook = admin.post("webhooks", WANTED).json()
    path = f"webhooks/{hook['id']}"
    changed = admin(
        "patch", path, {"events": ["credits.low"], "enabled": False}, content_type="application/json"
    )
    assert (changed.json()["events"], changed.json()["disabled_why"]) == (["credits.low"], "owner")
    assert admin.post(f"{path}/test").json()["code"] == "webhook_disabled"
    assert (
        admin("patch", path, {"enabled": True}, content_type="application/json").json()["disabled_why"] == ""
    )
    fresh = admin.post(f"{path}/rotate", {"overlap_hours": 24}).json()
    assert fresh["secret"] != hook["secret"] and fresh["old_secret_until"]
    assert admin("delete", path).status_code == 204
    assert admin.get("webhooks").json() == []


def test_made_once_and_its_secret_told_once(admin) -> None:
    options = {"headers": {"Idempotency-Key": "one"}}
    first, second = (admin.post("webhooks", WANTED, **options).json() for _ in range(2))
    assert first["secret"] and second == first | {"secret": None}
    assert Endpoint.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "invalid_parameter"),
        (WANTED | {"url": "http://10.0.0.1/"}, "invalid_webhook_url"),
        (WANTED | {"url": "a\0b"}, "invalid_parameter"),
        (WANTED | {"events": []}, "invalid_parameter"),
        (WANTED | {"events": ["job.begun"]}, "invalid_parameter"),
        (WANTED | {"events": "job.failed"}, "invalid_parameter"),
        (WANTED | {"secret": "mine"}, "unknown_parameter"),
    ],
)
def test_refusals(admin, fields, code) -> None:
    assert admin.post("webhooks", fields).json()["code"] == code
    assert not Endpoint.objects.exists()


def test_it_needs_the_scope(alice) -> None:
    for answer in (alice.get("webhooks"), alice.post("webhooks", WANTED)):
        assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")


def test_what_is_not_there(admin) -> None:
    hook = admin.post("webhooks", WANTED).json()["id"]
    for path in (
        f"webhooks/{uuid.uuid4()}",
        f"webhooks/{hook}/deliveries/1",
        f"webhooks/{hook}/deliveries/{10**30}",
    ):
        assert admin.get(path).json()["code"] == "not_found"
    assert admin.get(f"webhooks/{hook}/deliveries?state=lost").json()["code"] == "invalid_parameter"
