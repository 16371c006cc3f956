"""A wire that can be cut: a proxy between the site and one of its servers, which passes, refuses, hangs, fails or is
slow, as it is told."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress

CHUNK = 1 << 16
SLOW_SECONDS = 0.1  # before each piece of what a slow server says
FAILURE = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
MODES = ("pass", "refuse", "hang", "fail", "slow")


class Wire:
    """Listens on a port of its own; `mode` may be changed at any time and holds for open connections too."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.mode = "pass"
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = int(self.listener.getsockname()[1])
        self.open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def set(self, mode: str) -> None:
        """A wire that is cut, or mended after it hung, drops what is on it."""
        assert mode in MODES
        before, self.mode = self.mode, mode
        if mode in {"refuse", "fail"} or before == "hang":
            for each in list(self.open):
                _close(each)

    def end(self) -> None:
        _close(self.listener)
        self.set("refuse")

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        if self.mode == "refuse":
            _close(near)
            return
        if self.mode == "fail":
            with suppress(OSError):
                near.recv(CHUNK)
                near.sendall(FAILURE)
            _close(near)
            return
        try:
            far = socket.create_connection(("127.0.0.1", self.target), timeout=5)
        except OSError:
            _close(near)
            return
        far.settimeout(None)
        self.open |= {near, far}
        threading.Thread(target=self._pump, args=(near, far, False), daemon=True).start()
        self._pump(far, near, True)
        self.open -= {near, far}

    def _pump(self, source: socket.socket, sink: socket.socket, answers: bool) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK):
                while self.mode == "hang":
                    time.sleep(0.05)
                if self.mode == "slow" and answers:
                    time.sleep(SLOW_SECONDS)
                sink.sendall(data)
        _close(source)
        _close(sink)


def _close(each: socket.socket) -> None:
    with suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
    each.close()
