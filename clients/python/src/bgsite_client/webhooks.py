"""Whether a webhook is from the server: Standard Webhooks, HMAC-SHA256 of `id.timestamp.body`."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping


def is_genuine(secret: str, headers: Mapping[str, str], body: bytes, tolerance: float = 300.0) -> bool:
    """`headers` in any case, `body` exactly as it came. False for an old message, too (`tolerance` seconds)."""
    found = {name.lower(): value for name, value in headers.items()}
    message, timestamp = found.get("webhook-id", ""), found.get("webhook-timestamp", "")
    if not timestamp.isascii() or not timestamp.isdigit() or abs(time.time() - int(timestamp)) > tolerance:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{message}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    wanted = b"v1," + base64.b64encode(digest)
    given = found.get("webhook-signature", "").encode("utf-8", "replace").split(b" ")
    return any(hmac.compare_digest(wanted, each) for each in given)
