"""Clients that take their time, at gunicorn as `make run` starts it: they wait in its loop, and nobody for them."""

from __future__ import annotations

import http.client
import json
import socket
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from uuid import uuid4

import pytest

from bench.cluster_load import allow_open_files
from bgsite.gathering import (
    LINGER_SECONDS,
    POLL_AGAIN_SECONDS,
    POLLS_AHEAD_SECONDS,
    POLLS_IN_LINE,
    GatheringWorker,
)
from bgsite.incoming import HEAD_SECONDS
from processing.management.commands.up import THREADS
from tests import fakes
from tests.clients.conftest import Server
from tests.clients.test_front import HOST, POST, request, say

pytestmark = pytest.mark.slow

SLOW = 200
ROUNDS, LOOKS = 2, 12
TYPE = b"Content-Type: multipart/form-data; boundary=x"
HALVES = {
    "no byte": b"",
    "one byte": b"G",
    "half a head": b"\r\n".join([POST, HOST, b"X-Slow: "]),
    "half a body": request(POST, HOST, TYPE, b"Content-Length: 5000000", body=b"--x"),
    "half a large body": request(POST, HOST, TYPE, b"Content-Length: 500000000", body=b"--x"),
    "half a body in chunks": request(POST, HOST, TYPE, b"Transfer-Encoding: chunked", body=b"5\r\n--x"),
    "a body that was asked for": request(POST, HOST, TYPE, b"Content-Length: 9", b"Expect: 100-continue"),
    "answered, and not closed": request(b"GET /healthz HTTP/1.0", HOST),
}


@contextmanager
def slow_clients(server: Server, half: bytes, number: int = SLOW) -> Iterator[list[socket.socket]]:
    """So many connections that have said this much, and say a byte more every second."""
    over = threading.Event()
    with ExitStack() as all_of_them:
        links = []
        for _ in range(number):
            link = all_of_them.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=30))
            link.sendall(half)
            links.append(link)

        def drip() -> None:
            while not over.wait(1):
                for link in links:
                    try:
                        link.send(b"a")
                    except OSError:  # it was cut, as it should be
                        continue

        dripping = threading.Thread(target=drip, daemon=True)
        if half:
            dripping.start()
        try:
            yield links
        finally:
            over.set()
            if half:
                dripping.join()


def look(server: Server) -> float:
    """Seconds until a page is there, from one who is not slow."""
    link = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    began = time.monotonic()
    try:
        link.request("GET", "/accounts/login/", headers={"Host": "localhost", "Connection": "close"})
        assert link.getresponse().status == 200
        return time.monotonic() - began
    finally:
        link.close()


@pytest.mark.parametrize("half", HALVES.values(), ids=HALVES)
def test_nobody_else_waits(server: Server, half: bytes) -> None:
    """Three times as many as there are threads, in turns with nobody: pages take no longer."""
    assert SLOW > 3 * THREADS
    calm, beside = [], []
    for _ in range(ROUNDS):
        calm += [look(server) for _ in range(LOOKS)]
        with slow_clients(server, half):
            beside += [look(server) for _ in range(LOOKS)]
    story = f"p95 {p95(calm):.3f} s in the calm, {p95(beside):.3f} s beside {SLOW} slow clients"
    print(story)
    assert statistics.median(beside) < 2 * statistics.median(calm) + 0.5, story


POLLS = 900
POLL = request(f"GET /api/v1/jobs/{uuid4()} HTTP/1.1".encode(), HOST, b"X-Api-Key: none")


def test_programs_that_wait_for_photos_leave_room_for_pages(server: Server) -> None:
    """More of them at once than may stand in line: the others are told to come again, and pages are not late."""
    allow_open_files()
    calm = [look(server) for _ in range(LOOKS)]
    with ExitStack() as all_of_them:
        links = []
        for _ in range(POLLS):
            link = all_of_them.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=60))
            link.sendall(POLL)
            links.append(link)
        beside = [look(server) for _ in range(LOOKS)]
        said = [link.recv(4096) for link in links]
    refused = [answer for answer in said if answer.startswith(b"HTTP/1.1 503")]
    answered = [answer for answer in said if answer.startswith(b"HTTP/1.1 401")]
    assert len(refused) + len(answered) == POLLS
    assert len(answered) >= POLLS_IN_LINE
    assert refused, "or all had room"
    head, _, body = refused[0].partition(b"\r\n\r\n")
    assert f"Retry-After: {POLL_AGAIN_SECONDS}".encode() in head
    assert json.loads(body)["code"] == "status_late"
    assert statistics.median(beside) < 2 * statistics.median(calm) + 0.5, (calm, beside)


