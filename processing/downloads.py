"""How many addresses are loaded for one owner at the same time: somebody whose addresses answer slowly must not hold
every thread of the site, nor make it knock at another's door a hundred times at once. Counted in each web process."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from processing.errors import Refused

AT_ONCE = 4
AGAIN_SECONDS = 2

_lock = threading.Lock()
_running: Counter[str] = Counter()


@contextmanager
def turn(who: str) -> Iterator[None]:
    """One of the owner's turns, for as long as the block takes. Refused: too_many_downloads."""
    with _lock:
        if _running[who] >= AT_ONCE:
            raise Refused("too_many_downloads", limit=AT_ONCE, seconds=AGAIN_SECONDS)
        _running[who] += 1
    try:
        yield
    finally:
        with _lock:
            _running[who] -= 1
            if not _running[who]:
                del _running[who]
