"""A Celery broker that needs no server: messages are files of one folder (`safefs:///path/of/folder`).

kombu's own `filesystem://` loses messages: it writes into the final name, so that a reader may take an empty file,
and it deletes a message before its task has run. Here a message is written aside and renamed into place; a reader
claims it by a rename into a folder named after its process, removes it when the task is acknowledged, and what a
dead process had claimed goes back into the queue when a worker starts.

Renames within one folder tree are atomic on every POSIX file system, so readers never see half a message and
exactly one of them wins a claim.
"""

from __future__ import annotations

import os
import time
import uuid
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, virtual
from kombu.utils.json import dumps, loads

SCHEME = "safefs"


def register() -> None:
    """Makes `safefs://` known to kombu. Call before any connection is opened."""
    TRANSPORT_ALIASES[SCHEME] = "bgsite.filebroker:Transport"


class Channel(virtual.Channel):
    """Queues as folders: `<root>/<queue>/<time>-<id>.msg`, claims as `<root>/claims/<process>/<queue>/…`."""

    do_restore = False  # what a dead process held comes back by _give_back, not from the memory of a live one

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._claimed: dict[str, Path] = {}
        self._root = Path(getattr(self.connection.client, "virtual_host", None) or "/")
        self._claims = self._root / "claims" / process_name()
        give_back_claims_of_the_dead(self._root)

    def _folder(self, queue: str) -> Path:
        folder = self._root / "queues" / queue
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _put(self, queue: str, message: dict[str, Any], **kwargs: Any) -> None:
        name = f"{time.time_ns():020d}-{uuid.uuid4().hex}"
        folder = self._folder(queue)
        aside = folder / f"{name}.tmp"
        with aside.open("wb") as file:
            file.write(dumps(message).encode())
            file.flush()
            os.fsync(file.fileno())
        aside.rename(folder / f"{name}.msg")

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        for path in sorted(self._folder(queue).glob("*.msg")):
            claim = self._claims / queue / path.name
            claim.parent.mkdir(parents=True, exist_ok=True)
            try:
                path.rename(claim)
            except FileNotFoundError:  # another reader was quicker
                continue
            message = loads(claim.read_bytes().decode())
            self._claimed[message["properties"]["delivery_tag"]] = claim
            return message
        raise Empty

    def basic_ack(self, delivery_tag: str, multiple: bool = False) -> None:
        super().basic_ack(delivery_tag, multiple)
        self._drop_claim(delivery_tag)

    def basic_reject(self, delivery_tag: str, requeue: bool = False) -> None:
        super().basic_reject(delivery_tag, requeue)  # puts a new message when it is to come again
        self._drop_claim(delivery_tag)

    def _drop_claim(self, delivery_tag: str) -> None:
        claim = self._claimed.pop(delivery_tag, None)
        if claim is not None:
            claim.unlink(missing_ok=True)

    def _size(self, queue: str) -> int:
        return sum(1 for _ in self._folder(queue).glob("*.msg"))

    def _purge(self, queue: str) -> int:
        paths = list(self._folder(queue).glob("*.msg"))
        for path in paths:
            path.unlink(missing_ok=True)
        return len(paths)


class Transport(virtual.Transport):
    Channel = Channel
    driver_type = SCHEME
    driver_name = SCHEME
    default_port = 0
    implements = virtual.Transport.implements.extend(asynchronous=False, exchange_type=frozenset(["direct"]))

    def driver_version(self) -> str:
        return "1"


def process_name() -> str:
    """This process, told apart from an earlier one that had the same number (containers count from 1)."""
    return f"{os.getpid()}-{_start_time(os.getpid())}"


def give_back_claims_of_the_dead(root: Path) -> int:
    """Moves messages that dead processes had claimed back into their queues; returns how many."""
    moved = 0
    for claims in (root / "claims").glob("*"):
        if _alive(claims.name):
            continue
        for claim in claims.glob("*/*.msg"):
            target = root / "queues" / claim.parent.name / claim.name
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                claim.rename(target)
                moved += 1
            except FileNotFoundError:  # another starting worker gives it back
                continue
        _remove_empty(claims)
    return moved


def _alive(name: str) -> bool:
    pid, _, started = name.partition("-")
    return pid.isdigit() and bool(started) and _start_time(int(pid)) == started


def _start_time(pid: int) -> str:
    """When the process began: clock ticks since boot on Linux, `ps`'s text elsewhere, "" if it is not there."""
    stat = Path(f"/proc/{pid}/stat")
    if stat.parent.parent.joinpath("self").exists():
        try:
            return stat.read_text().rpartition(")")[2].split()[19]
        except (FileNotFoundError, ProcessLookupError):
            return ""
    return _start_time_by_ps(pid)


def _start_time_by_ps(pid: int) -> str:
    import subprocess

    answer = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return answer.stdout.strip().replace(" ", "_").replace(":", "")


def _remove_empty(folder: Path) -> None:
    for path in [*folder.glob("*"), folder]:
        try:
            path.rmdir()
        except OSError:  # a message came meanwhile, or another worker removed it: both are fine
            continue
