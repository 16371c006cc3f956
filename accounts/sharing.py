"""Keys that many machines use: one that was passed around, or stolen, is shown to the operators.

It is one key's limit and one purse, whoever uses it; this finds it. Kept is when a key was last used from an address,
for a day, and of the address a keyed digest alone.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.models import ApiKey, KeyAddress
from accounts.seldom import Seldom

log = logging.getLogger(__name__)

WITHIN = timedelta(hours=1)
SHOWN = timedelta(days=1)  # as long is a key among the shared ones after it was found
NOTED_EVERY = 600  # seconds; a process writes an address of a key no more often
_noted = Seldom(NOTED_EVERY)


def note(key: ApiKey, address: str) -> None:
    """Notes from where the key is used, and flags it where that is from `KEY_ADDRESSES` places within an hour."""
    if not settings.KEY_ADDRESSES or key.many_allowed or _was_found(key):
        return
    mark = salted_hmac("accounts.sharing", address).hexdigest()[:32]
    if not _noted.is_due((key.prefix, mark)):
        return
    KeyAddress.objects.update_or_create(key=key, address=mark, defaults={"seen": Now()})
    here = KeyAddress.objects.filter(key=key, seen__gte=Now() - WITHIN).count()
    if here >= settings.KEY_ADDRESSES:
        ApiKey.objects.filter(pk=key.pk).update(shared=Now())
        log.warning("Key %s is used from %d addresses within an hour", key.pk, here)


def shared() -> QuerySet[ApiKey]:
    """Keys that were found lately and still work."""
    lately = ApiKey.objects.filter(shared__gte=timezone.now() - SHOWN)
    return lately.filter(revoked=None, suspended=None, many_allowed=False)


def allow(key: ApiKey, many: bool) -> None:
    """Whether it is right that many machines use the key, as a fleet of servers does."""
    ApiKey.objects.filter(pk=key.pk).update(many_allowed=many, shared=None)
    KeyAddress.objects.filter(key=key).delete()


def forget_old() -> int:
    return KeyAddress.objects.filter(seen__lt=timezone.now() - SHOWN).delete()[0]


def _was_found(key: ApiKey) -> bool:
    """So that one which is used from everywhere is not written about with each request."""
    return key.shared is not None and key.shared > timezone.now() - WITHIN
