"""gunicorn's threads for requests that are here in full: slow clients wait in the worker's loop and hold no thread.

gthread gives a connection a thread as soon as its first byte is there, so 64 clients that send a head or a photo byte
by byte hold all 64 threads, whether they mean harm or are phones in a tunnel. Here the loop itself gathers what
comes, in memory and then in a temporary file, as nginx does for the web processes behind it, and a thread is given to
a request of which nothing is missing. Only gunicorn reads what was sent: the loop merely guesses when it is all
there, and where it guesses wrong, gunicorn sees a body that ended early.

    head     within HEAD_SECONDS and HEAD_BYTES, else 408 or 431
    body     at least PACE_BYTES in every PACE_SECONDS, else 408
    large    a body above the API's largest, or one in chunks, is read by its thread, a few of them at a time
    many     above half of the worker's connections, who has most unfinished requests loses the oldest of them
    polls    questions how far a job is: POLLS_AT_ONCE, and for half of the time, so that ten thousand programs that
             wait leave the other half to pages and photos; above POLLS_IN_LINE 503
"""

from __future__ import annotations

import errno
import resource
import socket
import time
from collections import Counter, deque
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from selectors import EVENT_READ
from threading import Lock
from typing import Any

from gunicorn import http, util
from gunicorn.workers.gthread import TConn, ThreadWorker

from bgsite.incoming import MEMORY_BYTES, Feed, Here, Incoming

STOPPING_SECONDS = 2.0  # for which a worker that ends waits for a first byte
SEND_SECONDS = 60.0  # for which a client may take nothing of its answer
LINGER_SECONDS = 2.0  # for which what comes after the last answer is thrown away, so that the answer arrives
LINGER_BYTES = 65_536
READ_BYTES = 262_144
POLLS_AT_ONCE = 2
POLLS_IN_LINE = 400
POLLS_AHEAD_SECONDS = 0.1  # of work that polls may do before they rest
POLL_AGAIN_SECONDS = 10
HELD_BYTES = 1_000_000_000  # of all unfinished requests


class Conn(TConn):
    """A connection whose last answer arrives without anybody waiting for it."""

    def __init__(self, worker: GatheringWorker, sock: socket.socket, client: Any, server: Any) -> None:
        super().__init__(worker.cfg, sock, client, server)
        self.worker = worker
        self.parser: Any = None
        self.feed: Feed | None = None
        self.address = client[0] if isinstance(client, tuple) else ""

    def take(self, incoming: Incoming, is_live: bool) -> None:
        """What gunicorn's thread reads next."""
        if self.feed is None:
            self.parser = http.get_parser(self.cfg, self.sock, self.client)
            self.feed = self.parser.unreader = Feed(self.sock)
            self.initialized = self.data_ready = True
        self.feed.fill(incoming, is_live)

    def close(self, graceful: bool = False) -> None:
        if graceful:
            self.worker.linger(self)
        else:
            util.close(self.sock)


@dataclass
class Leaving:
    """A connection after its last answer."""

    sock: socket.socket
    until: float
    thrown: int = 0


@cache
def come_again() -> bytes:
    """The answer to a poll for which there is no room, in the API's own form."""
    from processing.api.errors import headers_for, problem  # with the site, which is not there yet
    from processing.errors import Refused

    refusal = Refused("status_late", seconds=POLL_AGAIN_SECONDS)
    answer = problem(refusal, headers_for(refusal, refusal))
    answer["Content-Length"], answer["Connection"] = str(len(answer.content)), "close"
    return b"HTTP/1.1 503 Service Unavailable\r\n" + answer.serialize()


