from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts import keys
from accounts.models import CREDIT, ApiKey, User

pytestmark = pytest.mark.django_db


def run(*words: str) -> str:
    out = StringIO()
    call_command("apikey", *words, stdout=out)
    return out.getvalue()


def test_it_works(settings):
    settings.SIGNUP_CREDITS = 7
    text = run("create", "New@Example.org", "--name", "shop", "--scopes", "read", "--expires", "30").strip()
    key = keys.find(text)
    assert key is not None and key.expires is not None
    assert key.user.email == "new@example.org"
    assert key.user.balance == 7 * CREDIT
    assert not key.user.has_usable_password()
    assert (key.name, key.scopes) == ("shop", ["read"])
    assert timedelta(days=29) < key.expires - timezone.now() <= timedelta(days=30)


def test_an_account_that_is_there_is_kept():
    user = User.objects.create_user("alice@example.org", "secret words")
    run("create", "alice@example.org")
    user.refresh_from_db()
    assert (User.objects.count(), user.balance) == (1, 0)


def test_a_key_is_printed_once():
    text = run("create", "alice@example.org").strip()
    listed = run("list", "alice@example.org")
    assert text[:16] in listed
    assert text not in listed


def test_a_revoked_key_ends():
    text = run("create", "alice@example.org", "--test").strip()
    run("revoke", text[:13])
    assert keys.find(text) is None
    assert "ended" in run("list")


@pytest.mark.parametrize(
    "words",
    [
        ["create", "nobody"],
        ["create", "a@example.org", "--scopes", "all"],
        ["create", "a@example.org", "--expires", "soon"],
        ["create", "a@example.org", "--expires", "2001-01-01"],
        ["create", "a@example.org", "--expires", "9" * 12],
        ["revoke", "unknown1"],
        ["dance"],
    ],
)
def test_nonsense_is_refused(words):
    with pytest.raises(CommandError):
        run(*words)
    assert not ApiKey.objects.exists()
