"""make faults: every fault of the matrix, then the storm with JOBS jobs (2000)."""

from __future__ import annotations

import os
import subprocess
import sys

PYTEST = [sys.executable, "-m", "pytest", "-q", "tests/faults", "tests/cluster"]


def main() -> int:
    surroundings = os.environ | {"STORM_JOBS": os.environ.get("JOBS", "2000")}
    embedded = subprocess.run(PYTEST, env=surroundings, check=False).returncode
    servers = [sys.executable, "-m", "tests.on_servers", *PYTEST, "-m", "both"]
    return embedded or subprocess.run(servers, env=surroundings, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
