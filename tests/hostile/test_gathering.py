"""How a request is gathered, without a server: what counts as whole, as endless, as too slow."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from bgsite.incoming import (
    CONTINUE,
    HEAD_BYTES,
    HEAD_SECONDS,
    PACE_BYTES,
    PACE_SECONDS,
    Feed,
    Here,
    Incoming,
    length_of_body,
)

POST = b"POST / HTTP/1.1\r\nContent-Length: "


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


@pytest.fixture
def incoming(pair: tuple[socket.socket, socket.socket]) -> Incoming:
    return Incoming(SimpleNamespace(sock=pair[0]), now=0.0)


def test_it_is_whole_with_its_last_byte(incoming: Incoming) -> None:
    whole = POST + b"3\r\n\r\nabc"
    assert {incoming.add(bytes([byte]), 1.0) for byte in whole[:-1]} == {Here.PART}
    assert incoming.add(whole[-1:], 1.0) is Here.WHOLE


def test_what_comes_behind_it_is_kept_for_the_next(
    pair: tuple[socket.socket, socket.socket], incoming: Incoming
) -> None:
    assert incoming.add(POST + b"3\r\n\r\nabcGET /", 1.0) is Here.WHOLE
    feed = Feed(pair[0])
    feed.fill(incoming, is_live=False)
    assert feed.read(len(POST + b"3\r\n\r\n")) == POST + b"3\r\n\r\n"
    assert feed.read(3) == b"abc"
    feed.settle()
    assert feed.take_buffered() == b"GET /"
    assert feed.read(5) == b"", "the socket is not waited for"


@pytest.mark.parametrize(
    ("head", "length"),
    [
        (b"", 0),
        (b"Content-Length: 5", 5),
        (b"content-LENGTH:\t5 ", 5),
        (b"Content-Length: 5\r\nContent-Length: 5", None),
        (b"Content-Length: +5", None),
        (b"Content-Length: -5", None),
        (b"Content-Length: 0x5", None),
        (b"Content-Length: ", None),
        (b"Content-Length: " + b"9" * 400, None),
        (b"Transfer-Encoding: chunked", None),
        (b"Transfer-Encoding : chunked", None),
        (b"Content-Length: 5\r\nTransfer-Encoding: identity", None),
    ],
)
def test_lengths(head: bytes, length: int | None) -> None:
    """What is not one plain number is for gunicorn to refuse."""
    assert length_of_body(b"POST / HTTP/1.1\r\n" + head) == length


def test_a_head_without_end(incoming: Incoming) -> None:
    assert incoming.add(b"GET / HTTP/1.1\r\n", 1.0) is Here.PART
    assert incoming.add(b"X: " + b"a" * HEAD_BYTES, 1.0) is Here.ENDLESS


def test_a_large_body_is_left_to_its_thread(incoming: Incoming) -> None:
    assert incoming.add(POST + b"999999999\r\n\r\n", 1.0) is Here.HEAD


def test_who_asks_first_is_told_to_go_on(
    pair: tuple[socket.socket, socket.socket], incoming: Incoming
) -> None:
    assert incoming.add(POST + b"3\r\nExpect: 100-continue\r\n\r\n", 1.0) is Here.PART
    assert pair[1].recv(100) == CONTINUE
    assert incoming.add(b"abc", 1.0) is Here.WHOLE
    pair[1].setblocking(False)
    with pytest.raises(BlockingIOError):
        pair[1].recv(100)


def test_who_is_too_slow_is_cut(incoming: Incoming) -> None:
    """A head has its time in all; a body goes on as long as it keeps its pace."""
    assert incoming.keeps_pace(HEAD_SECONDS - 0.1)
    assert not incoming.keeps_pace(HEAD_SECONDS + 0.1)
    now = 10.0
    incoming.add(POST + b"1000000\r\n\r\n", now)
    for _ in range(3):
        incoming.add(b"a" * PACE_BYTES, now + 1)
        now += PACE_SECONDS
        assert incoming.keeps_pace(now)
    incoming.add(b"a" * (PACE_BYTES - 1), now + 1)
    assert incoming.keeps_pace(now + PACE_SECONDS - 0.1)
    assert not incoming.keeps_pace(now + PACE_SECONDS)
