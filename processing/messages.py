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
    "file_too_large": Message(413, "File too large", "The file has {bytes_mb:.1f} MB; at most {max_bytes_mb:g} MB are taken. Scale it down, or save it as JPEG or WebP."),
    "unsupported_format": Message(
        415, "Not a photo we can read", "This file is not an image we can read (it looks like {looks_like}). Use JPEG, PNG, WebP, AVIF, HEIC, TIFF, BMP or GIF."
    ),
    "unreadable_image": Message(
        422, "Damaged image", "The file is damaged or cut off, so the picture cannot be read. Send the original file again."
    ),
    "image_too_small": Message(422, "Image too small", "The picture has {width} × {height} pixels; each side needs at least {min_side}. Use a larger one."),
    "resolution_too_high": Message(413, "Too many pixels", "The picture has {megapixels:.1f} megapixels; at most {max_megapixels:g} are taken. Scale it down first."),
    "side_too_long": Message(413, "Side too long", "The picture has {width} × {height} pixels; a side may have at most {max_side}. Scale it down first."),
    "too_many_files": Message(400, "Too many files", "At most {limit} files can come in one upload."),
    # The address of a photo
    "invalid_image_url": Message(400, "Not a usable address", "This address cannot be used. Give a public http or https address of a picture."),
    "failed_image_download": Message(400, "Download failed", "The picture could not be loaded from this address: {why}. Check that it is public, or upload the file."),
    "too_many_downloads": Message(429, "Enough is loading", "At most {limit} addresses are loaded for one account at the same time. Try again in {seconds} seconds.", True),
    # What is asked for
    "invalid_recipe": Message(400, "Setting not understood", "The setting “{field}” cannot be “{value}”; it can be {expected}."),
    "background_missing": Message(410, "Background not here", "The background picture is not kept here, or no longer. Upload it again."),
    "unknown_model": Message(400, "Unknown model", "There is no model named “{name}”. Choose another one from the list of models."),
    "prompt_not_taken": Message(400, "Takes no points", "The model “{model}” cannot be told what to cut out. Choose one that takes points and boxes, such as sam, or leave the prompt out."),
    "needs_account": Message(403, "Needs an account", "This model is for people with an account. Sign up, or choose another model."),
    "insufficient_credits": Message(402, "Out of credits", "This needs {needed:g} credit, and the account has {balance:g}. Nothing was charged. Buy credits, or wait for the next month's."),
    "guest_limit": Message(429, "Sign up to go on", "No more photos are taken from your address without an account for now. Sign up, or come back in an hour."),
    "not_cancellable": Message(409, "Already started", "This photo is being worked on or is finished; it can no longer be cancelled."),
    "not_ready": Message(409, "Not finished yet", "This photo is still being worked on. Ask again in a moment."),
    "not_retryable": Message(409, "Nothing to try again", "Only a failed or cancelled photo can be tried again."),
    "not_found": Message(404, "Not here", "There is nothing at this address, or it belongs to somebody else. Check the address, and which account it belongs to."),
    "no_such_address": Message(404, "No such address", "The API has no address {path}. All addresses are listed at /api/v1/docs; none has a slash at its end."),
    "matte_gone": Message(410, "No longer kept", "What a new version is made from is no longer kept. Send the photo again."),
    "too_many_renditions": Message(409, "Enough versions", "A photo can have at most {limit} versions."),
    # Batches
    "batch_closed": Message(409, "Nothing more is taken", "This batch is closed, so nothing can be added to it. Open another one."),
    "batch_too_large": Message(413, "Batch is full", "A batch takes at most {limit} items with your plan. Open another one for the rest."),
    "batch_conflict": Message(409, "Not possible now", "This batch is {state}, so it cannot be {asked}."),
    "batch_cancelled": Message(409, "Cancelled", "The batch was cancelled before this photo was loaded. Nothing was charged."),
    "interrupted": Message(400, "Did not arrive", "This file did not arrive as a whole. Send it again.", True),
    "nothing_made": Message(409, "No results yet", "No photo of this batch is done, so there is nothing to pack. Ask again when one is."),
    "versions_missing": Message(409, "Not all made", "Of {items} results {made} are there in this recipe. Ask again in {seconds} seconds.", True),
    "invalid_archive": Message(422, "ZIP not readable", "This file is not a ZIP archive that can be read. Pack the photos again, or send them one by one."),
    "archive_too_large": Message(413, "ZIP too large", "The ZIP has, packed or unpacked, more than the {max_bytes_mb:g} MB that are taken. Send it in parts."),
    "too_many_archives": Message(429, "Enough is being unpacked", "Of this account {limit} ZIPs are still being unpacked. Try again in {seconds} seconds.", True),
    "empty_archive": Message(400, "Nothing in it", "There are no files in this ZIP. Pack the photos again."),
    "encrypted_entry": Message(422, "Encrypted", "This file is encrypted in the ZIP. Pack it without a password."),
    "unreadable_entry": Message(422, "Damaged in the ZIP", "This file is damaged in the ZIP, or packed in a way that is not taken. Send it by itself."),
    # The gallery
    "nothing_selected": Message(400, "Nothing selected", "None of your photos was selected. Select some and try again."),
    "too_many_selected": Message(400, "Too many selected", "At most {limit} photos can be selected at once."),
    "unknown_folder": Message(404, "No such folder", "This folder is not there any more. Choose another one."),
    "folder_exists": Message(409, "Name is taken", "You have a folder “{name}” already. Choose another name."),
    "too_many_folders": Message(409, "Enough folders", "At most {limit} folders are kept. Delete one first."),
    "nothing_to_pack": Message(409, "No results yet", "None of the selected photos is done, so there is nothing to pack."),
    # The result page
    "preview_busy": Message(503, "Preview is late", "The server is busy, so the preview is late. Your settings are kept; it is tried again.", True),
    "preview_stale": Message(409, "Overtaken", "A newer preview was asked for.", True),
    "unknown_preset": Message(404, "No such preset", "This preset is not there any more. Choose another one."),
    "half_a_size": Message(400, "One side is missing", "Give both a width and a height, or leave both empty."),
    "preset_exists": Message(409, "Name is taken", "You have a preset “{name}” already. Choose another name."),
    "invalid_name": Message(400, "Name not usable", "A name needs 1 to {most} characters that can be printed."),
    "too_many_presets": Message(409, "Enough presets", "At most {limit} presets are kept. Delete one first."),
    "too_many_shares": Message(409, "Enough links", "A photo can have at most {limit} links that work. Revoke one first."),
    "share_over": Message(410, "This link is over", "The person who shared this picture has ended the link, or its time is over."),
    "too_few_models": Message(400, "Choose two to four", "Choose at least two ways to cut out, and at most {most}."),
    "not_compared": Message(400, "Not offered", "“{name}” cannot be compared here. Choose from the list."),
    # The mask
    "invalid_stroke": Message(400, "Stroke not understood", "Stroke {number} cannot be read: its {field} has to be {expected}."),
    "invalid_prompt": Message(400, "Selection not understood", "What was pointed at cannot be read: its {field} has to be {expected}."),
    "too_many_strokes": Message(400, "Too many strokes", "At most {limit} strokes are taken at once, and {strokes} came. Save more often."),
    "too_many_points": Message(400, "Too many points", "At most {limit} points are taken at once, and the strokes have {points}. Save more often."),
    "edit_too_large": Message(413, "Too much at once", "These strokes are more work than is done at once. Save more often, or use fewer."),
    "invalid_mask": Message(422, "Mask not usable", "The mask or trimap cannot be used: {reason}."),
    "unknown_revision": Message(404, "No such revision", "This photo has no revision {number} of its mask."),
    "version_conflict": Message(409, "Edited elsewhere", "This mask was edited in another window. Nothing was overwritten: load what is there, or save yours on top."),
    # Programs
    "missing_key": Message(401, "No key", "Send an API key in the header X-Api-Key, or as Authorization: Bearer."),
    "invalid_key": Message(401, "Key not accepted", "This API key is unknown, revoked or expired. Check it, or make a new one on the page API keys."),
    "two_credentials": Message(400, "Two users at once", "The request carries credentials of different users. Send one."),
    "insufficient_scope": Message(403, "Scope missing", "This key lacks the scope “{scope}”. Use one that has it."),
    "forbidden": Message(403, "Not allowed", "This may not be done with these credentials."),
    "malformed_request": Message(400, "Request not readable", "The request cannot be read. Check its form fields, boundary and length."),
    "invalid_json": Message(400, "JSON not readable", "The body is not a JSON object that can be read: {reason}."),
    "invalid_base64": Message(400, "Base64 not readable", "The picture is not Base64. Encode the bytes of its file, with nothing before or after them but a data URL's head."),
    "invalid_parameter": Message(400, "Parameter not understood", "The parameter “{field}” cannot be “{value}”; it can be {expected}."),
    "unknown_parameter": Message(400, "Unknown parameter", "There is no parameter “{names}”. These are known, the likeliest first: {expected}."),
    "multiple_sources": Message(400, "More than one photo", "Send one of file, url, base64 and upload, and send it once."),
    "uploads_unavailable": Message(404, "No direct uploads here", "This site has no store that takes photos directly. Send the photo with the request."),
    "unknown_upload": Message(404, "No such upload", "There is no photo of yours under this id. It may be a day old, used already, or not sent yet."),
    "invalid_cursor": Message(400, "Cursor not understood", "This cursor is none of ours. Begin again without one."),
    "request_too_large": Message(413, "Request too large", "The request is larger than this address takes. Send photos as a file."),
    "length_required": Message(411, "Length missing", "Send the length of the body in the header Content-Length."),
    "unsupported_media_type": Message(415, "Content type not taken", "The body has the content type “{media_type}”, which is not taken here. Send a form (multipart/form-data) or JSON."),
    "not_acceptable": Message(406, "No such answer", "The answer cannot be given in a type that the header Accept asks for. Leave it out, or ask for application/json."),
    "method_not_allowed": Message(405, "Not this way", "This address does not take the method {method}. The page /api/v1/docs lists those it takes."),
    "rate_limited": Message(429, "Too many at once", "At most {limit} are taken in {window} seconds. Try again in {seconds} seconds.", True),
    "too_many_unfinished": Message(429, "Enough is waiting", "Of this account {limit} photos are waiting. Send more when some are done.", True),
    "queue_full": Message(503, "The queue is full", "More photos are waiting than can be worked on soon. Try again in {seconds} seconds.", True),
    "status_late": Message(503, "Status is late", "More programs ask how far their photos are than can be answered at once. Ask again in {seconds} seconds.", True),
    "intake_paused": Message(503, "Closed for a while", "No new photos are taken at the moment: {reason}. Nothing was charged.", True),
    "limits_unavailable": Message(503, "Not available now", "The limits cannot be checked at the moment. Nothing was charged. Try again in a while.", True),
    "database_unavailable": Message(503, "Not available now", "The database does not answer at the moment. Try again in a while.", True),
    "invalid_idempotency_key": Message(400, "Idempotency-Key not usable", "The header Idempotency-Key takes 1 to 255 printable ASCII characters."),
    "idempotency_key_reused": Message(422, "Idempotency-Key used before", "This Idempotency-Key came with another request before. Choose a new one."),
    "idempotency_in_progress": Message(409, "Still running", "The first request with this Idempotency-Key is still running. Ask again in a moment.", True),
    # Webhooks
    "invalid_webhook_url": Message(400, "Not a usable address", "This address cannot be used. Give a public http or https address, without a name or password in it."),
    "too_many_webhooks": Message(409, "Enough webhooks", "An account can have at most {limit} webhooks. Delete one first."),
    "webhook_disabled": Message(409, "Webhook is off", "Nothing is sent to a webhook that is switched off. Switch it on first."),
    # Money
    "billing_off": Message(404, "Nothing is sold here", "This site takes no money. Ask its operator for credits."),
    "billing_unavailable": Message(503, "Payment not available", "Our payment service does not answer at the moment. Nothing was bought or changed. Try again in a while.", True),
    "payment_declined": Message(402, "Payment declined", "The bank refused the payment, so nothing was changed. Check the card under “Cards and invoices”."),
    "unknown_product": Message(400, "Not sold here", "This is not sold here. Choose a plan or a pack from the page."),
    "already_subscribed": Message(409, "You have a plan", "There is a plan on this account already. Change it on the billing page."),
    "not_subscribed": Message(409, "No plan to change", "There is no paid plan on this account."),
    "checkout_pending": Message(409, "Opened twice", "This checkout was opened in another window too. Go on there, or try again.", True),
    # The work
    "unknown_foreground": Message(
        422, "No subject found", "No clear subject was found in this picture. Nothing was charged. A photo with one clear subject works best."
    ),
    "no_head": Message(
        422, "No head found", "No head was found whose size could be measured for a document. Use a photo from the front with hair, chin and shoulders in it."
    ),
    "weights_missing": Message(503, "Model not installed", "The weights of this model are not installed. Ask the operator, or choose another model.", True),
    "weights_corrupt": Message(503, "Model damaged", "The weights of this model failed their check. Ask the operator, or choose another model.", True),
    "weights_download_failed": Message(503, "Download of a model failed", "The weights of {name} could not be loaded: {reason}.", True),
    "model_failed": Message(500, "Model failed", "The model failed on this picture. Nothing was charged.", True),
    "not_requeueable": Message(409, "Not in the queue", "This has ended, or its batch is paused. What has ended can be tried again."),
    "model_off": Message(503, "Model switched off", "The model {model} takes no photos at the moment: {reason}. Choose another one.", True),
    "model_is_usual": Message(409, "This is the usual model", "The model {model} is the usual one. Make another one the usual model first."),
    "licence_forbids": Message(403, "Licence forbids this", "The model {model} may not be used here: its licence ({licence}) forbids commercial use. Choose another model."),
    "custom_model_invalid": Message(503, "Model not usable", "The operator's own model {model} cannot be used: {reason}."),
    # Models that run at a provider
    "provider_not_configured": Message(503, "Service not set up", "There is no key for {provider} here. Choose another model."),
    "provider_key_unreadable": Message(503, "Key unreadable", "Your key for {provider} can no longer be read here. Enter it again."),
    "provider_auth_failed": Message(502, "Key refused", "The service {provider} refused the key. Check it with the provider, or choose another model. Nothing was charged here."),
    "provider_out_of_credits": Message(502, "Out of credits at the provider", "The account at {provider} has no credits left. Choose another model. Nothing was charged here."),
    "provider_rate_limited": Message(503, "Provider is busy", "The service {provider} takes no more pictures at the moment. Nothing was charged here. Try again in a while.", True),
    "provider_rejected_image": Message(422, "Refused by the provider", "The service {provider} does not take this picture: {reason}. Nothing was charged here. Choose another model."),
    "provider_unavailable": Message(503, "Provider not available", "The service {provider} is not available. Nothing was charged here. Try again in a while, or choose another model.", True),
    "provider_timeout": Message(504, "Provider too slow", "The service {provider} gave no result in time. Nothing was charged here. Try again in a while, or choose another model.", True),
    "provider_bad_answer": Message(502, "Provider's answer unusable", "The service {provider} gave an answer that cannot be used. Nothing was charged here. Try again in a while, or choose another model.", True),
    "too_slow": Message(504, "Not in time", "The result was not there in time. Nothing was charged. Try again in a while, or send a smaller photo.", True),
    "storage_error": Message(507, "Storage failed", "The file could not be stored. Nothing was charged. Try again in a while.", True),
    "worker_crashed": Message(500, "Could not be finished", "The work on this picture was cut off {attempts} times. Nothing was charged.", True),
    "internal_error": Message(500, "Something failed here", "Something failed on our side. Nothing was charged, and the operator can see it.", True),
}  # fmt: skip


def message(code: str) -> Message:
    return CATALOGUE.get(code, CATALOGUE["internal_error"])


def sentence(code: str, facts: Mapping[str, Any]) -> str:
    """The words for a code; a fact that is missing leaves a dash rather than an error page."""
    return message(code).text.format_map(_Facts(_readable(facts)))


def as_dict(code: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """What a row's error is told as in JSON."""
    words = message(code)
    return {
        "code": code,
        "title": words.title,
        "detail": sentence(code, facts),
        "retryable": words.retryable,
    }


def _readable(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Lists as words, and for each number of bytes the megabytes (`bytes` -> `bytes_mb`)."""
    words = {
        name: ", ".join(map(str, fact)) if isinstance(fact, list) else fact for name, fact in facts.items()
    }
    return words | {
        f"{name}_mb": fact / 1e6 for name, fact in facts.items() if name in {"bytes", "max_bytes"}
    }


class _Missing:
    def __format__(self, spec: str) -> str:
        return "–"


class _Facts(dict[str, Any]):
    def __missing__(self, key: str) -> _Missing:
        return _Missing()
