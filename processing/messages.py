"""Every refusal and failure there is: a stable code, its HTTP status, and the words people read.

One catalogue for pages, API and command line. A sentence says what happened and what to do; the facts in braces
come with the error. `kept` tells whether trying the same again can help.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Message:
    status: int
    title: str
    text: str
    retryable: bool = False


CATALOGUE: dict[str, Message] = {
    # The upload
    "missing_source": Message(400, "No photo", "No photo came with the request. Choose a file, paste one or give its address."),
    "empty_file": Message(400, "Empty file", "The file is empty. Choose it again."),
    "file_too_large": Message(413, "File too large", "The file has {megabytes:.1f} MB; at most {limit:g} MB are taken."),
    "unsupported_format": Message(
        415, "Not a photo we can read", "This file is not an image we can read (it looks like {looks_like}). Use JPEG, PNG, WebP, AVIF, HEIC, TIFF, BMP or GIF."
    ),
    "unreadable_image": Message(
        422, "Damaged image", "The file is damaged or cut off, so the picture cannot be read. Send the original file again."
    ),
    "image_too_small": Message(422, "Image too small", "The picture has {width} × {height} pixels; each side needs at least {limit}."),
    "resolution_too_high": Message(413, "Too many pixels", "The picture has {megapixels:.1f} megapixels; at most {limit:g} are taken. Scale it down first."),
    "side_too_long": Message(413, "Side too long", "The picture has {width} × {height} pixels; a side may have at most {limit}."),
    "too_many_files": Message(400, "Too many files", "At most {limit} files can come in one upload."),
    # The address of a photo
    "invalid_image_url": Message(400, "Not a usable address", "This address cannot be used. Give a public http or https address of a picture."),
    "failed_image_download": Message(400, "Download failed", "The picture could not be loaded from this address. Check that it is public, or upload the file."),
    # What is asked for
    "invalid_recipe": Message(400, "Setting not understood", "The setting “{field}” cannot be “{value}”; it can be {expected}."),
    "unknown_model": Message(400, "Unknown model", "There is no model named “{name}”."),
    "insufficient_credits": Message(402, "Out of credits", "This needs {needed:g} credit, and the account has {balance:g}. Nothing was charged."),
    "guest_limit": Message(429, "Sign up to go on", "No more photos are taken from your address without an account for now. Sign up, or come back in an hour."),
    "not_cancellable": Message(409, "Already started", "This photo is being worked on or is finished; it can no longer be cancelled."),
    "not_ready": Message(409, "Not finished yet", "This photo is still being worked on."),
    "not_retryable": Message(409, "Nothing to try again", "Only a failed or cancelled photo can be tried again."),
    "not_found": Message(404, "Not here", "There is nothing at this address, or it belongs to somebody else."),
    # The work
    "unknown_foreground": Message(
        422, "No subject found", "No clear subject was found in this picture. Nothing was charged. A photo with one clear subject works best."
    ),
    "weights_missing": Message(503, "Model not installed", "The weights of this model are not installed. Ask the operator, or choose another model.", True),
    "weights_corrupt": Message(503, "Model damaged", "The weights of this model failed their check. Ask the operator, or choose another model.", True),
    "weights_download_failed": Message(503, "Download of a model failed", "The weights of {name} could not be loaded: {reason}.", True),
    "model_failed": Message(500, "Model failed", "The model failed on this picture. Nothing was charged.", True),
    "storage_error": Message(507, "Storage failed", "The file could not be stored. Nothing was charged. Try again in a while.", True),
    "worker_crashed": Message(500, "Could not be finished", "The work on this picture was cut off {attempts} times. Nothing was charged.", True),
    "internal_error": Message(500, "Something failed here", "Something failed on our side. Nothing was charged, and the operator can see it.", True),
}  # fmt: skip


def message(code: str) -> Message:
    return CATALOGUE.get(code, CATALOGUE["internal_error"])


def sentence(code: str, facts: Mapping[str, Any]) -> str:
    """The words for a code; a fact that is missing leaves a dash rather than an error page."""
    return message(code).text.format_map(_Facts(facts))


class _Missing:
    def __format__(self, spec: str) -> str:
        return "–"


class _Facts(dict[str, Any]):
    def __missing__(self, key: str) -> _Missing:
        return _Missing()
