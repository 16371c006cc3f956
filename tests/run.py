"""All tests, in the order in which they fail fastest: `python -m tests.run`, or `make test`.

Quick ones side by side; then, one after another, those that need a whole core; then the tests marked `both` once
more on PostgreSQL, Redis and S3. Every step runs, and the exit code is that of the first that failed.
"""

from __future__ import annotations

import subprocess
import sys
import time

PYTEST = [sys.executable, "-m", "pytest", "-q"]
ALONE = "browser or weights or slow"  # two at once would fight for the two cores of a small machine

STEPS = {
    "quick": [*PYTEST, "-n", "2", "-m", f"not ({ALONE})"],
    "browser, weights, processes": [*PYTEST, "-m", ALONE],
    "on PostgreSQL, Redis and S3": [sys.executable, "-m", "tests.on_servers", *PYTEST, "-m", "both"],
}


def main() -> int:
    codes = [step(name, command) for name, command in STEPS.items()]
    return next((code for code in codes if code), 0)


def step(name: str, command: list[str]) -> int:
    print(f"\n--- Tests: {name}", flush=True)
    began = time.monotonic()
    code = subprocess.run(command, check=False).returncode
    print(f"--- {name}: {'failed' if code else 'passed'} in {time.monotonic() - began:.0f} s", flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
