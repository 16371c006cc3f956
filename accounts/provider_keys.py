"""Users' own keys for providers of remote models: kept encrypted, opened by the worker alone, never shown.

The encryption key is derived from SECRET_KEY (accounts.encryption).
"""

from __future__ import annotations

from accounts.encryption import Seal, Unreadable
from accounts.models import ProviderKey, User

_seal = Seal(b"bgsite: keys of providers")


class ProviderKeyUnreadable(Exception):
    """It was encrypted under a secret that is no longer known; the user has to enter it again."""

    code = "provider_key_unreadable"

    def __init__(self, provider: str) -> None:
        super().__init__(self.code)
        self.facts = {"provider": provider}


def keep(user: User, provider: str, key: str) -> ProviderKey:
    """Stores the user's key for a provider, in place of an earlier one."""
    encrypted = _seal.close(key)
    kept, _ = ProviderKey.objects.update_or_create(
        user=user, provider=provider, defaults={"encrypted": encrypted, "last_four": _last_four(key)}
    )
    return kept


def remove(user: User, provider: str) -> bool:
    """Forgets the user's key; False when there was none."""
    return ProviderKey.objects.filter(user=user, provider=provider).delete()[0] > 0


def has(user: User, provider: str) -> bool:
    return ProviderKey.objects.filter(user=user, provider=provider).exists()


def opened(user: User, provider: str) -> str:
    """The user's own key, "" when there is none; ProviderKeyUnreadable when no secret opens it."""
    kept = ProviderKey.objects.filter(user=user, provider=provider).first()
    if kept is None:
        return ""
    try:
        return _seal.open(kept.encrypted)
    except Unreadable:
        raise ProviderKeyUnreadable(kept.get_provider_display()) from None


def rotate() -> tuple[int, int]:
    """Encrypts every key again under the present SECRET_KEY; returns how many were, and how many nobody opens."""
    done = lost = 0
    for kept in ProviderKey.objects.all():
        try:
            fresh = _seal.renew(kept.encrypted)
        except Unreadable:
            lost += 1
            continue
        # Only if it is still the one that was read: the user may have entered another meanwhile.
        done += ProviderKey.objects.filter(pk=kept.pk, encrypted=kept.encrypted).update(encrypted=fresh)
    return done, lost


def _last_four(key: str) -> str:
    return key[-4:] if len(key) >= 12 else ""  # of a short one, four characters would tell too much
