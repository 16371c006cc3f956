"""Every address of the site, asked by everybody: each is answered as its line says, and a refusal changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts import limits
from tests.access import operators, table
from tests.access.actors import ACTORS, Stage, stage
from tests.access.table import Row
from tests.api.conftest import limiters, worker  # noqa: F401

ROWS = table.ROWS | operators.ROWS
ROOMS = ("editor:", "api:", "compat:", "admin", "account", "rest")


WRITES = re.compile(r'(?:INSERT INTO|UPDATE|DELETE FROM) "((?:accounts|processing|auth|account|mfa)_\w+)"')
METHODS = {"get", "post", "put", "patch", "delete"}
COUNTS = {"accounts_ratewindow", "accounts_keyaddress"}


def addresses(patterns: Any = None, route: str = "", space: str = "") -> Iterator[str]:
    """The name of every address with its namespace; where it has none, its route."""
    for each in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(each, URLResolver):
            inner = f"{space}{each.namespace}:" if each.namespace else space
            yield from addresses(each.url_patterns, route + str(each.pattern), inner)
        elif isinstance(each, URLPattern):
            yield f"{space}{each.name}" if each.name else route + str(each.pattern)


def test_every_address_has_its_line() -> None:
    there = set(addresses())
    assert there - ROWS.keys() == set(), "add a line to tests/access/table.py (or operators.py)"
    assert ROWS.keys() - there == set(), "lines for addresses that are gone"


def test_every_line_knows_every_actor() -> None:
    odd = [name for name, rows in ROWS.items() for row in rows if set(row.policy) != set(ACTORS)]
    assert odd == []


@pytest.fixture
def all_there(db: None, worker: object, settings: Any, tmp_path: Path) -> Stage:  # noqa: F811
    settings.MODELS_DIR = tmp_path
    (tmp_path / "u2net.onnx").write_bytes(b"")  # so that the site is ready
    settings.WHITENOISE_USE_FINDERS = False  # each client would look for every static file there is
    return stage()


@pytest.mark.parametrize("room", ROOMS)
def test_everybody(all_there: Stage, room: str) -> None:
    """One stage for all lines of a room, as it takes longer to set up than a line takes to ask."""
    wrong: dict[str, Any] = {}
    for name in ROWS:
        for row in ROWS[name] if room_of(name) == room else ():
            told = {actor: ask(all_there, actor, name, row) for actor in ACTORS}
            differs = {
                actor: (told[actor], row.policy[actor])
                for actor in ACTORS
                if told[actor] != row.policy[actor]
            }
            wrong |= {f"{row.method} {name}": differs} if differs else {}
    assert wrong == {}, "(answered, in the table) by actor"


@pytest.mark.parametrize("room", ROOMS)
def test_a_method_without_a_line_gives_and_changes_nothing(all_there: Stage, room: str) -> None:
    """A view that takes more methods than somebody thought of when the line was written is found here: `ask` sees
    whatever is written or shown. A form that is sent empty shows itself again."""
    wrong: list[str] = []
    for name in ROWS:
        for method in METHODS - {row.method for row in ROWS[name]} if room_of(name) == room else ():
            limits.rough.cache_clear()  # so that no refusal is that of a rate
            row = Row(method, table.everybody(403), ROWS[name][0].fill, {}, json=False)
            is_open = ROWS[name][0].policy["nobody"] == 200 or name.startswith(("account_", "mfa_"))
            for actor in ("nobody", "other", "other_key"):
                status = ask(all_there, actor, name, row)
                is_refused = 300 <= status < 500 and status != 429
                if not (is_refused or (status == 200 and is_open)):
                    wrong.append(f"{method} {name}: {actor} {status}")
    assert wrong == [], "\n".join(wrong)


def room_of(name: str) -> str:
    return next((room for room in ROOMS if name.startswith(room)), "rest")


def ask(stage: Stage, actor: str, name: str, row: Row) -> int:
    """The status; asserts that a refusal neither changed nor showed anything. What was done is taken back."""
    writes = Writes()
    with transaction.atomic():
        with connection.execute_wrapper(writes):
            answer = send(stage.clients[actor], address(stage, name, row), row, stage)
        if row.policy[actor] in {401, 403, 404} and actor != "owner":
            assert writes.seen == [], f"{name}: {actor} changed something"
            assert not leaks(answer), f"{name}: {actor} read something"
        transaction.set_rollback(True)  # the next one comes to the same stage
    return int(answer.status_code)


def send(client: Client, path: str, row: Row, stage: Stage) -> Any:
    options: dict[str, Any] = {}
    if row.data is not None and row.method != "get":
        options = {"data": _filled(stage, row.data)} | (
            {"content_type": "application/json"} if row.json else {}
        )
    return getattr(client, row.method)(path, **options)


def address(stage: Stage, name: str, row: Row) -> str:
    """The address with the stage's things in it."""
    kwargs = _filled(stage, row.fill)
    if "/" not in name and not name.endswith(".ico"):
        return reverse(name, kwargs=kwargs)
    path = "/" + name.replace("(?P<url>.*)$", "<str:url>")
    for part, value in kwargs.items():
        path = path.replace(f"<path:{part}>", str(value)).replace(f"<str:{part}>", str(value))
    return path


def _filled(stage: Stage, parts: Any) -> dict[str, Any]:
    return {
        part: stage.things.get(value, value) if isinstance(value, str) else value
        for part, value in parts.items()
    }


class Writes:
    """Notes what a request writes, apart from what merely counts requests."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        found = WRITES.match(sql)
        if found and found[1] not in COUNTS and '"last_used"' not in sql:
            self.seen.append(sql[:200])
        return execute(sql, params, many, context)


def leaks(answer: Any) -> bool:
    """Whether a refusal carries anything of Alice's."""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return b"alice@" in content or b"cup.png" in content


def test_an_id_that_never_was_looks_the_same(all_there: Stage) -> None:
    for name in ("editor:job", "api:job", "api:result"):
        foreign, unknown = (
            all_there.clients["other"].get(reverse(name, kwargs={"job_id": each}))
            for each in (all_there.job.pk, UUID(int=1))
        )
        assert foreign.status_code == unknown.status_code == 404
        assert without_tokens(foreign.content) == without_tokens(unknown.content)


def without_tokens(page: bytes) -> bytes:
    """Without what is another at each request."""
    changing = (
        rb'nonce="[^"]*"|csrfmiddlewaretoken" value="[^"]*"|X-CSRFToken": ?"[^"]*"|"request_id": "[^"]*"'
    )
    return re.sub(changing, b"", page)


def test_the_watch_sees_what_is_written(all_there: Stage) -> None:
    writes = Writes()
    with connection.execute_wrapper(writes):
        all_there.clients["owner"].post(reverse("editor:delete", kwargs={"job_id": all_there.job.pk}))
    assert any("processing_job" in sql for sql in writes.seen)