def test_polls_rest_as_long_as_they_work() -> None:
    worker = GatheringWorker.__new__(GatheringWorker)
    worker.rested, worker.resting = 0.0, threading.Lock()
    began = time.monotonic()
    rests = [worker._rest(0.1) for _ in range(3)]
    late = time.monotonic() - began
    owed = [0.2 * number - POLLS_AHEAD_SECONDS for number in (1, 2, 3)]
    assert rests == pytest.approx(owed, abs=0.01 + late)


def p95(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=20)[-1]


def test_a_head_that_does_not_end_is_cut(server: Server) -> None:
    with slow_clients(server, HALVES["half a head"], 1) as [link]:
        link.settimeout(HEAD_SECONDS + 30)
        assert link.recv(4096).startswith(b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n")


def upload(server: Server, *headers: bytes) -> tuple[bytes, bytes]:
    """Head and body of a request with a photo."""
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
    body = part + fakes.photo(300, 200) + b"\r\n--x--\r\n"
    key, length = b"X-Api-Key: " + server.key.encode(), b"Content-Length: %d" % len(body)
    return request(POST, HOST, TYPE, key, length, b"Connection: close", *headers), body


def test_a_photo_that_comes_in_pieces_is_taken(server: Server) -> None:
    head, body = upload(server)
    whole = head + body
    ways: list[Callable[[], Iterator[bytes]]] = [
        lambda: iter([whole[:10], whole[10:40], whole[40 : len(head) - 2], whole[len(head) - 2 :]]),
        lambda: iter([head, *(body[at : at + 97] for at in range(0, len(body), 97))]),
    ]
    for pieces in ways:
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as link:
            for piece in pieces():
                link.sendall(piece)
                time.sleep(0.002)
            assert link.recv(65536).startswith((b"HTTP/1.1 202 ", b"HTTP/1.1 201 "))


def test_who_asks_before_sending_is_told_to_go_on_once(server: Server) -> None:
    head, body = upload(server, b"Expect: 100-continue")
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as link:
        link.sendall(head)
        assert link.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        link.sendall(body)
        assert link.recv(65536).startswith((b"HTTP/1.1 202 ", b"HTTP/1.1 201 "))


def test_who_asks_with_a_key_that_is_none_is_refused(server: Server) -> None:
    """As behind nginx: the body is gathered, then nothing of it is looked at."""
    head = request(POST, HOST, TYPE, b"X-Api-Key: none", b"Content-Length: 5", b"Expect: 100-continue")
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as link:
        link.sendall(head)
        assert link.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        link.sendall(b"--x--")
        assert link.recv(65536).startswith(b"HTTP/1.1 401 ")


def test_what_is_too_large_is_refused_before_it_is_sent(server: Server) -> None:
    key = b"X-Api-Key: " + server.key.encode()
    head = request(POST, HOST, b"Content-Type: application/json", key, b"Content-Length: 900000000")
    said = say(server, head + b"{")
    assert said.startswith(b"HTTP/1.1 413 ") and b"request_too_large" in said


def test_two_requests_at_once_are_two_answers(server: Server) -> None:
    """The second came together with the first, or with the end of its body."""
    get = request(b"GET /healthz HTTP/1.1", HOST)
    last = request(b"GET /healthz HTTP/1.1", HOST, b"Connection: close")
    post = request(b"POST /healthz HTTP/1.1", HOST, b"Content-Length: 100000", body=b"a" * 100_000)
    for first in (get, post):
        said = say(server, first + get + last)
        assert said.count(b"HTTP/1.1 ") == 3, said


def test_a_connection_is_kept_and_used_again(server: Server) -> None:
    link = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    for _ in range(20):
        link.request("GET", "/healthz", headers={"Host": "localhost"})
        answer = link.getresponse()
        assert (answer.status, answer.read() != b"") == (200, True)
    kept = link.sock
    assert kept is not None, "it was closed in between"
    link.close()


def test_whose_answer_was_given_is_let_go(server: Server) -> None:
    """Although the client neither closes nor stops sending."""
    with slow_clients(server, HALVES["answered, and not closed"], 1) as [link]:
        said = b""
        while part := link.recv(4096):
            said += part
        assert said.startswith(b"HTTP/1.0 200 ")
        deadline = time.monotonic() + LINGER_SECONDS + 30
        with pytest.raises(OSError):
            while time.monotonic() < deadline:
                link.send(b"a")
                time.sleep(0.2)
