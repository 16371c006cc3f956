"""What the schema says of fields whose serializers say nothing themselves, and an example for each: by the field's
name, or by `Component.field` where a name means something else there."""

from __future__ import annotations

from typing import Any

from processing.pipeline.recipe import Recipe

WHEN = "2026-11-26T09:30:00Z"
ID = "7d1f3c52-0c5e-4c0e-9a55-2f0a5d1b7c11"
SITE = "https://cutouts.example.org/api/v1"
PLAIN = Recipe().as_dict()

# Name: (description, example).
WORDS: dict[str, tuple[str, Any]] = {
    "id": ("What it is asked for by.", ID),
    "Rendition.id": ("What it is asked for by.", 4711),
    "Key.id": ("What it is asked for by.", 17),
    "NewKey.id": ("What it is asked for by.", 17),
    "Entry.id": ("Its number; later entries have larger ones.", 4711),
    "Delivery.id": ("What it is asked for by.", 4711),
    "status": ("Where it is.", "succeeded"),
    "Batch.status": ("open takes items, running works, paused begins nothing more.", "running"),
    "BatchWithItems.status": ("open takes items, running works, paused begins nothing more.", "running"),
    "Rendition.status": ("Whether it is made yet.", "made"),
    "Problem.status": ("The HTTP status.", 413),
    "Code.status": ("The HTTP status that the error has.", 413),
    "name": ("For people to read.", "spring catalogue"),
    "Plan.name": ("The plan's name in programs.", "pro"),
    "Model.name": ("What a job names it by.", "u2net"),
    "Item.name": ("The file's name, with the folders it lay in.", "shoes/left.jpg"),
    "title": ("A few words for people.", "File too large"),
    "Plan.title": ("The plan's name for people.", "Pro"),
    "Model.title": ("The model's name for people.", "U²-Net"),
    "url": ("Its own address.", f"{SITE}/jobs/{ID}"),
    "Attempt.url": ("Where it was sent to.", "https://shop.example.com/hooks/cutouts"),
    "Endpoint.url": ("Where events are sent to.", "https://shop.example.com/hooks/cutouts"),
    "NewEndpoint.url": ("Where events are sent to.", "https://shop.example.com/hooks/cutouts"),
    "EndpointAskedRequest.url": ("Where events are sent to.", "https://shop.example.com/hooks/cutouts"),
    "PatchedEndpointChangeRequest.url": (
        "Where events are sent to.",
        "https://shop.example.com/hooks/cutouts",
    ),
    "Item.url": ("The address that the photo came as; empty for others.", "https://example.org/left.jpg"),
    "PieceJsonRequest.url": ("Public address of a picture.", "https://example.org/left.jpg"),
    "Model.url": ("Where it comes from.", "https://github.com/xuebinqin/U-2-Net"),
    "created": ("When it was made.", WHEN),
    "started": ("When a worker began; null while it waits.", WHEN),
    "finished": ("When it ended; null until then.", WHEN),
    "closed": ("Since when no more items are taken; null while it is open.", WHEN),
    "ended": ("How many, or since when, are over.", WHEN),
    "Progress.ended": ("Items that have a result, failed, or were refused.", 400),
    "expires": ("When it goes; null: not yet known, or never.", WHEN),
    "revoked": ("Since when the key is ended; null while it is not.", WHEN),
    "last_used": ("When it was last used, to the minute; null: never.", WHEN),
    "due": ("When it is sent next.", WHEN),
    "stage": ("What a running job is at.", "look"),
    "model": ("The model's name; empty: the site's usual one.", "u2net"),
    "attempt": ("How often a worker began it.", 1),
    "attempts": ("Each try to send it, the last one first.", []),
    "result": ("Its picture; null until there is one.", None),
    "result_url": ("Where its picture is loaded from; null until there is one.", f"{SITE}/jobs/{ID}/result"),
    "error": ("Why there is no result; null when there is one, or may be.", None),
    "error_code": ("Why it could not be made; empty: it could.", ""),
    "disabled_why": ("Why it was switched off; empty: it was not, or by its owner.", ""),
    "code": ("The stable word for what is wrong; /errors lists them all.", "file_too_large"),
    "detail": (
        "A sentence for people.",
        "The file has 31.0 MB; at most 22 MB are taken. Scale it down, or save it as JPEG or WebP.",
    ),
    "retryable": ("Whether the same again can help.", False),
    "facts": ("The numbers and words of the sentence.", {"bytes": 31000000, "max_bytes": 22000000}),
    "type": ("What kind it is.", "job.succeeded"),
    "Problem.type": ("An address that names the kind of problem.", f"{SITE}/errors#file_too_large"),
    "kind": ("What kind it is.", "strokes"),
    "Entry.kind": ("Why the balance changed.", "reserve"),
    "reason": ("Why, in words; often empty.", ""),
    "credits": ("In credits; a quarter is 0.25.", 1.0),
    "Account.credits": ("What is left.", 421.75),
    "email": ("The account's address.", "you@example.org"),
    "unlimited": ("Whether nothing is charged or limited.", False),
    "day": ("The day, in UTC.", "2026-11-26"),
    "photos": ("Photos that came.", 31),
    "succeeded": ("How many have a result.", 30),
    "failed": ("How many failed, or were refused by the model.", 1),
    "loading": ("How many a worker will still load or unpack.", 600),
    "queued": ("How many wait.", 12),
    "running": ("How many are worked on.", 2),
    "cancelled": ("How many were cancelled.", 0),
    "refused": ("How many were refused, each with its error.", 3),
    "deleted": ("How many were deleted since.", 0),
    "total": ("How many there are.", 1000),
    "items": ("The photos.", [{"url": "https://example.org/left.jpg", "key": "left"}]),
    "BatchWithItems.items": ("What became of the items of this request.", []),
    "position": ("Its number in the batch, from 1 on.", 1),
    "state": ("Where it is.", "succeeded"),
    "Model.state": ("Whether it can be used now.", "ready"),
    "Delivery.state": ("Whether it arrived.", "delivered"),
    "job": ("The id of its job; null while there is none.", ID),
    "close": ("Whether these are the last. Default: true for a new batch, else false.", True),
    "limit": ("At most so many.", 10),
    "seconds": ("Within so many seconds, or how long it took.", 60),
    "images": ("How many photos may come, shortest window first.", [{"limit": 10, "seconds": 60}]),
    "keep_days": ("How long results are kept.", 30),
    "batch": ("How many items a batch may have.", 50),
    "unfinished": ("How many photos may wait or run at once.", 50),
    "good_for": ("What it does well.", "anything with one clear subject"),
    "licence": ("The weights' licence.", "Apache-2.0"),
    "commercial": ("Whether the licence allows commercial use.", True),
    "memory_mb": ("What a worker needs for it.", 900),
    "events": ("Which events are sent.", ["job.succeeded", "job.failed"]),
    "description": ("Yours, for people.", "the shop's import"),
    "enabled": ("Whether events are sent.", True),
    "failing_since": ("Since when nothing arrives; null: all is well.", None),
    "old_secret_until": ("Until when signatures by the old secret come too; null: there is none.", None),
    "shown": ("The beginning of the key, to know it by.", "bg_live_42aXq7nZ_…"),
    "Mask.shown": ("The revision that the result shows.", 3),
    "head": ("The revision that is current.", 3),
    "revisions": ("All revisions, the last one first.", []),
    "number": ("The revision's number; 0 is the model's own mask.", 3),
    "ready": ("Whether it is made yet.", True),
    "strokes": ("What was, or is to be, done to the mask.", [{"tool": "invert"}]),
    "tool": ("What to do.", "erase"),
    "hardness": ("0 soft to 1 hard.", 0.8),
    "strength": ("0 nothing to 1 all of it.", 1),
    "points": ("x, y and perhaps pressure; px of the upright photo.", [[200, 150], [260, 150]]),
    "scopes": ("read looks, write makes and changes, admin also keys and webhooks.", ["read", "write"]),
    "test": ("Whether it is a test key: it costs nothing and has a daily allowance.", False),
    "usable": ("Whether it works now.", True),
    "per_minute": ("Photos a minute with this key; null: as the account.", 30),
    "next": ("The address of the next page; null on the last one.", f"{SITE}/jobs?cursor=cD0yMDI2"),
    "previous": ("The address of the page before; null on the first one.", None),
    "results": ("This page's rows.", []),
    "media_type": ("What the file is.", "image/png"),
    "size": ("In bytes.", 184213),
    "width": ("In px.", 1200),
    "height": ("In px.", 800),
    "sha256": ("Of the file, in hex.", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
    "fields": ("To be posted with the photo, before it.", {"key": "direct/7/…", "policy": "…"}),
    "request_id": ("What the operator finds the request by.", "9f0c2b1e7d5a4c3f8e6b1a2d3c4e5f60"),
    "key": ("Yours: the same again is the same item.", "left"),
    "NewKey.key": ("The key itself, shown this once.", "bg_live_42aXq7nZ_vPBmre49EETn…"),
    "file": ("The photo.", "(a file)"),
    "archive": ("A ZIP of photos.", "(a file)"),
    "recipe": ("What is made of the photo, with every default.", {"background": "#ffffff", "format": "jpg"}),
    "progress": ("How far it is.", {"total": 1000, "ended": 400, "share": 0.4}),
    "share": ("0 to 1 of the items have ended.", 0.4),
    "rounds": ("How often it was finished; a retry begins another round.", 1),
    "reviewed": ("Somebody looked at the result and found it good.", False),
    "cached": ("Whether an earlier result answered it, without a charge.", False),
    "revision": ("The mask's revision that it shows; 0 is the model's own.", 0),
    "made_by": ("What made it.", {"model": "u2net", "device": "cpu", "confidence": 0.97}),
    "mask": ("Where the mask is loaded from; null until it is made.", f"{SITE}/jobs/{ID}/revisions/3/mask"),
    "pending": ("Whether an edit is still to be made.", False),
    "why_not": ("The code of why it cannot be chosen here; empty if it can.", ""),
    "usual": ("What a job gets that names no model.", True),
    "prompts": ("Whether points and boxes tell it what to cut out.", False),
    "made": ("How many are made already.", 12),
    "weighs": ("Whether a photo counts its megapixels, rounded up.", True),
    "at": ("When.", WHEN),
    "answer": ("The status that the other side answered; null: it did not.", 200),
    "Attempt.error": ("Why it did not arrive; empty: it did.", ""),
    "failures": ("How many in a row did not arrive.", 0),
    "message": ("The id that the receiver sees, the same for each try.", "msg_2f0a5d1b7c11"),
    "body": ("What was sent.", {"type": "job.succeeded"}),
    "secret": ("What signatures are made with, shown this once.", "whsec_…"),
}
# Whole bodies, as a program would send them.
BODIES: dict[str, dict[str, Any]] = {
    "jobs_create": {
        "url": "https://example.org/dog.jpg",
        "background": "#ffffff",
        "crop": True,
        "margin": "5%",
    },
    "renditions_create": {"background": "#0057b7", "max_side": 400},
    "batches_create": {"items": [{"url": "https://example.org/left.jpg", "key": "left"}], "format": "webp"},
    "batch_items_add": {"items": [{"url": "https://example.org/right.jpg", "key": "right"}], "close": True},
    "batches_renditions": {"background": "#ffffff", "format": "jpg"},
    "edits_create": {
        "strokes": [
            {"tool": "erase", "size": 60, "hardness": 0.8, "strength": 1, "points": [[200, 150], [260, 150]]}
        ]
    },
    "uploads_create": {"media_type": "image/jpeg"},
    "keys_create": {"name": "shop", "scopes": ["read", "write"]},
    "keys_rotate": {"overlap_hours": 24},
    "webhooks_create": {"url": "https://shop.example.com/hooks/cutouts", "events": ["job.succeeded"]},
    "revisions_restore": {"head": 3},
    "webhooks_rotate": {"overlap_hours": 24},
    "webhooks_change": {"events": ["job.succeeded", "job.failed"]},
}
PARAMETERS = {
    "batch_id": "The batch's id.",
    "job_id": "The job's id.",
    "id": "Its id.",
    "delivery_id": "The delivery's id.",
    "position": "The item's position in the batch.",
    "number": "The revision's number.",
    "limit": "How many rows a page has.",
    "state": "Only those in this state.",
    "status": "Only those with this status.",
    "model": "Only those of this model.",
    "created_after": "Only those made later than this moment.",
    "created_before": "Only those made earlier than this moment.",
    "days": "How many days back.",
}


def describe(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """spectacular's hook: words and an example for every field and parameter that has none."""
    for component, schema in result["components"]["schemas"].items():
        for name, field in schema.get("properties", {}).items():
            _tell(component, name, field)
    for operations in result["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", []):
                parameter.setdefault("description", PARAMETERS.get(parameter["name"], ""))
            body = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if body and operation["operationId"] in BODIES:
                body["example"] = BODIES[operation["operationId"]]
    return result


def _tell(component: str, name: str, field: dict[str, Any]) -> None:
    if "$ref" in field:
        return
    words, example = WORDS.get(f"{component}.{name}") or WORDS.get(name) or ("", None)
    if component == "RecipeShown":
        example = PLAIN.get(name, example)
    if words:
        field.setdefault("description", words)
    if not component.endswith("Request"):  # bodies have an example as a whole, forms are to be empty
        field.setdefault("example", example)
