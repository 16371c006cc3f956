"""API keys: made, shown once, stored as a digest, found, rotated, revoked.

A key is `bg_live_<8>_<43>` or, for tests, `test_<8>_<43>`: the eight characters are its public name, the 43 carry
256 bits of chance. So much chance needs no slow hash.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import string
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import ApiKey, User
from accounts.seldom import Seldom

SCOPES = ("read", "write", "admin")
USUAL_SCOPES = ("read", "write")
NAME_LENGTH, SECRET_LENGTH = 8, 43
NOTED_EVERY = timedelta(minutes=1)

_ALPHABET = string.digits + string.ascii_letters
_SHAPE = re.compile(r"(?:bg_live|test)_([0-9A-Za-z]{8})_[0-9A-Za-z]{43}", re.ASCII)
_used = Seldom(NOTED_EVERY.total_seconds())
_NOBODY = "0" * 64  # compared with when there is no such key, so that both ways take the same time


def issue(
    user: User,
    name: str = "",
    scopes: Iterable[str] = USUAL_SCOPES,
    expires: datetime | None = None,
    is_test: bool = False,
    per_minute: int | None = None,
) -> tuple[ApiKey, str]:
    """(the row, the key itself, which is nowhere else and never shown again). ValueError: unknown scope."""
    wanted = set(scopes)
    if not wanted or wanted - set(SCOPES):
        raise ValueError(f"Scopes are {', '.join(SCOPES)}.")
    public, text = _made(is_test)
    row = ApiKey.objects.create(
        user=user,
        name=name[:80],
        prefix=public,
        digest=digest(text),
        scopes=[scope for scope in SCOPES if scope in wanted],
        expires=expires,
        is_test=is_test,
        per_minute=per_minute,
    )
    return row, text


@transaction.atomic
def rotate(key: ApiKey, overlap: timedelta = timedelta(0)) -> tuple[ApiKey, str]:
    """A new key with the same rights; the old one works until the overlap is over."""
    fresh, text = issue(key.user, key.name, key.scopes, key.expires, key.is_test, key.per_minute)
    end = timezone.now() + overlap
    ApiKey.objects.filter(pk=fresh.pk).update(suspended=key.suspended, many_allowed=key.many_allowed)
    ApiKey.objects.filter(pk=key.pk).filter(Q(expires__isnull=True) | Q(expires__gt=end)).update(expires=end)
    return fresh, text


def revoke(key: ApiKey) -> None:
    """Ends the key now and for good."""
    ApiKey.objects.filter(pk=key.pk, revoked__isnull=True).update(revoked=Now())


def suspend(key: ApiKey) -> None:
    """Refuses the key from now on, until it is let in again. Its owner cannot do that."""
    ApiKey.objects.filter(pk=key.pk).update(suspended=Now())


def let_in(key: ApiKey) -> None:
    ApiKey.objects.filter(pk=key.pk).update(suspended=None)


def prefix_of(text: str) -> str:
    """The public name of the key with this text; "" of what is none."""
    shape = _SHAPE.fullmatch(text)
    return shape[1] if shape else ""


def find(text: str) -> ApiKey | None:
    """The usable key with this text, with its user. One query; every refusal takes the same way."""
    prefix = prefix_of(text)
    if not prefix:
        return None
    row = ApiKey.objects.select_related("user").filter(prefix=prefix).first()
    same = hmac.compare_digest(row.digest if row else _NOBODY, digest(text))
    return row if row and same and row.is_usable else None


def note_use(key: ApiKey) -> None:
    """Writes when the key was last used, once a minute at most."""
    now = timezone.now()
    if key.last_used is None or key.last_used < now - NOTED_EVERY:
        ApiKey.objects.filter(pk=key.pk).update(last_used=now)


def note_use_again(key: ApiKey) -> None:
    """The same for a key that was read a while ago: this process asks the database once a minute."""
    if _used.is_due(key.pk):
        before = timezone.now() - NOTED_EVERY
        unnoted = ApiKey.objects.filter(Q(last_used=None) | Q(last_used__lt=before), pk=key.pk)
        unnoted.update(last_used=Now())


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _made(is_test: bool) -> tuple[str, str]:
    public, secret = _random(NAME_LENGTH), _random(SECRET_LENGTH)
    return public, f"{'test' if is_test else 'bg_live'}_{public}_{secret}"


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
