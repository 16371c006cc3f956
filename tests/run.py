"""All tests, in the order in which they fail fastest: `python -m tests.run`, or `make test`.

First the quick ones, a process for each of two cores. Then three lanes beside each other, as each of them mostly
waits (for a browser, for a lease to run out, for a server): those of a browser or the real weights, those that start
and kill processes, and those marked `both` once more on PostgreSQL, Redis and S3. Every step runs, and the exit code
is that of the first that failed.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

PYTEST = [sys.executable, "-m", "pytest", "-q"]
HEAVY = "browser or weights"  # never two of these at once: a look takes both cores and much memory

QUICK = {"quick": [*PYTEST, "-n", "2", "-m", f"not ({HEAVY} or slow)"]}
LANES = {
    "browser, weights": [*PYTEST, "-m", HEAVY],
    "processes": [*PYTEST, "-m", f"slow and not ({HEAVY} or long)"],
    "on PostgreSQL, Redis and S3": [
        sys.executable,
        "-m",
        "tests.on_servers",
        *PYTEST,
        "-m",
        "both and not long",
    ],
}


def main() -> int:
    codes = [step(name, command) for name, command in QUICK.items()]
    with ThreadPoolExecutor(len(LANES)) as lanes:
        codes += lanes.map(beside, LANES, LANES.values())
    return next((code for code in codes if code), 0)


def step(name: str, command: list[str]) -> int:
    """Runs it, with its output as it comes."""
    print(f"\n--- Tests: {name}", flush=True)
    began = time.monotonic()
    code = subprocess.run(command, check=False).returncode
    _say(name, code, began)
    return code


def beside(name: str, command: list[str]) -> int:
    """Runs it while others run: its output comes in one piece when it is over."""
    began = time.monotonic()
    with tempfile.TemporaryFile("w+") as said:
        code = subprocess.run(command, stdout=said, stderr=subprocess.STDOUT, check=False).returncode
        said.seek(0)
        print(f"\n--- Tests: {name}\n{said.read()}", flush=True)
    _say(name, code, began)
    return code


def _say(name: str, code: int, began: float) -> None:
    verdict = "failed" if code else "passed"
    print(f"--- {name}: {verdict} in {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
