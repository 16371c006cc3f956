"""Calls as requests of httpx, and its answers as ours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx

from .errors import error_of
from .steps import Answer, Call, Part

USER_AGENT = "bgsite-client/0.1.0 (Python)"
USUAL = httpx.Timeout(60.0, connect=10.0)


def base_url(address: str) -> str:
    """The API's address; people give that of the site."""
    bare = address.rstrip("/")
    return f"{bare}/" if bare.endswith("/api/v1") else f"{bare}/api/v1/"


def headers(key: str) -> dict[str, str]:
    return {"X-Api-Key": key, "User-Agent": USER_AGENT, "Accept": "application/json"}


@contextmanager
def arguments(call: Call) -> Iterator[dict[str, Any]]:
    """What httpx is given; the files are open inside of the block."""
    with ExitStack() as opened:
        given: dict[str, Any] = {"headers": dict(call.headers), "params": dict(call.query)}
        if call.parts:
            given["files"] = [(part.name, _file(part, opened)) for part in call.parts]
            given["data"] = dict(call.form)
        elif call.json is not None:
            given["json"] = call.json
        if call.patience:
            given["timeout"] = httpx.Timeout(USUAL.read + call.patience if USUAL.read else None, connect=10.0)
        yield given


def _file(part: Part, opened: ExitStack) -> tuple[str | None, Any]:
    """Without a file name it is a plain field."""
    content = opened.enter_context(part.path.open("rb")) if part.path else part.data
    return part.file_name or None, content


def answer_of(response: httpx.Response) -> Answer:
    """The answer, or the exception for a refusal."""
    if response.status_code >= 400:
        raise error_of(response)
    kind = response.headers.get("Content-Type", "").partition(";")[0]
    body = json.loads(response.content) if kind == "application/json" and response.content else None
    return Answer(response.status_code, response.headers, response.content, body)


@contextmanager
def whole_file(into: Path) -> Iterator[Any]:
    """A file that appears under its name only when all of it is there."""
    beside = into.with_name(f".{into.name}.part")
    try:
        with beside.open("wb") as file:
            yield file
        beside.replace(into)
    finally:
        beside.unlink(missing_ok=True)
