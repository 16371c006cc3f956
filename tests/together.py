"""Many threads at once, each with a database connection of its own, as the threads of the web process have."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connection

T = TypeVar("T")


def at_once(*steps: Callable[[], T]) -> list[T | Exception]:
    """Starts all steps at the same moment; what each gave back or raised, in their order."""
    start = threading.Barrier(len(steps))

    def run(step: Callable[[], T]) -> T | Exception:
        start.wait()
        try:
            return step()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(steps)) as pool:
        return list(pool.map(run, steps))
