"""Peak memory of one contestant on one file: run as a process of its own by bench.speed.

python -m bench.peak ours|rembg FILE PRESET ENGINE prints megabytes.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from bench.contestants import models_dir, ours, rembg

CALLS = 2  # the second call shows what a first one leaves behind


def main(who: str, file: str, preset: str, engine: str) -> None:
    folder = models_dir()
    cut = ours(folder, preset, engine) if who == "ours" else rembg(folder)
    data = Path(file).read_bytes()
    for _ in range(CALLS):
        cut(data)
    print(peak_mb())


def peak_mb() -> float:
    """Most memory this process ever held, in MB."""
    status = Path("/proc/self/status")
    if status.is_file():  # ru_maxrss would count the process that started this one as well
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6  # macOS counts bytes


if __name__ == "__main__":
    main(*sys.argv[1:])
