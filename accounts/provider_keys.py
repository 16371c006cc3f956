"""Users' own keys for providers of remote models: kept encrypted, opened by the worker alone, never shown.

The encryption key is derived from SECRET_KEY. To change that, put the old one into SECRET_KEY_FALLBACKS, run
`manage.py providerkey rotate`, and then drop the old one.
"""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from accounts.models import ProviderKey, User

PURPOSE = b"bgsite: keys of providers"  # another purpose gives another key from the same secret


class ProviderKeyUnreadable(Exception):
    """It was encrypted under a secret that is no longer known; the user has to enter it again."""

    code = "provider_key_unreadable"

    def __init__(self, provider: str) -> None:
        super().__init__(self.code)
        self.facts = {"provider": provider}


def keep(user: User, provider: str, key: str) -> ProviderKey:
    """Stores the user's key for a provider, in place of an earlier one."""
    encrypted = _cipher().encrypt(key.encode()).decode("ascii")
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
        return _cipher().decrypt(kept.encrypted.encode()).decode()
    except InvalidToken:
        raise ProviderKeyUnreadable(kept.get_provider_display()) from None


def rotate() -> tuple[int, int]:
    """Encrypts every key again under the present SECRET_KEY; returns how many were, and how many nobody opens."""
    done = lost = 0
    for kept in ProviderKey.objects.all():
        try:
            fresh = _cipher().rotate(kept.encrypted.encode()).decode("ascii")
        except InvalidToken:
            lost += 1
            continue
        # Only if it is still the one that was read: the user may have entered another meanwhile.
        done += ProviderKey.objects.filter(pk=kept.pk, encrypted=kept.encrypted).update(encrypted=fresh)
    return done, lost


def _last_four(key: str) -> str:
    return key[-4:] if len(key) >= 12 else ""  # of a short one, four characters would tell too much


def _cipher() -> MultiFernet:
    return MultiFernet(
        [Fernet(_derived(secret)) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    )


def _derived(secret: str) -> bytes:
    derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE)
    return base64.urlsafe_b64encode(derivation.derive(secret.encode()))
