"""Lines of the log: for people, or one JSON object each (LOG_FORMAT=json), both with request and job."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from processing import log_context

FACTS = ("method", "route", "status", "seconds")


class Plain(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("{asctime} {levelname:<7} {name}: {message}", style="{")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (its name in logging)
        ids = " ".join(f"{name}={value}" for name, value in _ids(record).items())
        return super().formatMessage(record) + (f"  [{ids}]" if ids else "")


class Json(logging.Formatter):
    """`at` (UTC), `level`, `logger`, `message`, `request`, `job`, `error` with the traceback, and of a request's own
    line `method`, `route`, `status`, `seconds`."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_ids(record),
            **{name: getattr(record, name) for name in FACTS if hasattr(record, name)},
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def _ids(record: logging.LogRecord) -> dict[str, str]:
    """The ids of processing.log_context, and what the line itself says it is about (extra={"job": …})."""
    said = {name: str(getattr(record, name)) for name in ("job",) if hasattr(record, name)}
    return log_context.here() | said
