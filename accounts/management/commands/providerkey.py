"""manage.py providerkey set|remove EMAIL PROVIDER, and rotate: users' own keys for remote models."""

from __future__ import annotations

import getpass
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import provider_keys
from accounts.models import ProviderKey, User
from processing.registry.remote.account import is_key
from webhooks import endpoints


class Command(BaseCommand):
    help = "Keeps a user's own key for a provider. The key is read from standard input, never from arguments."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        for name, words in (("set", "keep a key"), ("remove", "forget a key")):
            action = actions.add_parser(name, help=words)
            action.add_argument("email")
            action.add_argument("provider", choices=ProviderKey.Provider.values)
        actions.add_parser("rotate", help="encrypt all keys and secrets again under the present SECRET_KEY")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["action"] == "rotate":
            self._rotate()
            return
        user, provider = _user(options["email"]), options["provider"]
        if options["action"] == "set":
            kept = provider_keys.keep(user, provider, _key())
            self.stdout.write(f"Kept for {user}: {kept}.")
        elif provider_keys.remove(user, provider):
            self.stdout.write(f"Removed from {user}.")
        else:
            raise CommandError(f"{user} has no key for {provider}.", returncode=1)

    def _rotate(self) -> None:
        counts = provider_keys.rotate(), endpoints.reseal()
        done, lost = (sum(each) for each in zip(*counts, strict=True))
        self.stdout.write(f"{done} keys are encrypted under the present SECRET_KEY.")
        if lost:
            raise CommandError(
                f"{lost} keys cannot be opened: their SECRET_KEY is not known here.", returncode=1
            )


def _user(email: str) -> User:
    user = User.objects.filter(email=email.lower()).first()
    if user is None:
        raise CommandError(f"There is no user {email}.", returncode=1)
    return user


def _key() -> str:
    """One line of standard input; asked for without echo at a terminal."""
    key = (getpass.getpass("Key: ") if sys.stdin.isatty() else sys.stdin.readline()).strip()
    if not is_key(key):
        raise CommandError("A key has 1 to 512 printable ASCII characters without spaces.", returncode=1)
    return key
