"""A folder of mixed photos: `manage.py removebg --preset fast` against `rembg p`, whole processes in turns.

python -m bench.folder [--json] [--photos N] [--rounds N]. Photos of 0.05 to 4.2 megapixels are made from those that
lie beside the checkout. Where the command line of rembg lacks its libraries (they are an extra of the package), a
process that does what `rembg p` does, and no more, takes its place: it starts quicker.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import numpy as np

from bench.contestants import ROOT, models_dir
from bench.pictures import mixed

SMALLEST, LARGEST = 0.05, 4.2  # megapixels
STAND_IN = """
import sys
from pathlib import Path
from rembg import new_session, remove
session, (source, target) = new_session("u2net"), map(Path, sys.argv[1:])
for path in sorted(source.iterdir()):
    made = remove(path.read_bytes(), session=session, bgcolor=(0, 0, 0, 0))
    (target / path.name).with_suffix(".png").write_bytes(made)
"""


@dataclass(frozen=True)
class Folder:
    """Medians of the rounds. `speed` is rembg's time through ours, `cpu` the same in processor seconds."""

    photos: int
    megapixels: float
    ours_s: float
    rembg_s: float
    speed: float
    cpu: float


def measure(photos: int = 30, rounds: int = 3) -> Folder:
    """Make the photos and let both do them, `rounds` times in turns."""
    environment = {**os.environ, "MODELS_DIR": str(models_dir()), "U2NET_HOME": str(models_dir())}
    with tempfile.TemporaryDirectory() as name:
        source = Path(name) / "photos"
        source.mkdir()
        sizes = np.random.default_rng(1).permutation(np.geomspace(SMALLEST, LARGEST, photos))
        for number, data in enumerate(mixed([float(size) for size in sizes])):
            (source / f"{number:03}.jpg").write_bytes(data)
        environment["DATA_DIR"] = str(Path(name) / "data")
        turns = [
            [_run(command, source, photos, environment) for command in (OURS, rembg_command())]
            for _ in range(rounds)
        ]
    own, theirs = ([turn[number][0] for turn in turns] for number in (0, 1))
    speed, cpu = (median(turn[1][kind] / turn[0][kind] for turn in turns) for kind in (0, 1))
    return Folder(photos, round(float(sizes.sum()), 1), median(own), median(theirs), speed, cpu)


OURS = [sys.executable, "manage.py", "removebg", "{source}", "-o", "{target}", "--preset", "fast"]


def rembg_command() -> list[str]:
    """rembg's own command where it can run, else the stand-in."""
    if all(importlib.util.find_spec(name) for name in ("click", "filetype", "watchdog", "gradio", "asyncer")):
        return [sys.executable, "-m", "rembg.cli", "p", "-m", "u2net", "{source}", "{target}"]
    return [sys.executable, "-c", STAND_IN, "{source}", "{target}"]


def _run(command: list[str], source: Path, photos: int, environment: dict[str, str]) -> tuple[float, float]:
    """Seconds on the wall and of the processor; every photo must have its result."""
    with tempfile.TemporaryDirectory() as target:
        words = [word.format(source=source, target=target) if "{" in word[:1] else word for word in command]
        began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(words, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, check=True)
        after, seconds = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - began
        if len(list(Path(target).glob("*.png"))) != photos:
            raise RuntimeError(f"{' '.join(words[:3])} left photos out")
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def table(found: Folder) -> str:
    return (
        f"{found.photos} photos of {found.megapixels:g} MP in all: ours {found.ours_s:.1f} s, rembg p "
        f"{found.rembg_s:.1f} s, {found.speed:.2f}x faster, {found.cpu:.2f}x by processor time"
    )


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.folder", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--photos", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args(argv)
    found = measure(asked.photos, asked.rounds)
    print(json.dumps(asdict(found)) if asked.json else table(found))


if __name__ == "__main__":
    main()
