"""What the schema says about every operation: the key, and the answers that any of them may give."""

from __future__ import annotations

import re
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiParameter

PROBLEM = {"$ref": "#/components/schemas/Problem"}
PROBLEM_SCHEMA = {
    "type": "object",
    "description": "RFC 9457. `code` is stable; /errors lists them all.",
    "required": ["type", "title", "status", "detail", "code", "retryable", "facts", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "retryable": {"type": "boolean"},
        "facts": {"type": "object", "additionalProperties": True},
        "request_id": {"type": "string", "description": "As in the header X-Request-ID."},
    },
}
CONTENT = {"application/problem+json": {"schema": PROBLEM}}

ALWAYS = {
    "400": "The request is not understood; `code` and `detail` say what.",
    "401": "No key, or none that is accepted.",
    "403": "The key lacks the scope.",
    "404": "Not there, or somebody else's.",
    "405": "Not this method.",
    "406": "No such type of answer.",
    "429": "Too many; `Retry-After` says when.",
    "503": "Not available now; `Retry-After` says when.",
}
WITH_BODY = {
    "409": "It does not fit what is there: unfinished, or the first request still runs.",
    "411": "The length is missing.",
    "413": "Too large.",
    "415": "A type that is not taken.",
    "422": "The picture cannot be used, or the Idempotency-Key was used before.",
}
WORDS = {
    "402": "Out of credits.",
    "410": "No longer kept.",
    "500": "The model failed on this picture.",
    "507": "Storage failed.",
    **WITH_BODY,
}

IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="The same key and body: the same answer, and nothing is charged twice. Kept for a day.",
    # RFC: printable ASCII.
    pattern=r"^[\x21-\x7e]{1,255}$",
)
WAIT = OpenApiParameter(
    "wait",
    {"type": "number", "minimum": 0, "maximum": 600},
    description="Seconds to wait for the result. `Prefer: wait=` says the same.",
)


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "accounts.authentication.ApiAuthentication"
    name = ["apiKey", "bearer"]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, str]]:
        return [
            {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
            {"type": "http", "scheme": "bearer"},
        ]


# Sections of the page, in their order, by the first word of an operation's id.
SECTIONS = {
    "jobs": ("Photos", "A photo and a recipe in, a cutout out."),
    "uploads": ("Photos", ""),
    "renditions": ("Renditions", "The same photo in another recipe, without a charge."),
    "edits": ("Masks", "The mask repaired by strokes, a mask or a trimap; its revisions."),
    "revisions": ("Masks", ""),
    "batches": ("Batches", "Many photos in one recipe; one ZIP in and out."),
    "batch": ("Batches", ""),
    "models": ("What there is", "Models, and the codes of all errors."),
    "errors": ("What there is", ""),
    "account": ("Account", "Plan, credits, what was used, the ledger."),
    "usage": ("Account", ""),
    "ledger": ("Account", ""),
    "keys": ("Keys", "API keys, made and ended by a key with the scope admin."),
    "webhooks": ("Webhooks", "Being told instead of asking."),
    "deliveries": ("Webhooks", ""),
}


# What can be asked with the id of an answer: parameter and operations, by the operation that gives it.
FOLLOWS = {
    "jobs_create": ("job_id", ("jobs_read", "jobs_result", "jobs_cancel", "jobs_retry", "jobs_delete",
                               "renditions_create", "renditions_list", "edits_create", "revisions_list")),
    "batches_create": ("batch_id", ("batches_read", "batch_items_list", "batch_items_add", "batches_close",
                                    "batches_pause", "batches_resume", "batches_cancel", "batches_retry",
                                    "batches_archive", "batches_report", "batches_delete")),
    "webhooks_create": ("id", ("webhooks_read", "webhooks_change", "webhooks_test", "webhooks_rotate",
                               "webhooks_delete", "webhooks_deliveries_list")),
}  # fmt: skip


def arrange(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """spectacular's hook: sections in the order in which one needs them, and a line for each operation."""
    for operations in result["paths"].values():
        for operation in operations.values():
            section, _ = SECTIONS[operation["operationId"].partition("_")[0]]
            operation["tags"] = [section]
            _link(operation)
            words = " ".join(operation["description"].split())
            operation["summary"] = re.split(r"(?<=[a-z`)])[.:;] ", words)[0].rstrip(".")
    result["tags"] = [{"name": name, "description": words} for name, words in SECTIONS.values() if words]
    return result


def leave_forms_empty(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """spectacular's hook: pages that make a form of a multipart body fill in each field's example, and for want of
    one a made-up value, which would be sent. Nothing is the example of a field that may be left out."""
    for operations in result["paths"].values():
        for operation in operations.values():
            content = operation.get("requestBody", {}).get("content", {})
            name = content.get("multipart/form-data", {}).get("schema", {}).get("$ref", "").rpartition("/")[2]
            fields = result["components"]["schemas"].get(name, {}).get("properties", {})
            for field in fields.values():
                if "binary" not in {field.get("format"), field.get("items", {}).get("format")}:
                    field["example"] = [] if field.get("type") == "array" else ""
    return result


def _link(operation: dict[str, Any]) -> None:
    parameter, others = FOLLOWS.get(operation["operationId"], ("", ()))
    links = {
        other: {"operationId": other, "parameters": {parameter: "$response.body#/id"}} for other in others
    }
    for code in operation["responses"].keys() & {"200", "201", "202"} if links else ():
        operation["responses"][code]["links"] = links


def add_problems(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """spectacular's hook: gives every operation the answers that it shares with all others."""
    result["components"]["schemas"]["Problem"] = PROBLEM_SCHEMA
    for operations in result["paths"].values():
        for method, operation in operations.items():
            shared = ALWAYS | (WITH_BODY if method in {"post", "patch"} else {})
            named = {code: WORDS[code] for code in operation["responses"] if code in WORDS}
            for code, words in (shared | named).items():
                operation["responses"][code] = {"description": words, "content": CONTENT}
    return result
