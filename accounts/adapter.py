"""What allauth asks us about accounts."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from accounts import guests
from accounts.models import User


class Adapter(DefaultAccountAdapter):
    def new_user(self, request: HttpRequest) -> User:
        """A guest who signs up keeps the row, and with it photos and results."""
        guest = guests.current(request)
        if guest is None:
            return User()
        guest.is_guest = False
        request.session.pop(guests.SESSION_KEY, None)
        return guest
