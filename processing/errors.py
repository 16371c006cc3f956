"""The one error that pages, API and commands catch: a code of the catalogue with its facts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from processing import messages


class Refused(Exception):
    """Something was asked for that is not done. `code` is in messages.CATALOGUE."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts

    @property
    def status(self) -> int:
        return messages.message(self.code).status

    @property
    def title(self) -> str:
        return messages.message(self.code).title

    def __str__(self) -> str:
        return messages.sentence(self.code, self.facts)


class LeaseLost(Exception):
    """Somebody else holds the job by now, or it is gone: what was made of it counts for nothing."""


@contextmanager
def refusing(*errors: type[Exception]) -> Iterator[None]:
    """Turns errors of the rooms below, which carry `code` and `facts`, into Refused."""
    try:
        yield
    except errors as error:
        raise Refused(getattr(error, "code", "internal_error"), **getattr(error, "facts", {})) from error
