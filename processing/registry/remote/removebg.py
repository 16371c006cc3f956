"""remove.bg's API, version 1.0, and the many servers that speak like it."""

from __future__ import annotations

from .account import NAMES
from .answer import Answer
from .errors import STATUSES, ProviderError
from .http import Client
from .picture import Picture

NAME = NAMES["removebg"]
HEADER = "X-Api-Key"
BASE_URL = "https://api.remove.bg"
PATH = "/v1.0/removebg"

REASONS = {
    "failed_to_read_image": "it could not be read",
    "invalid_dimensions": "its size could not be read",
    "invalid_file_type": "its format is not supported",
    "file_too_large": "it is too large",
    "resolution_too_high": "it has too many pixels",
}
# Codes that mean the same whatever the status; the rest is told by the status alone.
CODES: dict[str, tuple[str, str]] = {
    "unknown_foreground": ("unknown_foreground", ""),
    "auth_failed": ("provider_auth_failed", "the key is not valid"),
    "insufficient_credits": ("provider_out_of_credits", "out of credits"),
    "rate_limit_exceeded": ("provider_rate_limited", "too many requests"),
    **{code: ("provider_rejected_image", reason) for code, reason in REASONS.items()},
}
REMOVEBG_STATUSES = {**STATUSES, 400: ("provider_bad_answer", "it did not understand the request")}


def cut(client: Client, picture: Picture) -> bytes:
    """The matte's file: a grey PNG, which is a fraction of the cutout's bytes (at most 10 MP, by the API)."""
    answer = client.post(
        PATH,
        most=picture.most_answer,
        files={"image_file": (picture.name, picture.data, picture.media_type)},
        data={"size": client.account.size, "format": "png", "channels": "alpha", "type_level": "none"},
    )
    if answer.status >= 400 and (error := _documented(answer)):
        raise error
    return client.expect(answer, 200).body


def _documented(answer: Answer) -> ProviderError | None:
    """The error that the answer's own code names, with Retry-After left to the status."""
    errors = answer.json().get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    if not isinstance(first, dict) or answer.status == 429:
        return None
    code = str(first.get("code") or "")
    if not code and "identify foreground" in str(first.get("title")):  # older servers give no codes
        code = "unknown_foreground"
    found = CODES.get(code)
    return ProviderError(found[0], NAME, found[1]) if found else None
