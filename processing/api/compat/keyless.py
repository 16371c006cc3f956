"""Requests without a key, for the formats whose originals know none: rembg's and the classic one.

KEYLESS_API says who they are: `visitors` (counted by address, as people who try the pages without an account),
`off` (a key is needed), or an account's e-mail address, for a network in which everybody may use that account.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.authentication import HasScope, KeyAuthentication
from accounts.models import ApiKey, User

VISITORS, OFF = "visitors", "off"


class KeyOrNone(KeyAuthentication):
    """A key, else the account for requests without one. A page of another site, which the browser names in Origin,
    does not get that account: whoever merely opens a page must not lend it to that page."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey | None] | None:
        found = super().authenticate(request)
        if found or settings.KEYLESS_API in {VISITORS, OFF} or "Origin" in request.headers:
            return found
        account = User.objects.filter(email=settings.KEYLESS_API.lower(), is_active=True).first()
        return (account, None) if account else None


class MayCome(BasePermission):
    """Who has a key (or the account for those without), and visitors where the site takes them at all."""

    def has_permission(self, request: Request, view: object) -> bool:
        if isinstance(request.user, User):
            return HasScope().has_permission(request, view)
        return settings.KEYLESS_API == VISITORS and settings.GUEST_CREDITS > 0


def owner_of(request: Request) -> User:
    """The user; for a visitor a guest of this one request, who goes with all that is his after an hour."""
    if isinstance(request.user, User):
        return request.user
    guest = User(email=f"{uuid.uuid4().hex}@guest.invalid", is_guest=True)
    guest.set_unusable_password()
    guest.save()
    return guest
