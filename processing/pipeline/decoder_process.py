"""Proves pictures in a process of its own: `python -m processing.pipeline.decoder_process`. Started by
processing.decoder_pool.

A decoder is a large piece of C that reads what strangers send. Here its crash costs this process alone, and memory,
processor and files are bounded by the system, even when the process that asked was killed meanwhile. No environment
with secrets, no Django, no socket: bytes in, a verdict out.

A question is two lengths (big-endian, 4 bytes each), the limits as JSON, and the file; an answer is one length and
JSON. The end of the questions is the end of the process.
"""

from __future__ import annotations

import json
import resource
import signal
import struct
import sys
from dataclasses import asdict
from typing import Any, BinaryIO

from . import probe
from .errors import PipelineError
from .probe import Limits

QUESTION, ANSWER = struct.Struct(">II"), struct.Struct(">I")
BYTES_A_PIXEL = 24  # what decoding may take at most: 16-bit channels, and a few copies of them
OPEN_FILES = 64  # what its libraries read when they are first used
CPU_SECONDS = 30  # of one picture; whoever asks waits for less, but may be gone by then
BASE_BYTES = 512 * 2**20  # interpreter, libraries and the file itself


def ceiling(limits: Limits) -> int:
    """Bytes of address space that are enough for the largest picture within the limits."""
    return BASE_BYTES + BYTES_A_PIXEL * limits.max_pixels + 4 * limits.max_bytes


def serve(questions: BinaryIO, answers: BinaryIO) -> None:
    while head := questions.read(QUESTION.size):
        limits_size, data_size = QUESTION.unpack(head)
        limits = Limits(**json.loads(questions.read(limits_size)))
        bound("RLIMIT_AS", ceiling(limits))
        bound("RLIMIT_CPU", int(used_seconds()) + CPU_SECONDS)
        answer = json.dumps(verdict(questions.read(data_size), limits)).encode()
        answers.write(ANSWER.pack(len(answer)) + answer)
        answers.flush()


def verdict(data: bytes, limits: Limits) -> dict[str, Any]:
    """`probe`: what the picture is, or `code` and `facts` of its refusal."""
    try:
        return {"probe": asdict(probe.verify(data, limits))}
    except PipelineError as error:
        return {"code": error.code, "facts": error.facts}


def used_seconds() -> float:
    """Of a processor, by this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def bound(name: str, most: int) -> None:
    """Lowers a limit of this process; where the system knows none of that name, there is none."""
    kind = getattr(resource, name, None)
    if kind is not None and sys.platform != "darwin":  # macOS takes RLIMIT_AS and does not keep to it
        resource.setrlimit(kind, (most, resource.getrlimit(kind)[1]))


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asks; its end is ours
    bound("RLIMIT_CORE", 0)
    bound("RLIMIT_FSIZE", 0)  # it has no file to write
    bound("RLIMIT_NOFILE", OPEN_FILES)
    serve(sys.stdin.buffer, sys.stdout.buffer)
