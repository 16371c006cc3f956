"""A Celery broker that needs no server: messages are files of one folder (`safefs:///path/of/folder`).

kombu's own `filesystem://` loses messages: it writes into the final name, so that a reader may take an empty file,
and it deletes a message before its task has run. Here a message is written aside and renamed into place; a reader
claims it by a rename into a folder of its own, removes it when the task is acknowledged, and what a dead reader
had claimed goes back into the queue.

    queues/<queue>/<time>-<id>.msg            waiting
    claims/<reader>/<queue>/<time>-<id>.msg   being worked on
    claims/<reader>.lock                      locked as long as the reader's process lives
    broken/<time>-<id>.msg                    could not be read; kept for the operator
    bells/<reader>.bell                       rung when there is a message, so that nobody has to ask for it

Renames within one folder tree are atomic on every POSIX file system, so readers never see half a message and
exactly one of them wins a claim. The system drops a file lock with its process, however it ends, so whether a
reader lives needs no process numbers, which repeat in containers and after a reboot.
"""

from __future__ import annotations

import fcntl
import logging
import os
import time
import uuid
from contextlib import suppress
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, virtual
from kombu.utils.json import dumps, loads
from kombu.utils.scheduling import FairCycle

from bgsite import bells

SCHEME = "safefs"
LOOK_FOR_THE_DEAD = 10.0  # seconds between two looks of a reader
LOOK_UNRUNG = 1.0  # seconds; what came back from a dead reader, for instance, was not rung for

log = logging.getLogger(__name__)
_readers_here: set[str] = set()  # a process gets its own locks always, so it must know its readers by name


def register() -> None:
    """Makes `safefs://` known to kombu. Call before any connection is opened."""
    TRANSPORT_ALIASES[SCHEME] = "bgsite.filebroker:Transport"


