"""Loads a picture from an address that a user gave, or posts to one, and never reaches anything but public hosts.

The name is resolved once, every address it has must be public, and the connection goes to the address that was
checked (so a second, different answer of the name server changes nothing). Each redirect is a new address with the
same checks. Sizes and times are counted while reading. What came back is not trusted either: it goes through the
same door as an uploaded file.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from django.conf import settings

from processing.errors import Refused
from processing.jobs import Upload
from processing.uploads import too_large

CONNECT_SECONDS = 3.0
READ_SECONDS = 5.0
TOTAL_SECONDS = 15.0
REDIRECTS = 3
PORTS = {"http": 80, "https": 443}
LONGEST = 2048  # characters of an address
CHUNK = 64 * 1024
WHY = {
    "status": "its server answered {http_status}",
    "redirects": "it redirects too often, to nowhere, or out of https",
    "name": "its host name is not found",
    "connection": "its server cannot be reached, or broke off",
    "cut short": "it ended too early, or took too long",
    "attempts": "it was tried several times",
}
HEADERS = {"Accept": "image/*", "Accept-Encoding": "identity", "User-Agent": "bgsite"}

# Blocks that are reserved, private or special (IANA registries, 2026), spelled out because ipaddress.is_private
# and is_global disagree between Python versions and miss carrier-grade NAT and several tunnels.
NOT_PUBLIC_V4 = tuple(
    ipaddress.ip_network(block)
    for block in (
        "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 "
        "192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 "
        "168.63.129.16/32"  # a cloud's wire server that answers on a public number
    ).split()
)
GLOBAL_V6 = ipaddress.ip_network("2000::/3")
NOT_PUBLIC_V6 = tuple(
    ipaddress.ip_network(block) for block in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Target:
    """An address after its checks: where to connect, and under which name."""

    scheme: str
    host: str
    port: int
    path: str
    address: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said to a post: `start` is the beginning of the body, `headers` have lower-case names."""

    status: int
    headers: Mapping[str, str]
    start: bytes


def failed(reason: str, **facts: Any) -> Refused:
    """`reason` is a word for programs, a key of WHY; people are told why."""
    why = WHY[reason].format_map(facts)
    return Refused("failed_image_download", reason=reason, why=why, **facts)


def is_public(address: Address) -> bool:
    """Whether a connection to this number leaves for the public internet."""
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in block for block in NOT_PUBLIC_V4)
    if address.ipv4_mapped is not None:
        return is_public(address.ipv4_mapped)
    return address in GLOBAL_V6 and not any(address in block for block in NOT_PUBLIC_V6)


def fetch_image(url: str, most: int = 0) -> Upload:
    """The bytes at a public address, with the last part of its path as name. Refused: invalid_image_url,
    failed_image_download, file_too_large. `most` bytes; 0 = as many as an upload may have."""
    deadline = time.monotonic() + TOTAL_SECONDS
    for _ in range(REDIRECTS + 1):
        target = check(url)
        answer, connection = _ask(target, deadline)
        with contextlib.closing(connection):
            if answer.status in {301, 302, 303, 307, 308}:
                url = _next(url, answer.getheader("Location"))
                continue
            if answer.status != 200:
                raise failed("status", http_status=answer.status)
            return Upload(
                _name(target.path), _body(answer, deadline, most or settings.IMAGE_LIMITS.max_bytes)
            )
    raise failed("redirects")


def post(
    url: str, body: bytes, headers: Mapping[str, str], most: int, inside: Collection[str] = ()
) -> Answer:
    """Posts and gives the answer, whatever its status; a redirect is an answer and is not followed. At most `most`
    bytes of it are read. `inside`: see `check`. Refused as for `fetch_image`."""
    deadline = time.monotonic() + TOTAL_SECONDS
    target = check(url, inside)
    answer, connection = _ask(target, deadline, _Question("POST", headers, body, TOTAL_SECONDS))
    with contextlib.closing(connection):
        names = {name.lower(): value for name, value in answer.getheaders()}
        with contextlib.suppress(OSError, http.client.HTTPException):  # the status came, and decides
            return Answer(answer.status, names, answer.read(most))
        return Answer(answer.status, names, b"")


