"""What a conversation with the server consists of.

A conversation is a generator: it yields a step, is sent what came of it, and returns its result. It knows nothing of
sockets, so the same one is driven by the sync and by the async client.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Part:
    """A file of a form: its bytes, or the path of a large one, which is opened for each try."""

    name: str
    file_name: str
    data: bytes = b""
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A request. With `into` the body of the answer goes to that file, whole or not at all."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    form: Mapping[str, str] = field(default_factory=dict)
    parts: Sequence[Part] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    into: Path | None = None
    patience: float = 0.0  # seconds that the answer may take beyond the usual


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` is the JSON of the answer, None if it is none; `content` its bytes, empty where they went to a file."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    body: Any


@dataclass(frozen=True, slots=True)
class Pause:
    seconds: float


@dataclass(frozen=True, slots=True)
class Tell:
    """Calls back; an async client awaits what it gives."""

    listener: Callable[[Any], Awaitable[None] | None]
    value: Any


Step = Call | Pause | Tell
Talk = Generator[Step, Any, T]


def post(path: str, idempotency_key: str | None = None, **options: Any) -> Call:
    """A POST that may be sent again without harm: by the same key it is done once."""
    headers = {"Idempotency-Key": idempotency_key or uuid.uuid4().hex}
    return Call("POST", path, headers={**headers, **options.pop("headers", {})}, **options)
