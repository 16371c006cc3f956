from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import keys
from accounts.models import ApiKey, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice():
    return User.objects.create_user("alice@example.org")


def test_it_works(alice):
    row, text = keys.issue(alice, "my script")
    assert text.startswith(f"bg_live_{row.prefix}_")
    assert len(text) == len("bg_live_") + 8 + 1 + 43
    assert keys.find(text) == row
    assert row.scopes == ["read", "write"]


def test_the_key_itself_is_nowhere_in_the_database(alice):
    row, text = keys.issue(alice)
    stored = " ".join(str(value) for value in ApiKey.objects.values_list().get(pk=row.pk))
    assert text.rpartition("_")[2] not in stored
    assert row.digest == keys.digest(text)


def test_a_test_key_says_so(alice):
    row, text = keys.issue(alice, is_test=True)
    assert text.startswith("test_")
    assert keys.find(text) == row
    assert row.shown == f"test_{row.prefix}_…"


def found(text: str) -> ApiKey:
    key = keys.find(text)
    assert key is not None
    return key


def changed(text: str) -> list[str]:
    last = "a" if text[-1] != "a" else "b"
    return [
        text[:-1],
        text[:-1] + last,
        text + "x",
        text.upper(),
        text.replace("bg_live", "test"),
        "",
        "\0",
        "é" * 9,
    ]


def test_anything_else_is_no_key(alice):
    _, text = keys.issue(alice)
    assert [keys.find(other) for other in changed(text)] == [None] * 8


def test_a_key_ends(alice):
    now = timezone.now()
    _, expired = keys.issue(alice, expires=now - timedelta(seconds=1))
    row, revoked = keys.issue(alice)
    keys.revoke(row)
    assert keys.find(expired) is None
    assert keys.find(revoked) is None


def test_a_disabled_user_has_no_keys(alice):
    _, text = keys.issue(alice)
    User.objects.update(is_active=False)
    assert keys.find(text) is None


def test_rotation_overlaps(alice):
    old, old_text = keys.issue(alice, "shop", ["read"], per_minute=7)
    fresh, fresh_text = keys.rotate(old, timedelta(hours=1))
    assert keys.find(old_text) == old
    assert keys.find(fresh_text) == fresh
    assert (fresh.name, fresh.scopes, fresh.per_minute) == ("shop", ["read"], 7)
    ApiKey.objects.filter(pk=old.pk).update(expires=timezone.now())
    assert keys.find(old_text) is None
    assert keys.find(fresh_text) == fresh


def test_rotation_does_not_make_a_key_live_longer(alice):
    soon = timezone.now() + timedelta(minutes=1)
    old, _ = keys.issue(alice, expires=soon)
    keys.rotate(old, timedelta(days=7))
    old.refresh_from_db()
    assert old.expires == soon


@pytest.mark.parametrize("scopes", [[], ["everything"], ["read", "root"]])
def test_unknown_scopes_are_refused(alice, scopes):
    with pytest.raises(ValueError, match="Scopes are"):
        keys.issue(alice, scopes=scopes)


def test_its_use_is_noted_once_a_minute(alice, django_assert_num_queries):
    row, text = keys.issue(alice)
    keys.note_use(row)
    again = found(text)
    with django_assert_num_queries(0):
        keys.note_use(again)
    ApiKey.objects.update(last_used=timezone.now() - timedelta(seconds=61))
    later = found(text)
    with django_assert_num_queries(1):
        keys.note_use(later)


def test_finding_one_is_one_query(alice, django_assert_num_queries):
    _, text = keys.issue(alice)
    with django_assert_num_queries(1):
        assert found(text).user == alice