def check(url: str, inside: Collection[str] = ()) -> Target:
    """Parses and resolves; Refused unless scheme, port, spelling and every address of the host are fine. `inside`
    names hosts (`name:port`) that the operator allows although they are not public."""
    if len(url) > LONGEST or re.search(r"[\s\\\x00-\x1f\x7f]", url):
        raise Refused("invalid_image_url")
    try:
        parts = urlsplit(url)
        wanted = PORTS[parts.scheme]
        port = parts.port or wanted
        host = (parts.hostname or "").rstrip(".").encode("idna").decode("ascii")
    except (ValueError, KeyError, UnicodeError):
        raise Refused("invalid_image_url") from None
    allowed = f"{host}:{port}" in inside
    if not host or "%" in host or parts.username is not None or (port != wanted and not allowed):
        raise Refused("invalid_image_url")
    path = parts.path or "/"
    query = f"?{parts.query}" if parts.query else ""
    address = _addresses(host, port)[0] if allowed else resolve(host, port)
    return Target(parts.scheme, host, port, _ascii(path + query), address)


def _addresses(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise failed("name") from None
    return [str(entry[4][0]) for entry in found]


def resolve(host: str, port: int) -> str:
    """The first address of a name all of whose addresses are public."""
    addresses = _addresses(host, port)
    if not addresses or not all(is_public(ipaddress.ip_address(one.partition("%")[0])) for one in addresses):
        raise Refused("invalid_image_url")
    return addresses[0]


@dataclass(frozen=True, slots=True)
class _Question:
    """`patience`: seconds that one read may take."""

    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=lambda: HEADERS)
    body: bytes | None = None
    patience: float = READ_SECONDS


PICTURE = _Question()


class _Connection:
    """An http.client connection to the checked number, closed at the end of its block.

    A timer cuts it at the deadline: a server that sends a byte now and then keeps every single read in time.
    """

    def __init__(self, target: Target, deadline: float, patience: float) -> None:
        self.http = http.client.HTTPConnection(target.host, target.port, timeout=patience)
        self.http.default_port = PORTS[target.scheme]  # so that Host names a port only where it is unusual
        self.timer = threading.Timer(max(0.0, deadline - time.monotonic()), self._cut)
        # http.client forgets its socket once an answer ends the connection, so it is kept here to be cut.
        self.sock = socket.create_connection((target.address, target.port), timeout=CONNECT_SECONDS)
        self.sock.settimeout(patience)
        self.timer.start()
        if target.scheme == "https":
            self._start_tls(target.host)
        self.http.sock = self.sock

    def _start_tls(self, host: str) -> None:
        tls = ssl.create_default_context()
        self.sock = tls.wrap_socket(self.sock, server_hostname=host, do_handshake_on_connect=False)
        try:
            self.sock.do_handshake()  # from here the timer can cut it
        except OSError:
            self.close()
            raise

    def _cut(self) -> None:
        with contextlib.suppress(OSError):  # closed meanwhile: nothing is left to cut
            self.sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.timer.cancel()
        self.http.close()
        self.sock.close()


def _ask(
    target: Target, deadline: float, question: _Question = PICTURE
) -> tuple[http.client.HTTPResponse, _Connection]:
    """The answer's head; the body waits in the open connection, which the caller closes."""
    try:
        connection = _Connection(target, deadline, question.patience)
    except OSError:
        raise failed("connection") from None
    try:
        connection.http.request(
            question.method, target.path, body=question.body, headers=dict(question.headers)
        )
        return connection.http.getresponse(), connection
    except (OSError, http.client.HTTPException):
        connection.close()
        raise failed("connection") from None


def _body(answer: http.client.HTTPResponse, deadline: float, most: int) -> bytes:
    data = bytearray()
    for chunk in iter(_reader(answer), b""):
        data += chunk
        if len(data) > most:
            raise too_large(len(data))
    if answer.length or time.monotonic() > deadline:  # cut short by the server, or by our timer
        raise failed("cut short")
    return bytes(data)


def _reader(answer: http.client.HTTPResponse) -> Callable[[], bytes]:
    def read() -> bytes:
        try:
            return answer.read1(CHUNK)
        except (OSError, http.client.HTTPException):
            raise failed("connection") from None

    return read


def _next(url: str, location: str | None) -> str:
    if not location:
        raise failed("redirects")
    target = urljoin(url, location)
    if url.startswith("https:") and not target.startswith("https:"):
        raise failed("redirects")
    return target


def _ascii(path: str) -> str:
    return "".join(
        char if char.isascii() else "".join(f"%{byte:02X}" for byte in char.encode()) for char in path
    )


def _name(path: str) -> str:
    return unquote(path.partition("?")[0]).rpartition("/")[2] or "photo"
