"""Searches for input that breaks a reader, led by coverage: python -m tests.fuzz [TARGET ...] --seconds 60.

Needs atheris (`make fuzz` installs it; Linux). A find is written to var/fuzz and ends the search with an error.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

FOUND = Path("var") / "fuzz"
LONGEST = 20_000  # bytes of one input
SECONDS_OF_ONE = 20  # an input that takes longer is a find
MEMORY_MB = 2500


def main() -> int:
    parser = argparse.ArgumentParser(description="Turns over what strangers send.")
    parser.add_argument("targets", nargs="*", help="all of them, if none is named")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    if asked.inside:
        return _search(asked.targets[0], asked.seconds)
    import django

    django.setup()
    from tests.fuzz.targets import TARGETS

    names = asked.targets or list(TARGETS)
    unknown = set(names) - TARGETS.keys()
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(TARGETS)}")
    # A process for each, as a find may be a crash.
    codes = {
        name: subprocess.run(
            [sys.executable, "-m", "tests.fuzz", name, "--inside", "--seconds", str(asked.seconds)],
            check=False,
        ).returncode
        for name in names
    }
    for name, code in codes.items():
        print(f"{name}: {'nothing found' if code == 0 else f'FOUND something, see {FOUND / name}'}")
    return int(any(codes.values()))


def _search(name: str, seconds: int) -> int:
    import atheris
    import django

    with atheris.instrument_imports(include=["processing", "PIL", "zipfile", "json"]):
        django.setup()
        from tests.fuzz import targets
    corpus = FOUND / name / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(targets.seeds(name)):
        (corpus / f"seed-{number}").write_bytes(seed)
    atheris.Setup(
        [
            "fuzz",
            str(corpus),
            f"-max_total_time={seconds}",
            f"-max_len={LONGEST}",
            f"-timeout={SECONDS_OF_ONE}",
            f"-rss_limit_mb={MEMORY_MB}",
            f"-artifact_prefix={FOUND / name}/",
            "-print_final_stats=0",
            "-verbosity=0",
        ],
        lambda data: targets.TARGETS[name](data) and None,
    )
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
