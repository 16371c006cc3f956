"""Signatures of what is sent: Standard Webhooks, and Bria's for requests in that format.

Both: HMAC-SHA256 over `id.timestamp.body`. standardwebhooks.com has the former with its test vectors.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence

PREFIX = "whsec_"
SECRET_BYTES = 32
BRIA_PURPOSE = b"bria-webhook-signing-v1"


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def standard(secrets_: Sequence[str], message: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers; one signature for each secret, so that a receiver may know either."""
    signed = [
        _signed(base64.b64decode(each.removeprefix(PREFIX)), message, timestamp, body) for each in secrets_
    ]
    return {
        "webhook-id": message,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signed),
    }


def bria(key: str, message: str, timestamp: int, body: bytes) -> dict[str, str]:
    """`key` as of `bria_key`."""
    return {
        "Bria-Webhook-Id": message,
        "Bria-Webhook-Timestamp": str(timestamp),
        "Bria-Webhook-Signature": f"v1={_signed(bytes.fromhex(key), message, timestamp, body)}",
    }


def bria_key(api_token: str) -> str:
    """What Bria's format signs with, in hexadecimal: made of the token, which is not kept."""
    return hmac.new(api_token.encode(), BRIA_PURPOSE, hashlib.sha256).hexdigest()


def _signed(key: bytes, message: str, timestamp: int, body: bytes) -> str:
    content = f"{message}.{timestamp}.".encode() + body
    return base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
