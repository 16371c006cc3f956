"""Errors to Sentry, when an operator gave an address (SENTRY_DSN): where and of what kind, never whose.

Sent are the type of an error, the lines of code it came through, and the ids of request and job. Not sent: values of
variables, texts of errors (a database names the row), requests, users, addresses, cookies, breadcrumbs.
"""

from __future__ import annotations

from typing import Any

KEPT = {
    "event_id", "timestamp", "platform", "level", "logger", "transaction", "exception", "logentry", "tags", "sdk",
    "release", "environment", "type",
}  # fmt: skip


def start(dsn: str, release: str = "") -> None:
    import sentry_sdk
    from sentry_sdk.integrations.celery import CeleryIntegration
    from sentry_sdk.integrations.django import DjangoIntegration

    sentry_sdk.init(
        dsn,
        release=release or None,
        send_default_pii=False,
        include_local_variables=False,
        include_source_context=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        send_client_reports=False,
        auto_session_tracking=False,
        integrations=[DjangoIntegration(transaction_style="function_name"), CeleryIntegration()],
        before_send=before_send,
    )


def before_send(event: Any, hint: Any) -> Any:
    """Only what is known to be nobody's."""
    from processing import log_context

    sent = {name: value for name, value in event.items() if name in KEPT}
    for error in (sent.get("exception") or {}).get("values", []):
        error["value"] = ""
        for frame in (error.get("stacktrace") or {}).get("frames", []):
            frame.pop("vars", None)
    if "logentry" in sent:  # the sentence, without what was filled in
        sent["logentry"] = {"message": sent["logentry"].get("message", "")}
    sent["tags"] = dict(log_context.here())
    return sent
