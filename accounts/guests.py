"""Visitors who try it without an account.

A guest is a row of `User` that cannot sign in and that one browser session points at. `request.user` stays
anonymous, so everything that wants an account still asks for one. On sign-up the same row becomes the account, so
photos, results and their files need not move; otherwise it is removed with all it has (processing.owners).
"""

from __future__ import annotations

import uuid

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest

from accounts import quotas
from accounts.models import CREDIT, User

SESSION_KEY = "guest"
HOUR = 3600  # seconds


class TooManyGuests(Exception):
    """This address made its share of guests in the last hour, or guests are not taken at all."""

    code = "guest_limit"

    def __init__(self) -> None:
        super().__init__(self.code)
        self.facts = {"limit": settings.GUESTS_PER_HOUR if settings.GUEST_CREDITS else 0}


def current(request: HttpRequest) -> User | None:
    """The guest this session points at, as long as the row is there."""
    key = request.session.get(SESSION_KEY)
    return User.objects.filter(pk=key, is_guest=True, is_active=True).first() if key else None


def owner(request: HttpRequest) -> User | AnonymousUser:
    """Whose photos this request may see: the account's, else the guest's, else nobody's."""
    if request.user.is_authenticated:
        return request.user
    return current(request) or AnonymousUser()


def admit(request: HttpRequest) -> User:
    """Makes a guest for this session; raises TooManyGuests."""
    _count(get_adapter(request).get_client_ip(request))
    guest = User(email=f"{uuid.uuid4().hex}@guest.invalid", is_guest=True)
    guest.set_unusable_password()
    guest.save()
    quotas.grant(guest, settings.GUEST_CREDITS * CREDIT, key=f"guest:{guest.pk}", reason="Visitor")
    request.session[SESSION_KEY] = guest.pk
    return guest


def dismiss(request: HttpRequest, guest: User) -> None:
    """Removes a guest who has nothing, as when the first upload was refused."""
    guest.delete()
    request.session.pop(SESSION_KEY, None)


def overdue() -> QuerySet[User]:
    """Guests whose time is over: it counts anew from the latest photo."""
    since = Now() - settings.KEEP_GUESTS
    return User.objects.filter(is_guest=True, date_joined__lt=since).exclude(jobs__created__gte=since)


def _count(address: str) -> None:
    """At most so many new guests from one address in an hour (a fixed hour that starts with the first)."""
    key = f"guests:{address}"
    cache.add(key, 0, HOUR)
    if not settings.GUEST_CREDITS or cache.incr(key) > settings.GUESTS_PER_HOUR:
        raise TooManyGuests