class Reader:
    """A folder of claims and the lock that says that their owner lives.

    The lock is a POSIX record lock: a forked child does not inherit it, so it falls with the process that reads
    the queue and not with the last of its children.
    """

    def __init__(self, root: Path) -> None:
        self.name = uuid.uuid4().hex
        self.folder = root / "claims" / self.name
        self.folder.mkdir(parents=True)
        self._lock = self.folder.with_suffix(".lock")
        aside = self.folder.with_suffix(".new")
        self._handle = os.open(aside, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.lockf(self._handle, fcntl.LOCK_EX)
        _readers_here.add(self.name)
        aside.rename(self._lock)  # locked before anybody can see it: a new reader never looks dead

    def is_known(self) -> bool:
        """False when somebody removed the folder under a running reader: then it needs a new name."""
        return self._lock.exists()

    def close(self) -> None:
        """From now on this reader counts as dead, and what it still holds may go back."""
        _readers_here.discard(self.name)
        os.close(self._handle)


class LongestUnserved(FairCycle):
    """Looks first into the queue that had no turn for the longest time, as kombu does for Redis: a message in a
    queue that is mostly empty waits for nobody."""

    resources: list[str]

    def get(self, callback: Any, **kwargs: Any) -> Any:
        for queue in list(self.resources):
            try:
                found = self.fun(queue, callback, **kwargs)
            except self.predicate:
                continue
            self.resources.remove(queue)
            self.resources.append(queue)
            return found
        raise self.predicate


class Channel(virtual.Channel):
    """kombu's calls on the folder: publish, claim, acknowledge, count and empty a queue."""

    do_restore = False  # what a dead reader held comes back by give_back, not from the memory of a live one

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._root: Path = self.connection.root  # type: ignore[attr-defined]
        self._reader: Reader | None = None  # made by the first look: one who only publishes claims nothing
        self._claimed: dict[str, Path] = {}
        self._next_look = 0.0

    def _reset_cycle(self) -> None:
        self._cycle = LongestUnserved(self._get_and_deliver, list(self._active_queues), Empty)

    def _folder(self, queue: str) -> Path:
        folder = self._root / "queues" / queue
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _put(self, queue: str, message: dict[str, Any], **kwargs: Any) -> None:
        target = self._folder(queue) / f"{time.time_ns():020d}-{uuid.uuid4().hex}.msg"
        aside = target.with_suffix(".tmp")
        try:
            # Not synced: a message that a loss of power tears is put aside by its reader, and its job is rung again.
            aside.write_bytes(dumps(message).encode())
            aside.rename(target)
        except OSError:  # a full disk: the caller hears of it, and no half message stays
            aside.unlink(missing_ok=True)
            raise
        bells.ring(self._root / "bells")

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        if self._reader is None or not self._reader.is_known():
            self._reader = Reader(self._root)
        self._look_for_the_dead()
        for path in _waiting(self._folder(queue)):
            claim = self._claim(path, self._reader.folder / queue)
            message = self._read(claim) if claim else None
            if message is not None:
                return message
        raise Empty

    def _claim(self, path: Path, folder: Path) -> Path | None:
        """The claimed file, or None when another reader was quicker."""
        folder.mkdir(parents=True, exist_ok=True)
        try:
            return path.rename(folder / path.name)
        except FileNotFoundError:
            return None

    def _read(self, claim: Path) -> Any:
        """The message in the claim; None when it is none: then it is put aside, as it would end every reader."""
        try:
            message = loads(claim.read_bytes().decode())
            self._claimed[message["properties"]["delivery_tag"]] = claim
        except (ValueError, KeyError, TypeError):
            broken = self._root / "broken"
            broken.mkdir(exist_ok=True)
            log.error("A message that cannot be read was put aside: %s", claim.rename(broken / claim.name))
            return None
        return message

    def _look_for_the_dead(self) -> None:
        if time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + LOOK_FOR_THE_DEAD
            give_back_claims_of_the_dead(self._root)

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
            if self.connection is not None:
                self.connection.wake()  # type: ignore[attr-defined]  # it may take the next one

    def _size(self, queue: str) -> int:
        return len(_waiting(self._folder(queue)))

    def _purge(self, queue: str) -> int:
        paths = _waiting(self._folder(queue))
        for path in paths:
            path.unlink(missing_ok=True)
        return len(paths)

    def close(self) -> None:
        super().close()
        if self._reader is not None:
            self._reader.close()
            self._reader = None
            give_back_claims_of_the_dead(self._root)


class Transport(virtual.Transport):
    """kombu's way to the folder that the address of the broker names."""

    Channel = Channel
    driver_type = SCHEME
    driver_name = SCHEME
    default_port = 0
    implements = virtual.Transport.implements.extend(asynchronous=False, exchange_type=frozenset(["direct"]))

    def __init__(self, client: Any, **kwargs: Any) -> None:
        super().__init__(client, **kwargs)
        folder: str = client.virtual_host
        self.root = Path("/") / folder  # kombu takes the first slash away
        self._bell: bells.Bell | None = None  # made by the first wait: one who only publishes hears nothing

    def drain_events(self, connection: Any, timeout: float | None = None, **kwargs: Any) -> None:
        """Delivers one message; TimeoutError when none came in so many seconds."""
        self._bell = self._bell or bells.Bell(self.root / "bells")
        until = time.monotonic() + (float("inf") if timeout is None else timeout)
        while True:
            try:
                self.cycle.get(self._deliver, timeout=timeout)  # type: ignore[union-attr]
                return
            except Empty:
                left = until - time.monotonic()
                if left <= 0:
                    raise TimeoutError from None
                self._bell.wait(min(left, LOOK_UNRUNG))

    def wake(self) -> None:
        """Ends the wait of this connection, as there may be something to take now."""
        if self._bell is not None:
            self._bell.ring()

    def close_connection(self, connection: Any) -> None:
        super().close_connection(connection)
        if self._bell is not None:
            self._bell.close()
            self._bell = None

    def driver_version(self) -> str:
        return "1"


def give_back_claims_of_the_dead(root: Path) -> int:
    """Moves messages that dead readers had claimed back into their queues; returns how many."""
    return sum(_give_back(root, lock) for lock in (root / "claims").glob("*.lock"))


def _give_back(root: Path, lock: Path) -> int:
    if lock.stem in _readers_here:
        return 0
    try:
        handle = os.open(lock, os.O_RDWR)
    except FileNotFoundError:  # another reader has just done it
        return 0
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return _empty(lock.with_suffix(""), root / "queues", lock)
    except BlockingIOError:  # it lives
        return 0
    finally:
        os.close(handle)


def _empty(claims: Path, queues: Path, lock: Path) -> int:
    """Moves every claim back and removes the dead reader's folder. Whoever calls this holds its lock.

    Two threads of one process hold it both, so each step may find its work done: then it goes on.
    """
    moved = 0
    for claim in claims.glob("*/*.msg"):
        with suppress(FileNotFoundError):
            (queues / claim.parent.name).mkdir(parents=True, exist_ok=True)
            claim.rename(queues / claim.parent.name / claim.name)
            moved += 1
    for folder in [*claims.glob("*"), claims]:
        with suppress(FileNotFoundError):
            folder.rmdir()
    lock.unlink(missing_ok=True)
    return moved


def _waiting(folder: Path) -> list[Path]:
    """The messages of a queue, oldest first."""
    return sorted(path for path in folder.iterdir() if path.suffix == ".msg")