class GatheringWorker(ThreadWorker):
    """gthread that hands whole requests to its threads."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.unfinished: dict[Conn, Incoming] = {}  # the oldest first
        self.live: set[Conn] = set()
        self.line: deque[Incoming] = deque()  # of those that a thread shall read itself
        self.leaving: dict[Conn, Leaving] = {}
        self.polls: deque[Conn] = deque()
        self.polled: set[Conn] = set()
        self.rested = 0.0  # until then all polls so far have rested as long as they worked
        self.resting = Lock()
        self.most_live = max(1, self.cfg.threads // 8)
        self.next_look = 0.0

    def init_process(self) -> None:
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        with suppress(ValueError, OSError):  # some systems say "unlimited" and mean less
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        super().init_process()

    # --- Coming ----------------------------------------------------------------------------------------------

    def accept(self, listener: socket.socket) -> None:
        try:
            sock, client = listener.accept()
        except OSError as error:
            if error.errno in {errno.EMFILE, errno.ENFILE} and self.unfinished:
                self._evict()
                return
            if error.errno not in {errno.EAGAIN, errno.EWOULDBLOCK, errno.ECONNABORTED}:
                raise
            return
        self.nr_conns += 1
        self.enqueue_req(Conn(self, sock, client, listener.getsockname()))
        if len(self.unfinished) > self.worker_connections // 2:
            self._evict()

    def enqueue_req(self, conn: Any) -> None:
        """In place of a thread at once."""
        if self.cfg.is_ssl:
            super().enqueue_req(conn)
            return
        conn.sock.setblocking(False)
        incoming = self.unfinished[conn] = Incoming(conn, time.monotonic())
        if conn.feed and (ahead := conn.feed.take_buffered()):
            self._take(incoming, ahead)
        else:
            self._read(incoming)

    def _read(self, incoming: Incoming, _sock: Any = None) -> None:
        try:
            data = incoming.conn.sock.recv(READ_BYTES)
        except (BlockingIOError, InterruptedError):
            self._listen(incoming)
        except OSError:
            self._drop(incoming)
        else:
            if data:
                self._take(incoming, data)
            else:
                self._drop(incoming)

    def _take(self, incoming: Incoming, data: bytes) -> None:
        try:
            here = incoming.add(data, time.monotonic())
        except OSError:  # no room for the temporary file
            self.log.exception("A request cannot be kept")
            self._refuse(incoming, 507, "Insufficient Storage")
            return
        if here is Here.PART:
            self._listen(incoming)
            if incoming.got > MEMORY_BYTES and sum(i.got for i in self.unfinished.values()) > HELD_BYTES:
                self._refuse(incoming, 503, "Service Unavailable")
        elif here is Here.WHOLE:
            self._hand_over(incoming)
        elif here is Here.HEAD:
            self._deafen(incoming)
            self.line.append(incoming)
            self._next_in_line()
        else:
            self._refuse(incoming, 431, "Request Header Fields Too Large")

    def _next_in_line(self) -> None:
        while self.line and len(self.live) < self.most_live:
            incoming = self.line.popleft()
            if self.unfinished.get(incoming.conn) is incoming:  # else it was given up meanwhile
                self.live.add(incoming.conn)
                self._hand_over(incoming)

    def _hand_over(self, incoming: Incoming) -> None:
        self._deafen(incoming)
        conn = incoming.conn
        del self.unfinished[conn]
        conn.take(incoming, conn in self.live)
        if not incoming.is_poll:
            super().enqueue_req(conn)
        elif len(self.polls) < POLLS_IN_LINE:
            self.polls.append(conn)
            self._next_poll()
        else:
            self._come_again(conn)

    def _next_poll(self) -> None:
        if self.polls and len(self.polled) < POLLS_AT_ONCE:
            conn = self.polls.popleft()
            self.polled.add(conn)
            super().enqueue_req(conn)

    def _come_again(self, conn: Conn) -> None:
        with suppress(OSError):
            conn.sock.send(come_again())
        assert conn.feed
        conn.feed.settle()
        self.nr_conns -= 1
        conn.close(graceful=True)

    # --- In the thread ---------------------------------------------------------------------------------------

    def handle_request(self, req: Any, conn: Any) -> bool:
        if not self.cfg.is_ssl and conn not in self.live:
            req._expected_100_continue = False  # it was told so already, or sent its body unasked
        conn.sock.settimeout(SEND_SECONDS)
        began = time.thread_time()
        try:
            return bool(super().handle_request(req, conn))
        except TimeoutError:
            self.log.debug("A client took nothing of its answer for %d s", SEND_SECONDS)
            raise StopIteration from None
        finally:
            if conn in self.polled and self.alive:  # it has its answer
                time.sleep(self._rest(time.thread_time() - began))

    def _rest(self, worked: float) -> float:
        """Seconds to wait after so many of a poll's work."""
        now = time.monotonic()
        with self.resting:
            self.rested = max(self.rested, now - POLLS_AHEAD_SECONDS) + 2 * worked
            return max(0.0, self.rested - now)

    def _keepalive_after(self, conn: Any, keepalive: bool) -> bool:
        """What nobody wanted of a body is skipped where it is here, and not waited for where it is not."""
        return keepalive and conn not in self.live and bool(conn.parser.finish_body())

    # --- Going -----------------------------------------------------------------------------------------------

    def finish_request(self, conn: Any, fs: Future[Any]) -> None:
        if conn.feed:
            conn.feed.settle()
        self.polled.discard(conn)
        super().finish_request(conn, fs)
        if conn in self.live:
            self.live.discard(conn)
            self._next_in_line()
        self._next_poll()

    def murder_pending(self) -> None:
        """Once a second: who is too slow, and who has gone."""
        super().murder_pending()
        if (now := time.monotonic()) < self.next_look:
            return
        self.next_look = now + 1
        for incoming in list(self.unfinished.values()):
            if not self.alive and not incoming.got:
                incoming.until = min(incoming.until, now + STOPPING_SECONDS)
            if not incoming.keeps_pace(now):
                self._too_slow(incoming)
        for conn, leaving in list(self.leaving.items()):
            if leaving.until < now:
                self._gone(conn)

    def _too_slow(self, incoming: Incoming) -> None:
        if incoming in self.line:
            self._refuse(incoming, 503, "Service Unavailable")
        elif incoming.got:
            self._refuse(incoming, 408, "Request Timeout")
        else:
            self._drop(incoming)

    def _evict(self) -> None:
        """Whoever has most unfinished requests loses the oldest of them."""
        address = Counter(conn.address for conn in self.unfinished).most_common(1)[0][0]
        self._drop(next(i for conn, i in self.unfinished.items() if conn.address == address))

    def _refuse(self, incoming: Incoming, status: int, reason: str) -> None:
        with suppress(OSError):
            util.write_error(incoming.conn.sock, status, reason, "")
        self._drop(incoming, graceful=True)

    def _drop(self, incoming: Incoming, graceful: bool = False) -> None:
        self._deafen(incoming)
        del self.unfinished[incoming.conn]
        incoming.file.close()
        self.nr_conns -= 1
        incoming.conn.close(graceful=graceful)

    def linger(self, conn: Conn) -> None:
        """Closes when the client has, or soon. gunicorn itself waits for it in this loop, and everybody with it."""
        if not self.alive:
            util.close_graceful(conn.sock, timeout=0.2)
            return
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.setblocking(False)
            self.poller.register(conn.sock, EVENT_READ, partial(self._throw_away, conn))
        except (OSError, ValueError):
            util.close(conn.sock)
            return
        self.leaving[conn] = Leaving(conn.sock, time.monotonic() + LINGER_SECONDS)

    def _throw_away(self, conn: Conn, sock: socket.socket) -> None:
        leaving = self.leaving[conn]
        try:
            thrown = len(sock.recv(LINGER_BYTES))
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            thrown = 0
        leaving.thrown += thrown
        if not thrown or leaving.thrown > LINGER_BYTES:
            self._gone(conn)

    def _gone(self, conn: Conn) -> None:
        leaving = self.leaving.pop(conn)
        self.poller.unregister(leaving.sock)
        util.close(leaving.sock)

    # --- Listening -------------------------------------------------------------------------------------------

    def _listen(self, incoming: Incoming) -> None:
        if not incoming.listening:
            self.poller.register(incoming.conn.sock, EVENT_READ, partial(self._read, incoming))
            incoming.listening = True

    def _deafen(self, incoming: Incoming) -> None:
        if incoming.listening:
            self.poller.unregister(incoming.conn.sock)
            incoming.listening = False
