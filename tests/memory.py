"""The most memory a process held, in kB.

Not getrusage: what it calls the maximum begins, in a new process, with that of the process that started it.
"""

import re
import resource
import sys
from pathlib import Path

STATUS = Path("/proc/self/status")


def peak_kb() -> int:
    if not STATUS.is_file():
        scale = 1024 if sys.platform == "darwin" else 1  # macOS counts bytes
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // scale
    found = re.search(r"VmHWM:\s+(\d+)", STATUS.read_text())
    assert found
    return int(found[1])


def forget_peak() -> int:
    """Begins to count anew, where the system can; returns the peak from which it counts."""
    if STATUS.is_file():
        Path("/proc/self/clear_refs").write_text("5")
    return peak_kb()
