"""What a new account gets."""

import hmac
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.signals import user_signed_up
from django.conf import settings
from django.dispatch import receiver
from django.http import HttpRequest

from accounts import quotas
from accounts.models import CREDIT, User


@receiver(user_signed_up)
def welcome(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    give_welcome(user)
    record_authentication(
        request, user, method="password"
    )  # chosen just now: it is not asked for at once again


def give_welcome(user: User) -> None:
    """Once for each mailbox: the key of the ledger makes the second time nothing."""
    digest = hmac.new(settings.SECRET_KEY.encode(), mailbox(user.email).encode(), "sha256").hexdigest()[:32]
    quotas.grant(user, settings.SIGNUP_CREDITS * CREDIT, key=f"welcome:{digest}", reason="Welcome")


def mailbox(email: str) -> str:
    """Where mail to this address arrives: alice+shop@ and alice@ are one, and dots mean nothing to Google."""
    name, _, domain = email.lower().rpartition("@")
    name = name.partition("+")[0] or name
    if domain in {"gmail.com", "googlemail.com"}:
        name, domain = name.replace(".", ""), "gmail.com"
    return f"{name}@{domain}"
