"""Our speed and memory against rembg.remove: python -m bench.speed [--json] [--out FOLDER].

Bytes to bytes, the same u2net weights, all warmed up, in turns within one process (A B C C B A ...), so that a
busy machine slows all. A ratio is the median of the rounds' ratios, above 1 where ours is faster. Peak memory
comes from processes of their own, the folder from whole commands (bench.folder), another recipe from bench.again.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench import again, folder
from bench.contestants import ROOT, Cut, models_dir, ours, rembg
from bench.drawing import draw
from bench.pictures import photo
from bench.report import report, table
from processing.registry.cache import Engine

SIZES = (0.2, 1.5, 12.0, 24.0)  # megapixels
PRESETS = ("fast", "balanced")


@dataclass(frozen=True)
class Row:
    """One preset and size of picture. `speed` is rembg's time through ours; `cpu` the same in processor
    seconds, which a busy machine distorts less; `memory` our peak through rembg's."""

    preset: str
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
    rows = measure(
        asked.sizes, asked.rounds, asked.preset, asked.engine, memory="memory" not in asked.without
    )
    files = None if "folder" in asked.without else folder.measure(rounds=max(1, asked.rounds // 2))
    changed = (
        None if "recipe" in asked.without else again.measure(asked.rounds, asked.preset[-1], asked.engine)
    )
    found = report(rows, files, changed, engine=asked.engine, rounds=asked.rounds)
    print(json.dumps(found) if asked.json else table(found))
    if asked.out:
        asked.out.mkdir(parents=True, exist_ok=True)
        (asked.out / "speed.json").write_text(json.dumps(found, indent=1))
        (asked.out / "speed.svg").write_text(draw(found))


def measure(
    sizes: list[float], rounds: int, presets: list[str], engine: Engine, memory: bool = True
) -> list[Row]:
    """A row for each preset and size."""
    weights = models_dir()
    contestants = {preset: ours(weights, preset, engine) for preset in presets}
    everybody = [rembg(weights), *contestants.values()]
    rows = []
    for size in sizes:
        data = photo(size)
        peaks = _peaks(data, presets, engine) if memory else [0.0] * len(everybody)
        turns = _turns(everybody, data, rounds)
        rows += [
            _row(preset, size, [(turn[0], turn[at]) for turn in turns], (peaks[0], peaks[at]))
            for at, preset in enumerate(presets, 1)
        ]
    return sorted(rows, key=lambda row: (presets.index(row.preset), row.megapixels))


Times = tuple[float, float]  # on the wall, of the processor


def _turns(everybody: list[Cut], data: bytes, rounds: int) -> list[list[Times]]:
    """Forth and back, as it matters who was before: after rembg's large pictures the kernel has to make room."""
    for cut in everybody:
        cut(data)
    turns = []
    for number in range(rounds):
        forth = number % 2 == 0
        taken = [_seconds(cut, data) for cut in (everybody if forth else everybody[::-1])]
        turns.append(taken if forth else taken[::-1])
    return turns


def _row(preset: str, size: float, turns: list[tuple[Times, Times]], peaks: tuple[float, float]) -> Row:
    """`turns` and `peaks` are of (rembg, ours)."""
    their_ms, own_ms = (median(turn[number][0] for turn in turns) * 1000 for number in (0, 1))
    speed, cpu = (median(theirs[kind] / own[kind] for theirs, own in turns) for kind in (0, 1))
    their_mb, own_mb = peaks
    memory = own_mb / their_mb if their_mb else 0.0
    return Row(preset, size, own_ms, their_ms, speed, cpu, own_mb, their_mb, memory)


def _seconds(cut: Cut, data: bytes) -> Times:
    began, cpu = time.perf_counter(), time.process_time()
    cut(data)
    return time.perf_counter() - began, time.process_time() - cpu


def _peaks(data: bytes, presets: list[str], engine: Engine) -> list[float]:
    """MB of rembg and of each preset, in processes of their own."""
    with tempfile.NamedTemporaryFile(suffix=".jpg") as file:
        file.write(data)
        file.flush()
        ways = [("rembg", "fast"), *(("ours", preset) for preset in presets)]
        return [_peak(who, file.name, preset, engine) for who, preset in ways]


def _peak(who: str, file: str, preset: str, engine: Engine) -> float:
    command = [sys.executable, "-m", "bench.peak", who, file, preset, engine]
    return float(subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.speed", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--preset", choices=(*PRESETS, "best"), nargs="+", default=list(PRESETS))
    parser.add_argument("--engine", choices=("fp32", "int8", "auto"), default="auto", help="our weights")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--sizes", type=float, nargs="+", default=list(SIZES), help="megapixels")
    parser.add_argument("--without", choices=("memory", "folder", "recipe"), nargs="+", default=[])
    parser.add_argument("--out", type=Path, help="folder for speed.json and the drawing speed.svg")
    return parser


if __name__ == "__main__":
    main()
