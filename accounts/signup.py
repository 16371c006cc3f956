"""What a new account gets."""

from typing import Any

from allauth.account.signals import user_signed_up
from django.conf import settings
from django.dispatch import receiver

from accounts import quotas
from accounts.models import CREDIT, User


@receiver(user_signed_up)
def welcome(sender: Any, user: User, **kwargs: Any) -> None:
    give_welcome(user)


def give_welcome(user: User) -> None:
    quotas.grant(user, settings.SIGNUP_CREDITS * CREDIT, key=f"welcome:{user.pk}", reason="Welcome")
