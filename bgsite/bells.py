"""Doorbells between the processes of one machine: who waits sleeps until somebody rings, and does not ask meanwhile.

A bell is a named pipe in a folder; ringing writes one byte into every pipe of the folder. A ring between two waits
is kept by the pipe, so none is missed. A pipe whose owner died has no reader, which a ringer is told by the system:
it removes the pipe. On a file system without named pipes the wait is a short sleep, as it would be without bells.
"""

from __future__ import annotations

import errno
import os
import select
import time
import uuid
from contextlib import suppress
from pathlib import Path

WITHOUT_PIPES = 0.02  # seconds between two looks where nobody can ring


class Bell:
    """One that hears what is rung in a folder."""

    def __init__(self, folder: Path) -> None:
        self._pipe: int | None = None
        self._path = folder / f"{uuid.uuid4().hex}.bell"
        with suppress(OSError, AttributeError):  # no such thing on this file system, or on this platform
            folder.mkdir(parents=True, exist_ok=True)
            os.mkfifo(self._path, 0o600)
            # For reading and writing: a pipe that only others write to ends with the first of them.
            self._pipe = os.open(self._path, os.O_RDWR | os.O_NONBLOCK)
            self._poll = select.poll()
            self._poll.register(self._pipe, select.POLLIN)

    def wait(self, seconds: float) -> None:
        """Until it is rung, but not longer than so many seconds; at once when it was since the last wait."""
        if self._pipe is None:
            time.sleep(min(seconds, WITHOUT_PIPES))
        elif self._poll.poll(max(0.0, 1000 * seconds)):
            with suppress(BlockingIOError):  # another thread of the owner heard it
                os.read(self._pipe, 65536)

    def ring(self) -> None:
        """Ends the owner's own wait, from another thread."""
        if self._pipe is not None:
            _write(self._pipe)

    def close(self) -> None:
        if self._pipe is not None:
            os.close(self._pipe)
            self._pipe = None
            self._path.unlink(missing_ok=True)


def ring(folder: Path) -> None:
    """Wakes all who wait at this folder. Never fails: who is not woken looks by itself after a while."""
    for path in folder.glob("*.bell"):
        try:
            pipe = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno == errno.ENXIO:  # its owner died
                path.unlink(missing_ok=True)
            continue
        try:
            _write(pipe)
        finally:
            os.close(pipe)


def _write(pipe: int) -> None:
    with suppress(BlockingIOError, BrokenPipeError):  # it rings already, or its owner has just died
        os.write(pipe, b"\0")
