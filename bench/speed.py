"""Our speed and memory against rembg.remove: python -m bench.speed [--json].

Bytes to bytes, the same u2net weights, both warmed up, in turns within one process (A B A B ...), so that a
busy machine slows both. A ratio is the median of the rounds' ratios, above 1 where ours is faster. Peak memory
comes from processes of their own.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from importlib.metadata import version
from statistics import median
from typing import Any

from bench.contestants import CORES, ROOT, Cut, models_dir, ours, rembg
from bench.pictures import photo
from processing.registry.cache import Engine

SIZES = (0.2, 1.5, 12.0, 24.0)  # megapixels


@dataclass(frozen=True)
class Row:
    """One size of picture. `speed` is rembg's time through ours; `cpu` the same in processor
    seconds, which a busy machine distorts less; `memory` our peak through rembg's."""

    megapixels: float
    ours_ms: float
    rembg_ms: float
    speed: float
    cpu: float
    ours_mb: float
    rembg_mb: float
    memory: float


def main(argv: list[str] | None = None) -> None:
    asked = _parser().parse_args(argv)
    rows = measure(asked.sizes, asked.rounds, asked.preset, asked.engine, memory=not asked.no_memory)
    print(json.dumps(_report(asked, rows)) if asked.json else _table(asked, rows))


def measure(sizes: list[float], rounds: int, preset: str, engine: Engine, memory: bool = True) -> list[Row]:
    """A row for each size."""
    folder = models_dir()
    # Memory first, while this process is small: its children are counted alone, but the machine is not.
    files = {size: photo(size) for size in sizes}
    peaks = {size: _peaks(data, preset, engine) if memory else (0.0, 0.0) for size, data in files.items()}
    contestants = ours(folder, preset, engine), rembg(folder)
    return [_row(size, files[size], contestants, rounds, peaks[size]) for size in sizes]


def _row(
    size: float, data: bytes, contestants: tuple[Cut, Cut], rounds: int, peaks: tuple[float, float]
) -> Row:
    for cut in contestants:
        cut(data)
    turns = [tuple(_seconds(cut, data) for cut in contestants) for _ in range(rounds)]
    own_ms, their_ms = (median(turn[number][0] for turn in turns) * 1000 for number in (0, 1))
    speed, cpu = (median(theirs[kind] / own[kind] for own, theirs in turns) for kind in (0, 1))
    own_mb, their_mb = peaks
    memory = own_mb / their_mb if their_mb else 0.0
    return Row(size, own_ms, their_ms, speed, cpu, own_mb, their_mb, memory)


def _seconds(cut: Cut, data: bytes) -> tuple[float, float]:
    """Seconds on the wall and of all threads' processor time."""
    began, cpu = time.perf_counter(), time.process_time()
    cut(data)
    return time.perf_counter() - began, time.process_time() - cpu


def _peaks(data: bytes, preset: str, engine: Engine) -> tuple[float, float]:
    """MB of (ours, rembg), each in a process of its own."""
    with tempfile.NamedTemporaryFile(suffix=".jpg") as file:
        file.write(data)
        file.flush()
        own, theirs = (_peak(who, file.name, preset, engine) for who in ("ours", "rembg"))
    return own, theirs


def _peak(who: str, file: str, preset: str, engine: Engine) -> float:
    command = [sys.executable, "-m", "bench.peak", who, file, preset, engine]
    return float(subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout)


def _report(asked: argparse.Namespace, rows: list[Row]) -> dict[str, Any]:
    return {
        "preset": asked.preset,
        "engine": asked.engine,
        "rounds": asked.rounds,
        "cores": CORES,
        "load": round(os.getloadavg()[0], 2),
        "processor": platform.processor() or platform.machine(),
        "versions": {name: version(name) for name in ("rembg", "onnxruntime", "numpy", "pillow")},
        "speed": {f"{row.megapixels:g}": round(row.speed, 3) for row in rows},
        "cpu": {f"{row.megapixels:g}": round(row.cpu, 3) for row in rows},
        "memory": {f"{row.megapixels:g}": round(row.memory, 3) for row in rows},
        "rows": [asdict(row) for row in rows],
    }


def _table(asked: argparse.Namespace, rows: list[Row]) -> str:
    lines = [
        f"u2net, preset {asked.preset}, engine {asked.engine}, {CORES} threads, {asked.rounds} rounds, "
        f"load {os.getloadavg()[0]:.1f}",
        "    MP     ours    rembg   faster  by CPU       ours     rembg   memory",
    ]
    lines += [
        f"{row.megapixels:6g} {row.ours_ms:6.0f}ms {row.rembg_ms:6.0f}ms {row.speed:6.2f}x {row.cpu:6.2f}x "
        f"{row.ours_mb:7.0f}MB {row.rembg_mb:7.0f}MB {row.memory:7.2f}x"
        for row in rows
    ]
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.speed", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--preset", choices=("fast", "balanced", "best"), default="balanced")
    parser.add_argument("--engine", choices=("fp32", "int8", "auto"), default="fp32", help="our weights")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sizes", type=float, nargs="+", default=list(SIZES), help="megapixels")
    parser.add_argument("--no-memory", action="store_true", help="leave out the peaks, which take a minute")
    return parser


if __name__ == "__main__":
    main()
