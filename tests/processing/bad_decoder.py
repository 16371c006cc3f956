"""A decoder process whose decoder does to pictures of certain widths what a bug in C would do."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable

from PIL import PngImagePlugin

from processing.pipeline import decoder_process

CRASHES, EATS, HANGS, IS_KILLED, SPINS = 101, 102, 103, 104, 105  # pixels of width
WHAT: dict[int, Callable[[], object]] = {
    CRASHES: lambda: ctypes.string_at(0),
    EATS: lambda: bytearray(64 * 2**30),
    HANGS: lambda: time.sleep(600),
    SPINS: lambda: spin(),
    IS_KILLED: lambda: os.kill(os.getpid(), signal.SIGKILL),
}
load = PngImagePlugin.PngImageFile.load


def spin() -> None:
    while True:
        pass


def bad_load(picture: PngImagePlugin.PngImageFile) -> object:
    if picture.width in WHAT:
        WHAT[picture.width]()
    return load(picture)


if __name__ == "__main__":
    decoder_process.CPU_SECONDS = 2
    PngImagePlugin.PngImageFile.load = bad_load  # type: ignore[assignment, method-assign]
    decoder_process.bound("RLIMIT_CORE", 0)
    decoder_process.serve(sys.stdin.buffer, sys.stdout.buffer)
