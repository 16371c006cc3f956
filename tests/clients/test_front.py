"""Bytes that no library sends, at gunicorn itself: two lengths, two hosts, too many headers, strange paths."""

from __future__ import annotations

import re
import socket

import pytest

from processing.models import Job
from tests.clients.conftest import Server

pytestmark = pytest.mark.slow

SMUGGLED = b"GET /api/v1/account HTTP/1.1\r\nHost: localhost\r\n\r\n"


def say(server: Server, data: bytes) -> bytes:
    """All that comes back until the server hangs up, or says nothing for two seconds."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=2) as line:
        line.sendall(data)
        said = b""
        try:
            while part := line.recv(65536):
                said += part
        except TimeoutError:
            pass
        return said


def request(line: bytes, *headers: bytes, body: bytes = b"") -> bytes:
    return b"\r\n".join([line, *headers, b"", body])


POST = b"POST /api/v1/jobs HTTP/1.1"
HOST = b"Host: localhost"

TWO_REQUESTS_IN_ONE = [
    request(POST, HOST, b"Content-Length: 4", b"Content-Length: 60", body=SMUGGLED),
    request(POST, HOST, b"Content-Length: 6", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n" + SMUGGLED),
    request(POST, HOST, b"Transfer-Encoding: chunked, identity", body=b"0\r\n\r\n" + SMUGGLED),
    request(POST, HOST, b"Transfer-Encoding: xchunked", body=b"0\r\n\r\n" + SMUGGLED),
    request(POST, HOST, b"Transfer-Encoding : chunked", body=b"0\r\n\r\n" + SMUGGLED),
    request(POST, HOST, b"Content-Length: +4", body=SMUGGLED),
    request(POST, HOST, b"Content-Length: 0x4", body=SMUGGLED),
    request(POST, HOST, b"Content-Length: -1", body=SMUGGLED),
    request(POST, HOST, b"Content-Length: 4\n", body=SMUGGLED),
    request(POST, HOST, b"Transfer-Encoding: chunked", body=b"zz\r\n" + SMUGGLED),
]


@pytest.mark.parametrize("data", TWO_REQUESTS_IN_ONE, ids=range(len(TWO_REQUESTS_IN_ONE)))
def test_a_request_in_a_request_is_not_answered(server: Server, data: bytes) -> None:
    said = say(server, data)
    statuses = re.findall(rb"^HTTP/1\.1 (\d+)", said, re.MULTILINE)
    assert set(statuses) <= {b"400", b"401", b"411", b"501"}, said
    assert set(statuses[1:]) <= {b"400"}, "what came behind it was taken for a request"
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    "headers",
    [
        [HOST, b"X-Long: " + b"a" * 65_536],
        [HOST, *[b"X-%d: a" % number for number in range(200)]],
        [HOST, b"X-Null: a\x00b"],
        [HOST, b"no colon"],
        [b"Host: evil.example"],
        [HOST, b"Host: evil.example"],
    ],
    ids=range(6),
)
def test_headers_that_are_refused(server: Server, headers: list[bytes]) -> None:
    said = say(server, request(b"GET /api/v1/errors HTTP/1.1", *headers, b"Connection: close"))
    assert said.split(b" ", 2)[1] in {b"400", b"431"}, said[:200]
    assert b"Traceback" not in said


@pytest.mark.parametrize(
    "path",
    [
        b"/api/v1/../v1/jobs",
        b"/api/v1/%00",
        b"/api/v1/\xc0\xae",
        b"//evil.example/%2f..",
        b"/" + b"a" * 9000,
        b"*",
    ],
)
def test_paths_that_lead_nowhere(server: Server, path: bytes) -> None:
    said = say(server, request(b"GET " + path + b" HTTP/1.1", HOST, b"Connection: close"))
    assert said.split(b" ", 2)[1] in {b"400", b"404", b"414"}, said[:200]
    assert b"Location:" not in said


@pytest.mark.parametrize(
    "line", [b"TRACE / HTTP/1.1", b"CONNECT x:443 HTTP/1.1", b"get / HTTP/1.1", b"GET / HTTP/9.9", b"GET"]
)
def test_methods_and_versions_that_are_none(server: Server, line: bytes) -> None:
    said = say(server, request(line, HOST, b"Connection: close"))
    assert said == b"" or said.split(b" ", 2)[1] in {b"400", b"404", b"405", b"501", b"505"}, said[:200]


def test_it_lives_on(server: Server) -> None:
    said = say(
        server,
        request(
            b"GET /api/v1/account HTTP/1.1", HOST, b"X-Api-Key: " + server.key.encode(), b"Connection: close"
        ),
    )
    assert said.startswith(b"HTTP/1.1 200") and b"alice@example.org" in said
