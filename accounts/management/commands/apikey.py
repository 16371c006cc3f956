"""manage.py apikey create EMAIL | list [EMAIL] | revoke NAME: keys for operators and scripts."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.utils import timezone

from accounts import keys, signup
from accounts.models import ApiKey, User


class Command(BaseCommand):
    help = "Makes, lists and revokes API keys. A new key is printed once and cannot be shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        create = verbs.add_parser("create", help="print a new key; makes the account if there is none")
        create.add_argument("email")
        create.add_argument("--name", default="")
        create.add_argument("--scopes", default=",".join(keys.USUAL_SCOPES), help="of read,write,admin")
        create.add_argument("--expires", default="", help="in so many days, or on a day (2030-01-31)")
        create.add_argument("--test", action="store_true", help="costs nothing, has a daily allowance")
        listing = verbs.add_parser("list", help="show keys, without their secrets")
        listing.add_argument("email", nargs="?")
        revoke = verbs.add_parser("revoke", help="end a key")
        revoke.add_argument("key", help="its eight characters, or the beginning that `list` shows")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"_{options['verb']}")(options)

    def _create(self, options: dict[str, Any]) -> None:
        scopes = [scope.strip() for scope in options["scopes"].split(",")]
        expires = _moment(options["expires"])
        try:
            _, text = keys.issue(
                _account(options["email"]), options["name"], scopes, expires, is_test=options["test"]
            )
        except ValueError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(text)

    def _list(self, options: dict[str, Any]) -> None:
        found = ApiKey.objects.select_related("user")
        if options["email"]:
            found = found.filter(user__email=options["email"].lower())
        for key in found:
            state = "usable" if key.is_usable else "ended"
            used = f"{key.last_used:%Y-%m-%d %H:%M}" if key.last_used else "never used"
            scopes = ",".join(key.scopes)
            self.stdout.write(
                f"{key.shown}  {key.user.email}  {scopes}  {state}  {used}  {key.name}".rstrip()
            )

    def _revoke(self, options: dict[str, Any]) -> None:
        prefix = options["key"].removeprefix("bg_live_").removeprefix("test_")[: keys.NAME_LENGTH]
        key = ApiKey.objects.filter(prefix=prefix).first()
        if key is None:
            raise CommandError(f"There is no key named {prefix!r}.")
        keys.revoke(key)
        self.stdout.write(f"{key.shown} is revoked.")


def _account(email: str) -> User:
    email = email.strip().lower()
    known = User.objects.filter(email=email).first()
    if known:
        return known
    try:
        validate_email(email)
    except ValidationError:
        raise CommandError(f"{email!r} is not an e-mail address.") from None
    user = User.objects.create_user(email)
    signup.give_welcome(user)
    return user


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        if text.isdigit():
            return timezone.now() + timedelta(days=int(text))
        moment = timezone.make_aware(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        raise CommandError(f"--expires is {text!r}; give days (90) or a day (2030-01-31).") from None
    if moment <= timezone.now():
        raise CommandError(f"--expires is {text!r}, which is over.")
    return moment
