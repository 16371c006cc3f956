"""remove.bg's errors: our codes in its words, and its own for what only its parameters can be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings

from processing.errors import Refused


@dataclass(frozen=True, slots=True)
class Told:
    """Texts are formats of the facts. `code` "" stays ours."""

    status: int
    code: str
    title: str
    detail: str = ""


class WrongParameter(Exception):
    """A parameter that cannot be understood. `code` is remove.bg's; `detail` says what it can be."""

    def __init__(self, code: str, title: str = "", detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.title = title or f"Invalid value for parameter '{code.removeprefix('invalid_')}'"


class BackgroundRefused(Refused):
    """As for the photo, but of the background: a code of remove.bg that our catalogue has not."""

    @property
    def status(self) -> int:
        return 400


SOURCE = "Please provide the source image in the image_url, image_file or image_file_b64 parameter."
UNKNOWN = (
    "Could not identify foreground in image. For details and recommendations see "
    "https://www.remove.bg/supported-images."
)
TABLE: dict[str, Told] = {
    "missing_source": Told(400, "missing_source", "No image given", SOURCE),
    "multiple_sources": Told(
        400, "multiple_sources", "Multiple image sources given: Please provide only one."
    ),
    "invalid_image_url": Told(400, "invalid_image_url", "Invalid image_url: Please provide a valid URL."),
    "failed_image_download": Told(
        400, "failed_image_download", "Failed to download image from given image_url{http}"
    ),
    "invalid_bg_image_url": Told(
        400, "invalid_bg_image_url", "Invalid bg_image_url: Please provide a valid URL."
    ),
    "failed_bg_download": Told(
        400, "failed_bg_download", "Failed to download image from given bg_image_url{http}"
    ),
    "empty_file": Told(400, "failed_to_read_image", "There was an error reading the image."),
    "unreadable_image": Told(400, "failed_to_read_image", "There was an error reading the image."),
    "invalid_base64": Told(400, "failed_to_read_image", "There was an error reading the image."),
    "image_too_small": Told(400, "invalid_dimensions", "Failed to read image dimensions", "{sentence}"),
    "unsupported_format": Told(
        400, "invalid_file_type", "Invalid file type", "Expected jpg/png/webp, received {looks_like}"
    ),
    "file_too_large": Told(400, "file_too_large", "File too large", "File exceeds limit of {most_mb}MB"),
    "request_too_large": Told(400, "file_too_large", "File too large", "File exceeds limit of {most_mb}MB"),
    "resolution_too_high": Told(
        400,
        "resolution_too_high",
        "Input image has {megapixels:.0f} megapixels, "
        "maximum supported input resolution is {max_megapixels:.0f} megapixels",
    ),
    "side_too_long": Told(400, "resolution_too_high", "{sentence}"),
    "unknown_foreground": Told(400, "unknown_foreground", UNKNOWN),
    "insufficient_credits": Told(402, "insufficient_credits", "Insufficient credits", "{sentence}"),
    "missing_key": Told(403, "auth_failed", "Missing API Key"),
    "invalid_key": Told(403, "auth_failed", "API Key invalid"),
    "two_credentials": Told(403, "auth_failed", "API Key invalid", "{sentence}"),
    "insufficient_scope": Told(403, "auth_failed", "API Key invalid", "{sentence}"),
    "rate_limited": Told(429, "rate_limit_exceeded", "Rate limit exceeded", "{sentence}"),
    "too_many_unfinished": Told(429, "rate_limit_exceeded", "Rate limit exceeded", "{sentence}"),
    "too_many_downloads": Told(429, "rate_limit_exceeded", "Rate limit exceeded", "{sentence}"),
    # Its clients obey Retry-After with this status alone.
    "queue_full": Told(429, "rate_limit_exceeded", "Rate limit exceeded", "{sentence}"),
    "unsupported_media_type": Told(400, "missing_source", "No image given", SOURCE),
}


def body(refusal: Refused) -> tuple[int, dict[str, Any]]:
    """The status and the JSON of an answer."""
    told = TABLE.get(refusal.code, Told(refusal.status, refusal.code, "{title}", "{sentence}"))
    facts = _facts(refusal)
    error = {"title": told.title.format(**facts), "code": told.code}
    if told.detail:
        error["detail"] = told.detail.format(**facts)
    return told.status, {"errors": [error]}


def _facts(refusal: Refused) -> dict[str, Any]:
    http = refusal.facts.get("http_status")
    usual = {"looks_like": "something else", "megapixels": 0.0, "max_megapixels": 0.0}
    return {
        **usual,
        **refusal.facts,
        "title": refusal.title,
        "sentence": str(refusal),
        "http": f": HTTP Status {http}" if http else "",
        "most_mb": settings.IMAGE_LIMITS.max_bytes // 1_000_000,
    }
