"""The product's settings, for web processes that do with a photo what its name says, before anything is made of it.

`dies.png` kills the process, once; `holds.png` keeps its request waiting until a file `let-go` is there.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bgsite.settings import *  # noqa: F403

MARKS = Path(os.environ["HOLD_MARKS"])  # a file for each that has begun
MIDDLEWARE = [*MIDDLEWARE, "tests.faults.holding.arm"]  # noqa: F405


def begun(name: str) -> bool:
    """Whether this is its first time."""
    is_first = not (MARKS / name).exists()
    (MARKS / name).touch()
    return is_first


def arm(get_response: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A middleware that does nothing with requests: it is where everything is loaded."""
    from processing import jobs

    submit = jobs.submit

    def submitted(owner: Any, upload: jobs.Upload, *rest: Any) -> Any:
        if upload.name == "dies.png" and begun("dies"):
            os.kill(os.getpid(), signal.SIGKILL)
        if upload.name == "holds.png" and begun("holds"):
            while not (MARKS / "let-go").exists():
                time.sleep(0.05)
        return submit(owner, upload, *rest)

    jobs.submit = submitted  # type: ignore[assignment]
    return get_response
