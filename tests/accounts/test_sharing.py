"""A key that many machines use is found, shown to operators, told to Prometheus; nothing says from where. (4 s.)"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import keys, sharing
from accounts.models import ApiKey, AuditEntry, KeyAddress, User
from bgsite import metrics
from tests.operators import ROLES, SENT, person

pytestmark = pytest.mark.django_db
PAGE = "/admin/accounts/apikey/"


@pytest.fixture(autouse=True)
def five(settings):
    settings.KEY_ADDRESSES = 5
    sharing._noted.done.clear()


@pytest.fixture
def issued() -> tuple[ApiKey, str]:
    return keys.issue(User.objects.create_user("alice@example.org"))


def ask(text: str, numbers: range, address: str = "203.0.113.{}") -> None:
    for number in numbers:
        program = Client(REMOTE_ADDR=address.format(number), headers={"X-Api-Key": text})
        assert program.get("/api/v1/account").status_code == 200


def found() -> list[ApiKey]:
    return list(sharing.shared())


def metric() -> float:
    families = {family.name: family for family in metrics.FromDatabase().collect()}
    return families["bgsite_keys_shared"].samples[0].value


def test_one_key_from_many_addresses_is_found(issued, caplog):
    key, text = issued
    ask(text, range(4))
    assert found() == [] and metric() == 0
    ask(text, range(4))  # the same ones again
    assert found() == []
    ask(text, range(4, 5))
    assert found() == [key] and metric() == 1
    assert f"Key {key.pk} is used from 5 addresses within an hour" in caplog.text
    assert "203.0.113" not in caplog.text
    assert not any("203" in row.address for row in KeyAddress.objects.all())


def test_a_household_is_one_address(issued):
    """Of IPv6 a line has a whole /64."""
    ask(issued[1], range(1, 9), "2001:db8:1:2::{}")
    assert found() == [] and KeyAddress.objects.count() == 1


def test_what_was_hours_ago_does_not_count(issued):
    _, text = issued
    ask(text, range(4))
    KeyAddress.objects.update(seen=timezone.now() - timedelta(minutes=61))
    ask(text, range(4, 8))
    assert found() == []
    KeyAddress.objects.update(seen=timezone.now() - timedelta(days=2))
    assert sharing.forget_old() == 8


def test_a_look_that_is_new_to_nobody_writes_nothing(issued, django_assert_num_queries):
    key, _ = issued
    sharing.note(key, "203.0.113.1")
    with django_assert_num_queries(0):
        sharing.note(key, "203.0.113.1")


def test_a_key_that_is_used_from_everywhere_fills_no_table(issued):
    _, text = issued
    ask(text, range(40))
    assert KeyAddress.objects.count() == 5


def test_nobody_looks_where_that_is_switched_off(issued, settings):
    settings.KEY_ADDRESSES = 0
    ask(issued[1], range(9))
    assert found() == [] and not KeyAddress.objects.exists()


@pytest.mark.parametrize("role", ROLES)
def test_operators_see_it_and_decide(issued, role):
    key, text = issued
    ask(text, range(5))
    user, client = person(role)
    assert "many addresses" in client.get(PAGE).content.decode()
    assert key.shown in client.get(f"{PAGE}?use=shared").content.decode()
    assert "1 API key is used from many addresses" in client.get("/admin/").content.decode()
    client.post(
        reverse("admin:accounts_apikey_allow_many", args=[key.pk]), SENT | {"reason": "A fleet of servers"}
    )
    may = role in {"operator", "owner"}
    assert found() == ([] if may else [key])
    kept = AuditEntry.objects.filter(actor=user).values_list("verb", "kind", "subject", "reason")
    assert list(kept) == (
        [("Allowed many machines", "apikey", str(key.pk), "A fleet of servers")] if may else []
    )


def test_allowed_is_allowed_until_it_is_watched_again(issued):
    key, text = issued
    sharing.allow(key, True)
    ask(text, range(9))
    assert found() == []
    key.refresh_from_db()
    fresh, text = keys.rotate(key)
    fresh.refresh_from_db()
    assert fresh.many_allowed
    sharing.allow(fresh, False)
    ask(text, range(9))
    assert found() == [fresh]


def test_a_suspended_one_is_settled(issued):
    key, text = issued
    ask(text, range(5))
    keys.suspend(key)
    assert found() == [] and metric() == 0


def test_there_is_an_alert():
    rules = Path(__file__).resolve().parents[2] / "deploy" / "prometheus" / "rules.yml"
    assert "bgsite_keys_shared > 0" in rules.read_text()
