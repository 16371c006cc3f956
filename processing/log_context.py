"""The ids that every line of the log carries: of the request that is answered, of the job that is worked on. Ids
alone, so that one photo can be followed through pages, API and workers, and nothing of its owner is logged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

NAMES = ("request", "job")
_about: ContextVar[dict[str, str]] = ContextVar("log_context")


def here() -> dict[str, str]:
    """{"request": …, "job": …}, as far as they are known."""
    return _about.get({})


def note(**ids: object) -> None:
    """From here on the request that is answered is about these; nothing outside of a request, where no end would
    take it back."""
    if "request" in here():
        _about.set(here() | {name: str(value) for name, value in ids.items() if name in NAMES})


@contextmanager
def about(**ids: object) -> Iterator[None]:
    """Every line that is logged within is about these; inner ones add to outer ones."""
    token = _about.set(here() | {name: str(value) for name, value in ids.items() if name in NAMES})
    try:
        yield
    finally:
        _about.reset(token)
