"""Proves uploads in separate processes, so that no picture can take the web process with it.

A few of them wait for pictures; one that crashes, hangs or asks for too much memory is replaced, and its picture is
refused as unreadable. With DECODER_PROCESSES=0 pictures are proved in the process itself.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from django.conf import settings

from processing.pipeline import probe
from processing.pipeline.decoder_process import ANSWER, QUESTION
from processing.pipeline.errors import PipelineError
from processing.pipeline.probe import Limits, Probe

log = logging.getLogger(__name__)

SECONDS = 20.0  # for one picture; the largest take two
COMMAND = (sys.executable, "-m", "processing.pipeline.decoder_process")
# No secret of this process is in the other's environment.
KEPT = {
    name: os.environ[name] for name in ("PATH", "LANG", "LD_LIBRARY_PATH", "SYSTEMROOT") if name in os.environ
}


class Decoder:
    """One separate process; it proves one picture at a time."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            COMMAND, cwd=settings.BASE_DIR, env=KEPT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.owner = os.getpid()

    @property
    def is_mine(self) -> bool:
        """False after a fork: the pipes are the parent's, and two who read from them would mix up answers."""
        return self.owner == os.getpid() and self.process.poll() is None

    def ask(self, data: bytes, limits: Limits) -> dict[str, Any] | None:
        """The verdict, None when there was none: the process has ended, by itself or because it took too long."""
        timer = threading.Timer(SECONDS, self.process.kill)
        timer.start()
        try:
            return self._ask(data, json.dumps(asdict(limits)).encode())
        except OSError:  # it went away while it was asked
            return None
        finally:
            timer.cancel()

    def _ask(self, data: bytes, limits: bytes) -> dict[str, Any] | None:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(QUESTION.pack(len(limits), len(data)) + limits)
        self.process.stdin.write(data)
        self.process.stdin.flush()
        head = self.process.stdout.read(ANSWER.size)
        if len(head) < ANSWER.size:
            return None
        body = self.process.stdout.read(*ANSWER.unpack(head))
        return dict(json.loads(body))

    def end(self) -> int:
        """Ends the process and returns its exit code (negative: the signal that ended it)."""
        self.process.kill()
        with contextlib.suppress(OSError):  # what could not be written any more
            self.process.communicate()
        return self.process.returncode


class Pool:
    """At most so many decoders as are asked at once, and no more than `DECODER_PROCESSES`."""

    def __init__(self, most: int) -> None:
        self.free = threading.Semaphore(most)
        self.idle: list[Decoder] = []

    @contextlib.contextmanager
    def decoder(self) -> Iterator[Decoder]:
        with self.free:
            decoder = self._taken()
            yield decoder
            if decoder.is_mine:
                self.idle.append(decoder)

    def _taken(self) -> Decoder:
        while self.idle:
            decoder = self.idle.pop()
            if decoder.is_mine:
                return decoder
        return Decoder()

    def close(self) -> None:
        while self.idle:
            self.idle.pop().end()


pool = Pool(settings.DECODER_PROCESSES)


def verify(data: bytes, limits: Limits) -> Probe:
    """As processing.pipeline.probe.verify, in a separate process. Raises PipelineError as that does."""
    if not settings.DECODER_PROCESSES:
        return probe.verify(data, limits)
    found = probe.probe(data, limits)  # headers alone: most refusals need no other process
    with pool.decoder() as decoder:
        answer = decoder.ask(data, limits)
        if answer is None:
            log.error("A decoder of %s ended with %s and was replaced", found.format, decoder.end())
            raise PipelineError("unreadable_image", format=found.format)
    if "code" in answer:
        raise PipelineError(answer["code"], **answer["facts"])
    return Probe(**answer["probe"])
