"""Work on a picture some rows at a time, on several cores: OpenCV, numpy and ISA-L let other threads run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

Part = TypeVar("Part")
Made = TypeVar("Made")

# More threads than this wait for memory more than they compute.
MOST_THREADS = 4
# Rows of a stripe: 1-2 MB of a wide picture, which stay in the cache from one step to the next.
ROWS = 64


def each(work: Callable[[Part], Made], parts: Iterable[Part]) -> list[Made]:
    """Return `work(part)` of each part, in order, the parts shared out to threads; raises what `work` raises.

    `work` must not call `each` itself. Parts are cut by size alone, so that no result depends on the machine.
    """
    listed = list(parts)
    if len(listed) < 2 or _threads() < 2:
        return [work(part) for part in listed]
    return list(_pool().map(work, listed))


def stripes(height: int, rows: int = ROWS) -> list[slice]:
    """The rows of a picture, `rows` at a time from the top."""
    return [slice(top, min(top + rows, height)) for top in range(0, height, rows)]


def _threads() -> int:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(MOST_THREADS, cores)


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_threads(), thread_name_prefix="stripes")


# The threads of a pool do not exist in a forked process.
os.register_at_fork(after_in_child=_pool.cache_clear)
