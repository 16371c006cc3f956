"""Bria and remove.bg on 127.0.0.1, as their documentation and recorded traffic describe them, with faults on request.

Each answers a picture with the matte of what is bright in it. `script` holds replies that are given first, one for
each request to the API; what came in is in `seen`.
"""

from __future__ import annotations

import base64
import io
import json
import threading
import uuid
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, TypeVar

import numpy as np
from PIL import Image

KEY = "a-secret-key-0123456789"
RESULTS = "/results/"

S = TypeVar("S", bound="Server")


@dataclass
class Reply:
    """`hang`: nothing is ever sent. `missing`: so many bytes of the promised body never come.
    `drip`: the body comes byte by byte."""

    status: int = 200
    body: bytes | dict[str, Any] = b""
    headers: dict[str, str] = field(default_factory=dict)
    hang: bool = False
    missing: int = 0
    drip: bool = False

    @property
    def data(self) -> bytes:
        return json.dumps(self.body).encode() if isinstance(self.body, dict) else self.body


@dataclass
class Seen:
    method: str
    path: str
    headers: Message
    body: bytes

    def json(self) -> dict[str, Any]:
        return dict(json.loads(self.body))

    def form(self) -> dict[str, bytes]:
        """The fields of a multipart body."""
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        parts: Any = BytesParser().parsebytes(head + self.body).get_payload()
        return {
            part.get_param("name", header="content-disposition"): part.get_payload(decode=True)
            for part in parts
        }


@dataclass
class Server:
    """Base of both: replays the script, keeps what came in, serves result files to anybody."""

    url: str = ""
    script: deque[Reply] = field(default_factory=deque)
    seen: list[Seen] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    over: threading.Event = field(default_factory=threading.Event)
    header: ClassVar[str]

    def answer(self, seen: Seen) -> Reply:
        self.seen.append(seen)
        if seen.path.startswith(RESULTS) and not self.script:
            data = self.files.get(seen.path)
            return Reply(200, data, {"Content-Type": "image/png"}) if data else Reply(404)
        if self.script:
            return self.script.popleft()
        if seen.headers.get(self.header) != KEY:
            return self.refused_key()
        return self.api(seen)

    def refused_key(self) -> Reply:
        raise NotImplementedError

    def api(self, seen: Seen) -> Reply:
        raise NotImplementedError

    def put(self, data: bytes) -> str:
        """The address of a new result file."""
        path = f"{RESULTS}{uuid.uuid4().hex}.png"
        self.files[path] = data
        return self.url + path


@dataclass
class RemoveBg(Server):
    header: ClassVar[str] = "X-Api-Key"

    def refused_key(self) -> Reply:
        return removebg_error(403, "auth_failed", "API Key invalid")

    def api(self, seen: Seen) -> Reply:
        if (seen.method, seen.path) != ("POST", "/v1.0/removebg"):
            return Reply(404)
        form = seen.form()
        if "image_file" not in form:
            return removebg_error(400, "missing_source", "No image given")
        matte = brightness(form["image_file"])
        if matte.max() == 0:
            return removebg_error(400, "unknown_foreground", "Could not identify foreground in image.")
        body = png(matte) if form.get("channels") == b"alpha" else cutout(matte)
        return Reply(200, body, {"Content-Type": "image/png", "X-Credits-Charged": "1", "X-Type": "other"})


@dataclass
class Bria(Server):
    """`polls`: how often a request is still in progress when asked."""

    header: ClassVar[str] = "api_token"
    polls: int = 2
    waiting: dict[str, int] = field(default_factory=dict)
    done: dict[str, str] = field(default_factory=dict)

    def refused_key(self) -> Reply:
        return bria_error(401, "Invalid token")

    def api(self, seen: Seen) -> Reply:
        if seen.path == "/v1/background/remove":
            return Reply(200, {"result_url": self.put(cutout(brightness(seen.form()["file"])))})
        if seen.path == "/v2/image/edit/remove_background":
            return self.accepted(seen.json())
        if seen.path.startswith("/v2/status/"):
            return self.status(seen.path.rpartition("/")[2])
        return bria_error(404, "Not found")

    def accepted(self, body: dict[str, Any]) -> Reply:
        request_id = uuid.uuid4().hex
        address = self.put(cutout(brightness(base64.b64decode(body["image"], validate=True))))
        if body["sync"]:
            return Reply(200, {"result": {"image_url": address}, "request_id": request_id})
        self.waiting[request_id], self.done[request_id] = self.polls, address
        # The real one names its own host, which a gateway in front of it does not change.
        status_url = f"https://engine.prod.bria-api.com/v2/status/{request_id}"
        return Reply(202, {"request_id": request_id, "status_url": status_url})

    def status(self, request_id: str) -> Reply:
        if request_id not in self.done:
            return bria_error(404, "Unknown request")
        self.waiting[request_id] -= 1
        if self.waiting[request_id] >= 0:
            return Reply(200, {"status": "IN_PROGRESS", "request_id": request_id})
        result = {"image_url": self.done[request_id]}
        return Reply(200, {"status": "COMPLETED", "result": result, "request_id": request_id})


def removebg_error(status: int, code: str, title: str = "Error", **headers: str) -> Reply:
    return Reply(status, {"errors": [{"title": title, "code": code}]}, headers)


def bria_error(status: int, message: str = "Error") -> Reply:
    error = {"code": status, "message": message, "details": f"{message} {KEY}"}
    return Reply(status, {"error": error, "request_id": uuid.uuid4().hex})


def brightness(data: bytes) -> np.ndarray:
    """The matte of a picture: 255 where it is bright."""
    rgb = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    return np.where(rgb.max(axis=2) > 128, 255, 0).astype(np.uint8)


def png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def cutout(matte: np.ndarray) -> bytes:
    return png(np.dstack([matte // 2, matte // 3, matte // 4, matte]))


@contextmanager
def serving(server: S) -> Iterator[S]:
    """Serves on a free port of 127.0.0.1 until the block ends."""
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server))
    httpd.daemon_threads = True
    server.url = f"http://127.0.0.1:{httpd.server_port}"
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        httpd.shutdown()
        httpd.server_close()
        thread.join()


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            reply = server.answer(Seen(self.command, self.path, self.headers, body))
            if reply.hang:
                server.over.wait()
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.data) + reply.missing))
            self.end_headers()
            pieces = [bytes([byte]) for byte in reply.data] if reply.drip else [reply.data]
            for piece in pieces:
                self.wfile.write(piece)
                if reply.drip and server.over.wait(0.02):
                    break
            self.close_connection = bool(reply.missing)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *args: object) -> None:
            pass

    return Handler
