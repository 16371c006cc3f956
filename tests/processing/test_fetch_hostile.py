"""More of what addresses and servers can be: spellings, resolvers that lie, redirects, bodies, certificates, floods.

As in test_fetch.py the name server is ours and connections to what it calls public arrive at a local server; a
connection to anything else fails the test.
"""

from __future__ import annotations

import contextlib
import gzip
import http.server
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from processing import downloads, fetch
from processing.errors import Refused
from processing.pipeline.probe import Limits
from tests.other_host import certificates
from tests.together import at_once

PICTURE = b"\x89PNG\r\n\x1a\n" + b"pixels" * 100
PUBLIC = "93.184.215.14"

Answer = Callable[[http.server.BaseHTTPRequestHandler], None]


def plain(status: int, body: bytes = b"", **headers: str) -> Answer:
    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in ({"Content_Length": str(len(body))} | headers).items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def to(location: str, status: int = 302) -> Answer:
    return plain(status, Location=location)


def chunks_without_end(handler: http.server.BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    with contextlib.suppress(OSError):
        while True:
            handler.wfile.write(b"1000\r\n" + b"x" * 0x1000 + b"\r\n")


def headers_without_end(handler: http.server.BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: a\r\n" % number for number in range(500)))


def not_http(handler: http.server.BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"220 mail.example ESMTP\r\n" * 3)


def mute(handler: http.server.BaseHTTPRequestHandler) -> None:
    time.sleep(3)


class World:
    """Names with their numbers, pages by host and path, and what was asked for."""

    def __init__(self) -> None:
        self.numbers: dict[str, list[str]] = {"pictures.example": [PUBLIC], "other.example": [PUBLIC]}
        self.pages: dict[str, Answer] = {"/ok": plain(200, PICTURE)}
        self.asked: list[tuple[str, str]] = []
        self.connected: list[tuple[str, int]] = []

    def getaddrinfo(self, host: str, port: int, type: int = 0) -> Any:
        if host not in self.numbers:
            raise socket.gaierror("no such name")
        return [(socket.AF_INET, type, 0, "", (number, port)) for number in self.numbers[host]]


def arrive(port: int, timeout: float) -> socket.socket:
    """A connection to a server of ours, without asking the name server, which is replaced."""
    arrived = socket.socket()
    arrived.settimeout(timeout)
    arrived.connect(("127.0.0.1", port))
    return arrived


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    here = World()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            here.asked.append((self.headers["Host"], self.path))
            here.pages.get(self.path.partition("?")[0], plain(404))(self)

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()

    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        here.connected.append(address)
        assert address[0] == PUBLIC, f"a connection to {address} was opened"
        return arrive(server.server_port, timeout)

    monkeypatch.setattr(fetch.socket, "create_connection", connect)
    monkeypatch.setattr(fetch.socket, "getaddrinfo", here.getaddrinfo)
    yield here
    server.shutdown()
    server.server_close()


def refused(url: str) -> Refused:
    with pytest.raises(Refused) as caught:
        fetch.fetch_image(url)
    return caught.value


# --- Spellings -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    """127.0.0.2 127.1 0x7f.1 0x7f000001 017700000001 0251.0376.0251.0376 127。0。0。1 １２７.0.0.1 ①②⑦.⓪.⓪.①
    0.0.0.0 10.0.0.1 172.16.0.1 192.168.0.1 100.64.0.1 198.18.0.1 192.0.0.192 224.0.0.1 240.0.0.1 255.255.255.255
    169.254.169.254 100.100.100.200 168.63.129.16 [::] [::1] [::ffff:127.0.0.1] [::ffff:7f00:1] [::127.0.0.1]
    [64:ff9b::7f00:1] [2002:7f00:1::] [2001:0:5ef5:79fb::1] [fec0::1] [fd00:ec2::254] [ff02::1]""".split(),
)
def test_numbers_inside_in_any_spelling_are_not_connected(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*args: object, **kwargs: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(fetch.socket, "create_connection", never)
    assert refused(f"http://{host}/a.png").code in {"invalid_image_url", "failed_image_download"}


@pytest.mark.parametrize(
    "url",
    [
        "jar:http://pictures.example!/a", "dict://pictures.example:11211/stat", "HTTP:127.0.0.1", "http:///a.png",
        "http://pictures.example:25/", "http://pictures.example:5432/", "http://pictures.example:8000/",
        "http://pictures.example:-1/", "http://pictures.example:٨٠/", "http://a:b@pictures.example/",
        "http://pictures.example\t/ok", "http://pictures.example/ok\x00", "http://pictures%2eexample/ok",
        "http://.../", "http://-/", "http://" + "a." * 130 + "example/", "\ufeffhttp://pictures.example/ok",
    ],
)  # fmt: skip
def test_what_is_no_address_is_not_looked_up(world: World, url: str) -> None:
    assert refused(url).code in {"invalid_image_url", "failed_image_download"}
    assert world.connected == []


def test_what_looks_like_another_host_is_part_of_the_path(world: World) -> None:
    world.pages["/ok"] = plain(200, PICTURE)
    for url in ("http://pictures.example/ok#@127.0.0.1/", "http://pictures.example/ok?@127.0.0.1:80/"):
        assert fetch.fetch_image(url).data == PICTURE
    assert {host for host, _ in world.asked} == {"pictures.example"}


def test_line_breaks_in_escapes_stay_escapes(world: World) -> None:
    refused("http://pictures.example/%0d%0aHost:%20inside%0d%0a/ü")
    assert world.asked == [("pictures.example", "/%0d%0aHost:%20inside%0d%0a/%C3%BC")]


@pytest.mark.parametrize("name", ["metadata.google.internal", "127.0.0.1.nip.example", "db", "half.example"])
def test_names_that_lead_inside(world: World, name: str) -> None:
    world.numbers |= {
        "metadata.google.internal": ["169.254.169.254"],
        "127.0.0.1.nip.example": ["127.0.0.1"],
        "db": ["10.0.0.5"],
        "half.example": [PUBLIC, "::ffff:10.0.0.1"],
    }
    assert refused(f"http://{name}/").code == "invalid_image_url"
    assert world.connected == []


def test_a_name_is_asked_for_once_and_its_number_is_used(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([[PUBLIC], ["127.0.0.1"], ["127.0.0.1"]])
    looked: list[str] = []

    def getaddrinfo(host: str, port: int, type: int = 0) -> Any:
        looked.append(host)
        return [(socket.AF_INET, type, 0, "", (next(answers)[0], port))]

    monkeypatch.setattr(fetch.socket, "getaddrinfo", getaddrinfo)
    assert fetch.fetch_image("http://rebinding.example/ok").data == PICTURE
    assert (looked, world.connected) == (["rebinding.example"], [(PUBLIC, 80)])


# --- Redirects -------------------------------------------------------------------------------------------


def test_redirects_that_are_followed(world: World) -> None:
    world.pages |= {"/a/b": to("../c?x=1", 301), "/c": to("//other.example/d", 308), "/d": to("/ok", 307)}
    assert fetch.fetch_image("http://pictures.example/a/b").data == PICTURE
    ways = [f"{host}{path}" for host, path in world.asked]
    assert ways == ["pictures.example/a/b", "pictures.example/c?x=1", "other.example/d", "other.example/ok"]


def test_a_chain_that_is_too_long(world: World) -> None:
    world.pages |= {f"/{step}": to(f"/{step + 1}") for step in range(5)}
    assert refused("http://pictures.example/0").code == "failed_image_download"
    assert len(world.asked) == 1 + fetch.REDIRECTS


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1/", "http://[::1]/", "http://169.254.169.254/latest/meta-data/", "http://inside.example/",
        "file:///etc/passwd", "gopher://127.0.0.1:6379/_FLUSHALL", "http://pictures.example:6379/", "data:,x",
        "http://a@other.example/", "//127.0.0.1/", "\\\\127.0.0.1\\x", "http:127.0.0.1/",
    ],
)  # fmt: skip
def test_redirects_that_lead_elsewhere(world: World, location: str) -> None:
    world.numbers["inside.example"] = ["192.168.1.1"]
    world.pages["/away"] = to(location, 307)
    assert refused("http://pictures.example/away").code in {"invalid_image_url", "failed_image_download"}
    assert world.connected == [(PUBLIC, 80)] or {number for number, _ in world.connected} == {PUBLIC}


# --- Bodies ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (chunks_without_end, "file_too_large"),
        (plain(200, b"x" * 200_000), "file_too_large"),
        (plain(200, PICTURE, Content_Length="99999"), "failed_image_download"),
        (plain(200, PICTURE, Content_Length="10000000000"), "failed_image_download"),
        (plain(401, WWW_Authenticate="Basic"), "failed_image_download"),
        (plain(404), "failed_image_download"),
        (plain(500, PICTURE), "failed_image_download"),
        (plain(204), "failed_image_download"),
        (plain(304), "failed_image_download"),
        (headers_without_end, "failed_image_download"),
        (not_http, "failed_image_download"),
    ],
    ids=range(11),
)
@override_settings(IMAGE_LIMITS=Limits(max_bytes=100_000))
def test_answers_that_are_no_picture(world: World, answer: Answer, code: str) -> None:
    world.pages["/it"] = answer
    assert refused("http://pictures.example/it").code == code


def test_a_status_is_told(world: World) -> None:
    refusal = refused("http://pictures.example/nothing")
    assert refusal.facts["http_status"] == 404 and "its server answered 404" in str(refusal)


def test_who_says_nothing_is_left(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "PICTURE", fetch._Question(patience=0.2))
    monkeypatch.setattr(fetch._ask, "__defaults__", (fetch.PICTURE,))
    world.pages["/it"] = mute
    began = time.monotonic()
    assert refused("http://pictures.example/it").code == "failed_image_download"
    assert time.monotonic() - began < 2


def test_a_packed_body_is_not_unpacked(world: World) -> None:
    """It is asked for as it is; what comes packed all the same is no picture, and no bomb."""
    bomb = gzip.compress(bytes(30_000_000))
    world.pages["/bomb"] = plain(200, bomb, Content_Encoding="gzip", Content_Type="image/png")
    assert fetch.fetch_image("http://pictures.example/bomb").data == bomb


# --- Certificates ----------------------------------------------------------------------------------------


@contextlib.contextmanager
def behind_tls(world: World, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The next connections meet a server with this certificate."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            world.asked.append((self.headers["Host"], self.path))
            plain(200, PICTURE)(self)

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *args: None  # type: ignore[method-assign]  # a client that hangs up is what we want
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    monkeypatch.setattr(
        fetch.socket, "create_connection", lambda address, timeout: arrive(server.server_port, timeout)
    )
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("fault", ["", "self-signed", "expired", "wrong host"])
def test_certificates_are_checked(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    name = "elsewhere.example" if fault == "wrong host" else "pictures.example"
    certificate, authority = certificates(name, tmp_path, days=-2 if fault == "expired" else 1)
    if fault != "self-signed":
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    with behind_tls(world, certificate, monkeypatch):
        if fault:
            assert refused("https://pictures.example/ok").code == "failed_image_download"
            assert world.asked == []
        else:
            assert fetch.fetch_image("https://pictures.example/ok").data == PICTURE


def test_a_redirect_out_of_tls_is_not_followed() -> None:
    assert fetch._next("https://pictures.example/", "/b") == "https://pictures.example/b"
    with pytest.raises(Refused) as caught:
        fetch._next("https://pictures.example/", "http://pictures.example/b")
    assert caught.value.code == "failed_image_download"


# --- Floods ----------------------------------------------------------------------------------------------


def test_a_hundred_at_once_of_one_owner_are_four() -> None:
    """Another's turns are not taken; and every turn comes back."""
    inside, most, lock = [0], [0], threading.Lock()

    def load() -> str:
        with downloads.turn("user:1"):
            with lock:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
            time.sleep(0.3)
            with downloads.turn("user:2"):
                pass
            with lock:
                inside[0] -= 1
        return "loaded"

    answers = at_once(*[load] * 100)
    assert most[0] <= downloads.AT_ONCE
    refusals = [answer for answer in answers if isinstance(answer, Refused)]
    assert {refusal.code for refusal in refusals} == {"too_many_downloads"}
    assert len(refusals) >= 90 and answers.count("loaded") >= downloads.AT_ONCE
    assert not downloads._running
