"""Users' keys for providers: encrypted at rest, opened again, moved to a new secret, never in the clear."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from accounts import provider_keys
from accounts.encryption import Seal, Unreadable
from accounts.models import ProviderKey, User

pytestmark = [pytest.mark.django_db, pytest.mark.both]

KEY = "sk-0123456789-abcd"
OLD, NEW = "old secret " * 6, "new secret " * 6


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice@example.org")


@pytest.fixture
def bob() -> User:
    return User.objects.create_user("bob@example.org")


def test_it_works(alice, bob) -> None:
    kept = provider_keys.keep(alice, "bria", KEY)
    assert provider_keys.opened(alice, "bria") == KEY
    assert (kept.last_four, str(kept)) == ("abcd", "Bria …abcd")
    assert provider_keys.has(alice, "bria")
    assert not provider_keys.has(alice, "removebg")
    assert provider_keys.opened(bob, "bria") == ""


def test_nothing_of_it_lies_in_the_database_in_the_clear(alice) -> None:
    provider_keys.keep(alice, "bria", KEY)
    row = ProviderKey.objects.values().get()
    assert not [value for value in row.values() if KEY[:8] in str(value)]
    first = row["encrypted"]
    provider_keys.keep(alice, "bria", KEY)
    assert ProviderKey.objects.get().encrypted != first, "the same key twice does not look the same"


def test_a_second_key_takes_the_place_of_the_first(alice) -> None:
    provider_keys.keep(alice, "bria", KEY)
    provider_keys.keep(alice, "bria", "short")
    assert provider_keys.opened(alice, "bria") == "short"
    assert ProviderKey.objects.get().last_four == ""


def test_a_new_secret_opens_what_the_old_one_closed(alice, settings) -> None:
    settings.SECRET_KEY = OLD
    provider_keys.keep(alice, "bria", KEY)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    assert provider_keys.opened(alice, "bria") == KEY
    assert provider_keys.rotate() == (1, 0)
    settings.SECRET_KEY_FALLBACKS = []
    assert provider_keys.opened(alice, "bria") == KEY


def test_without_the_old_secret_it_is_lost_and_says_so(alice, settings) -> None:
    settings.SECRET_KEY = OLD
    provider_keys.keep(alice, "bria", KEY)
    settings.SECRET_KEY = NEW
    with pytest.raises(provider_keys.ProviderKeyUnreadable) as caught:
        provider_keys.opened(alice, "bria")
    assert (caught.value.code, caught.value.facts) == ("provider_key_unreadable", {"provider": "Bria"})
    assert provider_keys.rotate() == (0, 1)
    with pytest.raises(CommandError, match="1 keys cannot be opened"):
        call_command("providerkey", "rotate")


def command(monkeypatch, text: str, *args: str) -> str:
    out = io.StringIO()
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    call_command("providerkey", *args, stdout=out)
    return out.getvalue()


def test_the_command_reads_the_key_from_standard_input(alice, monkeypatch) -> None:
    said = command(monkeypatch, f"{KEY}\n", "set", "Alice@example.org", "removebg")
    assert provider_keys.opened(alice, "removebg") == KEY
    assert "…abcd" in said
    assert KEY not in said
    assert "Removed" in command(monkeypatch, "", "remove", alice.email, "removebg")
    assert not provider_keys.has(alice, "removebg")


@pytest.mark.parametrize(
    ("text", "args", "says"),
    [
        ("", ("set", "alice@example.org", "bria"), "printable ASCII"),
        ("two words\n", ("set", "alice@example.org", "bria"), "printable ASCII"),
        ("key\n", ("set", "nobody@example.org", "bria"), "no user"),
        ("key\n", ("set", "alice@example.org", "photoroom"), "invalid choice"),
        ("", ("remove", "alice@example.org", "bria"), "has no key"),
    ],
)
def test_the_command_refuses(alice, monkeypatch, text, args, says) -> None:
    with pytest.raises(CommandError, match=says):
        command(monkeypatch, text, *args)
    assert ProviderKey.objects.count() == 0


def test_the_key_goes_with_its_user(alice) -> None:
    provider_keys.keep(alice, "bria", KEY)
    alice.delete()
    assert ProviderKey.objects.count() == 0


def test_a_secret_of_one_purpose_does_not_open_by_the_key_of_another() -> None:
    closed = Seal(b"one").close("words")
    assert Seal(b"one").open(closed) == "words"
    with pytest.raises(Unreadable):
        Seal(b"another").open(closed)
