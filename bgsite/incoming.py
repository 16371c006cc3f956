"""A request on its way in: gathered by the loop (bgsite.gathering), and then read by gunicorn's parser."""

from __future__ import annotations

import re
import socket
import time
from contextlib import suppress
from enum import Enum
from tempfile import SpooledTemporaryFile
from typing import Any

from django.conf import settings
from gunicorn.http.unreader import SocketUnreader

HEAD_SECONDS = 15.0
HEAD_BYTES = 65_536
PACE_SECONDS = 30.0
PACE_BYTES = 8192
MEMORY_BYTES = 65_536  # of a request; the rest of it waits in a temporary file
END_OF_HEAD = b"\r\n\r\n"
IS_POLL = re.compile(rb"GET /api/v1/jobs/[0-9a-fA-F-]{36} HTTP/1", re.ASCII)
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Here(Enum):
    """How much of a request has come."""

    PART = "more must come"
    WHOLE = "nothing is missing"
    HEAD = "the thread reads the rest"
    ENDLESS = "the head does not end"


class Incoming:
    """A request that is not here yet."""

    def __init__(self, conn: Any, now: float) -> None:
        self.conn = conn
        self.file: Any = SpooledTemporaryFile(MEMORY_BYTES)  # noqa: SIM115  (closed by who takes it)
        self.head: bytearray | None = bytearray()  # None: it is complete, and in the file
        self.got = 0
        self.wanted = 0  # with its head, as soon as that is known
        self.until, self.paced = now + HEAD_SECONDS, 0
        self.listening = False
        self.is_poll = False  # asks how far a job is

    def add(self, data: bytes, now: float) -> Here:
        self.got += len(data)
        if self.head is None:
            self.file.write(data)
            return self._measure()
        searched = max(0, len(self.head) - len(END_OF_HEAD))
        self.head += data
        end = self.head.find(END_OF_HEAD, searched)
        if end < 0:
            return Here.PART if len(self.head) <= HEAD_BYTES else Here.ENDLESS
        head, self.head = bytes(self.head), None
        self.is_poll = IS_POLL.match(head) is not None
        self.file.write(head)
        self.until, self.paced = now + PACE_SECONDS, self.got
        body = length_of_body(head[:end])
        if body is None or body > settings.API_BODY_BYTES:
            return Here.HEAD
        self.wanted = end + len(END_OF_HEAD) + body
        if self._measure() is Here.PART and b"100-continue" in head[:end].lower():
            with suppress(OSError):
                self.conn.sock.send(CONTINUE)
        return self._measure()

    def _measure(self) -> Here:
        return Here.WHOLE if self.got >= self.wanted else Here.PART

    def keeps_pace(self, now: float) -> bool:
        """Whether it may go on: its time is not over, or it brought enough in the last stretch."""
        if now < self.until:
            return True
        if self.head is not None or self.got - self.paced < PACE_BYTES:
            return False
        self.until, self.paced = now + PACE_SECONDS, self.got
        return True


def length_of_body(head: bytes) -> int | None:
    """Bytes after the head; None when it does not say so in one plain number."""
    lengths = []
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        name = name.strip().lower()
        if name == b"transfer-encoding":
            return None
        if name == b"content-length":
            lengths.append(value.strip(b" \t"))
    if not lengths:
        return 0
    return int(lengths[0]) if len(lengths) == 1 and lengths[0].isdigit() and len(lengths[0]) < 16 else None


class Feed(SocketUnreader):
    """What gunicorn's parser reads: first what was gathered, then the socket if the rest is still to come."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(sock)
        self.file: Any = None
        self.is_live = False
        self.until, self.got = 0.0, 0

    def fill(self, incoming: Incoming, is_live: bool) -> None:
        incoming.file.seek(0)
        self.file, self.is_live = incoming.file, is_live
        self.until, self.got = time.monotonic() + PACE_SECONDS, 0

    def chunk(self, size_hint: int | None = None) -> bytes:
        size = max(self.mxchunk, min(size_hint or 0, self.max_body_chunk))
        data: bytes = self.file.read(size) if self.file else b""
        return data or (self._from_the_socket(size) if self.is_live else b"")

    def _from_the_socket(self, size: int) -> bytes:
        data: bytes = self.sock.recv(size)
        self.got += len(data)
        if (now := time.monotonic()) > self.until:
            if self.got < PACE_BYTES:
                raise TimeoutError("the body came too slowly")
            self.until, self.got = now + PACE_SECONDS, 0
        return data

    def settle(self) -> None:
        """Keeps what already came of the next request, and lets the file go."""
        if self.file:
            if rest := self.file.read():
                self.unread(self.take_buffered() + rest)
            self.file.close()
        self.file = None
