"""Secrets that have to be opened again: encrypted under a key that is derived from SECRET_KEY for one purpose.

To change SECRET_KEY, put the old one into SECRET_KEY_FALLBACKS, run `manage.py providerkey rotate`, and then drop
the old one.
"""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

Unreadable = InvalidToken  # no secret that is known opens it


class Seal:
    """Another purpose gives another key from the same secret."""

    def __init__(self, purpose: bytes) -> None:
        self.purpose = purpose

    def close(self, text: str) -> str:
        return self._cipher().encrypt(text.encode()).decode("ascii")

    def open(self, sealed: str) -> str:
        """Raises Unreadable."""
        return self._cipher().decrypt(sealed.encode()).decode()

    def renew(self, sealed: str) -> str:
        """The same under the present SECRET_KEY; raises Unreadable."""
        return self._cipher().rotate(sealed.encode()).decode("ascii")

    def _cipher(self) -> MultiFernet:
        return MultiFernet(
            [
                Fernet(self._derived(secret))
                for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
            ]
        )

    def _derived(self, secret: str) -> bytes:
        derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=self.purpose)
        return base64.urlsafe_b64encode(derivation.derive(secret.encode()))


def which(secret: str) -> str:
    """A name for this SECRET_KEY, from which nobody gets it back."""
    return hashlib.sha256(b"bgsite: which SECRET_KEY\n" + secret.encode()).hexdigest()[:16]
