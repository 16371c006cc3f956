"""Whose key, at which address, for how long: all a provider needs to be told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

# (address, most bytes) -> bytes. For result files that lie on another host than the API: must refuse private
# addresses and must raise ProviderError on failure.
Download = Callable[[str, int], bytes]

# Which account opens a remote model, and what people call its owner.
PROVIDER_OF = {"bria-api": "bria", "bria-api-v1": "bria", "removebg-api": "removebg"}
NAMES = {"bria": "Bria", "removebg": "remove.bg"}

DEFAULT_TIMEOUT = 60.0  # seconds for one picture, with all retries and polls


@dataclass(frozen=True, slots=True)
class RemoteAccount:
    """Access to one provider. The key is in no repr; a key that cannot stand in a header is refused."""

    base_url: str
    key: str = field(repr=False)
    timeout: float = DEFAULT_TIMEOUT
    cost: float = 0.0  # US dollars for one picture
    paid_by: Literal["operator", "user"] = "operator"
    download: Download | None = field(default=None, repr=False)
    sync: bool = False  # Bria v2: wait for the result in one request instead of polling
    size: Literal["auto", "full"] = "auto"  # remove.bg: "auto" takes what the credits allow

    def __post_init__(self) -> None:
        if not is_key(self.key):
            raise ValueError("A provider's key has 1 to 512 printable ASCII characters without spaces.")
        parts = urlsplit(self.base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.username:
            raise ValueError("A provider's address looks like https://api.example.org.")


def is_key(text: str) -> bool:
    """Whether this can be a key: it goes into a header as it is."""
    return 0 < len(text) <= 512 and all("!" <= char <= "~" for char in text)


def origin(url: str) -> tuple[str, str, int]:
    """(scheme, host, port): where a key may go is decided by this."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:  # above 65535
        port = -1
    return parts.scheme, parts.hostname or "", port or {"https": 443, "http": 80}.get(parts.scheme, 0)
