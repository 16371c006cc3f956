"""What can be told. One table: the name of an event, and what has happened then."""

from __future__ import annotations

EVENTS: dict[str, str] = {
    "job.succeeded": "A photo is done.",
    "job.failed": "A photo could not be done; its credits are back.",
    "batch.finished": "Every photo of a batch has ended.",
    "credits.low": "80 % or all of the credits are used.",
}
TEST = "webhook.test"  # sent by hand, whatever an endpoint asked for
