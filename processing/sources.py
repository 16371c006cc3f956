"""Photos as a worker opens them: decoded under a ceiling of memory, so that a greedy one costs its own job alone.

A decoder that crashes takes the worker's child with it; then the job's lease runs out, and after three attempts the
job fails with a code and a refund. A decoder that asks for too much is told no by the system, which is a refusal of
the photo and not the end of a process, or of its neighbours.
"""

from __future__ import annotations

import resource
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from processing import storage
from processing.models import Source
from processing.pipeline import codec
from processing.pipeline.decoder_process import ceiling

STATM = Path("/proc/self/statm")
_one = threading.Lock()  # the limit is the process's: two threads would undo each other's


def photo_of(source: Source) -> codec.Photo:
    """Refused: storage_error. PipelineError as codec.decode."""
    data = storage.read(source.file)
    with bounded():
        return codec.decode(data, settings.IMAGE_LIMITS)


@contextmanager
def bounded() -> Iterator[None]:
    """A block that decodes one picture within the limits of uploads."""
    with memory_ceiling(ceiling(settings.IMAGE_LIMITS)):
        yield


@contextmanager
def memory_ceiling(extra: int) -> Iterator[None]:
    """Within the block this process may have `extra` bytes of address space more than now (Linux alone)."""
    if sys.platform != "linux":
        yield
        return
    with _one:
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        wanted = int(STATM.read_text().split()[0]) * resource.getpagesize() + extra
        resource.setrlimit(resource.RLIMIT_AS, (min(_finite(soft, wanted), wanted), hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _finite(limit: int, otherwise: int) -> int:
    return otherwise if limit == resource.RLIM_INFINITY else limit
