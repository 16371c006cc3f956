"""Addresses of users: what is loaded, and that nothing but the public internet is ever reached.

The local server stands in for the public internet: `resolve` is replaced where a picture must really be loaded, and
left alone where an address must be refused. Every server counts its connections, so "refused" means untouched.
"""

import http.server
import ipaddress
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from django.test import override_settings

from processing import fetch
from processing.errors import Refused
from processing.pipeline.probe import Limits

PICTURE = b"\x89PNG\r\n\x1a\n" + b"pixels" * 100
LARGE = 20_000_000  # bytes


class Site(http.server.BaseHTTPRequestHandler):
    """Answers by path; counts what reached it."""

    reached: list[str]

    def do_GET(self) -> None:
        self.reached.append(self.path)
        getattr(self, f"answer_{self.path.strip('/').partition('/')[0]}", self.answer_missing)()

    def answer_ok(self) -> None:
        self._send(200, PICTURE)

    def answer_missing(self) -> None:
        self._send(404, b"no")

    def answer_once(self) -> None:
        self._redirect("/ok/picture.png")

    def answer_loop(self) -> None:
        self._redirect("/loop")

    def answer_inside(self) -> None:
        self._redirect("http://127.0.0.1:80/ok")

    def answer_file(self) -> None:
        self._redirect("file:///etc/passwd")

    def answer_nowhere(self) -> None:
        self.send_response(302)
        self.end_headers()

    def answer_endless(self) -> None:
        self.send_response(200)
        self.end_headers()
        for _ in range(10_000):
            self.wfile.write(b"x" * 10_000)

    def answer_drip(self) -> None:
        self.send_response(200)
        self.end_headers()
        for _ in range(100):
            self.wfile.write(b"x")
            self.wfile.flush()
            time.sleep(0.1)

    def answer_large(self) -> None:
        """20 MB in pieces, as a slow line brings them."""
        self.send_response(200)
        self.send_header("Content-Length", str(LARGE))
        self.end_headers()
        for _ in range(LARGE // 500_000):
            self.wfile.write(b"x" * 500_000)

    def answer_short(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"only this")

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _redirect(self, location: str) -> None:
        self.send_response(302)
        self.send_header("Location", location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[tuple[int, list[str]]]:
    reached: list[str] = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Here", (Site,), {"reached": reached}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port, reached
    server.shutdown()
    server.server_close()


@pytest.fixture
def public(site: tuple[int, list[str]], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The site as if it were public under http://pictures.example: only that name leads to it."""
    port, reached = site

    def resolve(host: str, port: int) -> str:
        if host == "pictures.example":
            return "127.0.0.1"
        raise Refused("invalid_image_url")

    real = socket.create_connection
    monkeypatch.setattr(fetch, "resolve", resolve)
    monkeypatch.setattr(
        fetch.socket, "create_connection", lambda address, timeout: real((address[0], port), timeout)
    )
    return reached


def refused(url: str) -> str:
    with pytest.raises(Refused) as caught:
        fetch.fetch_image(url)
    return caught.value.code


def test_it_loads_a_picture(public: list[str]) -> None:
    upload = fetch.fetch_image("http://pictures.example/ok/my%20dog.png?size=1")
    assert (upload.name, upload.data) == ("my dog.png", PICTURE)
    assert public == ["/ok/my%20dog.png?size=1"]


def test_a_large_file_comes_whole(public: list[str]) -> None:
    assert len(fetch.fetch_image("http://pictures.example/large").data) == LARGE


def test_a_redirect_is_followed(public: list[str]) -> None:
    assert fetch.fetch_image("http://pictures.example/once").data == PICTURE


@pytest.mark.parametrize("path", ["missing", "loop", "nowhere"])
def test_an_address_without_a_picture(public: list[str], path: str) -> None:
    assert refused(f"http://pictures.example/{path}") == "failed_image_download"


@pytest.mark.parametrize("path", ["inside", "file"])
def test_a_redirect_to_the_inside_is_not_followed(public: list[str], path: str) -> None:
    assert refused(f"http://pictures.example/{path}") == "invalid_image_url"
    assert public == [f"/{path}"]


def test_a_body_that_ends_early_is_not_a_picture(public: list[str]) -> None:
    assert refused("http://pictures.example/short") == "failed_image_download"


@override_settings(IMAGE_LIMITS=Limits(max_bytes=100_000))
def test_a_body_without_end_is_cut_at_the_limit(public: list[str]) -> None:
    assert refused("http://pictures.example/endless") == "file_too_large"


def test_a_server_that_drips_is_cut_at_the_deadline(
    public: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "TOTAL_SECONDS", 0.5)
    assert refused("http://pictures.example/drip") == "failed_image_download"


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.org/a.png",
        "gopher://127.0.0.1:70/",
        "data:image/png;base64,AAAA",
        "//example.org/a.png",
        "http:127.0.0.1",
        "http://",
        "example.org/a.png",
        "http://a@example.org/",
        "http://example.org:6379/",
        "http://example.org:99999/",
        "https://example.org:80/",
        "http://evil.example\\@127.0.0.1/",
        "http://example.org/a b.png",
        "http://example.org/\r\nHost: inside",
        "http://[fe80::1%25eth0]/",
        "http://[::1",
        "http://" + "a" * 300 + ".example/",
        "http://example.org/" + "a" * 3000,
    ],
)
def test_a_spelling_that_is_not_taken(url: str) -> None:
    assert refused(url) == "invalid_image_url"


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost.",
        "127.0.0.1",
        "127.1",
        "0",
        "0.0.0.0",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "①②⑦.⓪.⓪.①",
        "169.254.169.254",
        "2852039166",
        "100.100.100.200",
        "192.168.1.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[fd00:ec2::254]",
    ],
)
def test_a_host_inside_is_never_reached(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*args: object, **kwargs: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(fetch.socket, "create_connection", never)
    assert refused(f"http://{host}/") in {"invalid_image_url", "failed_image_download"}


@pytest.mark.parametrize(
    "number",
    """0.0.0.1 10.1.2.3 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254 168.63.129.16 169.254.169.254 172.16.0.1
    172.31.255.255 192.0.0.192 192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1
    240.0.0.1 255.255.255.255 :: ::1 ::ffff:10.0.0.1 ::ffff:100.64.0.1 ::127.0.0.1 64:ff9b::7f00:1 64:ff9b:1::1
    2001::1 2001:db8::1 2002:7f00:1:: 3fff::1 fc00::1 fd00:ec2::254 fe80::1 fec0::1 ff02::1""".split(),
)
def test_a_number_that_is_not_public(number: str) -> None:
    assert not fetch.is_public(ipaddress.ip_address(number))


@pytest.mark.parametrize(
    "number", ["8.8.8.8", "93.184.215.14", "172.32.0.1", "2606:4700::1111", "2a00:1450::1"]
)
def test_a_number_that_is_public(number: str) -> None:
    assert fetch.is_public(ipaddress.ip_address(number))


def answers(*numbers: str):
    def getaddrinfo(host: str, port: int, type: int = 0):
        return [(socket.AF_INET, type, 0, "", (number, port)) for number in numbers]

    return getaddrinfo


def test_a_name_with_one_private_number_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch.socket, "getaddrinfo", answers("93.184.215.14", "10.0.0.1"))
    assert refused("http://half.example/") == "invalid_image_url"


def test_the_checked_number_is_the_one_that_is_connected(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name server that answers something else the second time (rebinding) changes nothing."""
    tried: list[tuple[str, int]] = []
    monkeypatch.setattr(fetch.socket, "getaddrinfo", answers("93.184.215.14"))

    def connect(address: tuple[str, int], timeout: float) -> None:
        monkeypatch.setattr(fetch.socket, "getaddrinfo", answers("127.0.0.1"))
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(fetch.socket, "create_connection", connect)
    assert refused("http://rebinding.example/") == "failed_image_download"
    assert tried == [("93.184.215.14", 80)]
