"""Requests against `rembg s` on the same machine and weights: python -m bench.load [--json].

Both servers run at once and are asked in turns (ours, rembg, ours, rembg ...), with the same photos by the same wire
format (`POST /api/remove`), at 1, 8 and 32 clients. No photo comes twice, so neither can answer from memory. A ratio
is the median of the rounds' ratios. While ours works, the status of a job is polled.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench.contestants import CORES, models_dir
from bench.load_clients import Run, load, overhead
from bench.load_servers import Server, ours, rembg, rembg_program
from bench.pictures import photo

CLIENTS = (1, 8, 32)
SIZES = (0.2, 0.5, 1.0, 1.5)  # megapixels of the photos, in turns


@dataclass(frozen=True)
class Level:
    """So many clients: medians over the rounds. `throughput` is ours through rembg's, `p95` and `cpu` rembg's through
    ours: above 1 ours is better in all three."""

    clients: int
    throughput: float
    p95: float
    cpu: float
    runs: list[Run]

    def of(self, server: str) -> list[Run]:
        return [run for run in self.runs if run.server == server]


@dataclass(frozen=True)
class Around:
    """What the API adds to the engine for one photo of 1.5 MP, in ms, and the load of the machine before."""

    request_ms: float
    engine_ms: float
    load_before: float

    @property
    def overhead_ms(self) -> float:
        return self.request_ms - self.engine_ms


def main(argv: list[str] | None = None) -> None:
    asked = _parser().parse_args(argv)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the servers end with us
    models = Path(asked.models) if asked.models else models_dir()
    program = rembg_program(asked.rembg)
    with ours(models, asked.workers) as own, rembg(models, program) as theirs:
        levels, around = asyncio.run(measure(own, theirs, asked))
    print(json.dumps(_report(asked, levels, around)) if asked.json else _table(asked, levels, around))


async def measure(own: Server, theirs: Server, asked: argparse.Namespace) -> tuple[list[Level], Around]:
    before, photos = os.getloadavg()[0], [photo(size) for size in SIZES]
    for server in (own, theirs):  # both have loaded their model before anything is counted
        await load(server, photos, 1, CORES * 2)
    around = Around(*await overhead(own, photo(1.5), asked.preset or "fast", asked.rounds * 4), before)
    if asked.preset:
        own = own.asked_for(asked.preset)
    runs: dict[int, list[Run]] = {clients: [] for clients in asked.clients}
    for _ in range(asked.rounds):
        for clients in asked.clients:
            for server in (own, theirs):
                runs[clients].append(await load(server, photos, clients, max(8, clients * asked.each)))
    return [_level(clients, found) for clients, found in runs.items()], around


def _level(clients: int, runs: list[Run]) -> Level:
    pairs = list(zip(runs[::2], runs[1::2], strict=True))
    return Level(
        clients,
        throughput=median(own.rate / theirs.rate for own, theirs in pairs),
        p95=median(theirs.p95 / own.p95 for own, theirs in pairs),
        cpu=median(theirs.cpu / own.cpu for own, theirs in pairs),
        runs=runs,
    )


def _report(asked: argparse.Namespace, levels: list[Level], around: Around) -> dict[str, Any]:
    return {
        "rounds": asked.rounds,
        "workers": asked.workers,
        "preset": asked.preset or "fast",
        "cores": CORES,
        "load_before": round(around.load_before, 2),
        "throughput": {str(level.clients): round(level.throughput, 3) for level in levels},
        "p95": {str(level.clients): round(level.p95, 3) for level in levels},
        "cpu": {str(level.clients): round(level.cpu, 3) for level in levels},
        "errors": sum(run.errors for level in levels for run in level.of("ours")),
        "rss_mb": round(max(run.rss_mb for level in levels for run in level.of("ours"))),
        "poll_ms": {str(level.clients): round(median(_polls(level)), 1) for level in levels},
        "overhead_ms": round(around.overhead_ms, 1),
        "request_ms": round(around.request_ms, 1),
        "runs": [asdict(run) for level in levels for run in level.runs],
    }


def _table(asked: argparse.Namespace, levels: list[Level], around: Around) -> str:
    lines = [
        f"u2net, {asked.preset or 'fast'} preset, {asked.workers} workers, {CORES} cores, {asked.rounds} rounds, "
        f"load before {around.load_before:.1f}",
        "clients  server  photos/s     p50     p95  cpu/photo  errors      RSS   poll     faster      p95      cpu",
    ]
    for level in levels:
        for name in ("ours", "rembg"):
            found = level.of(name)
            rate, p50, p95, cpu = (
                median(getattr(run, part) for run in found) for part in ("rate", "p50", "p95", "cpu")
            )
            line = f"{level.clients:7}  {name:6} {rate:9.2f} {p50:6.2f}s {p95:6.2f}s {cpu:9.2f}s"
            line += f" {sum(run.errors for run in found):7}"
            line += f" {max(run.rss_mb for run in found):6.0f}MB"
            if name == "ours":
                line += f" {median(_polls(level)):4.0f}ms"
                line += "".join(f" {ratio:8.2f}x" for ratio in (level.throughput, level.p95, level.cpu))
            lines.append(line)
            lines += [f"         {run.first_error}" for run in found if run.first_error][:1]
    lines.append(
        f"One request of 1.5 MP: {around.request_ms:.0f} ms, of which the engine {around.engine_ms:.0f} ms, "
        f"all around it {around.overhead_ms:.0f} ms"
    )
    return "\n".join(lines)


def _polls(level: Level) -> list[float]:
    return [run.poll_ms for run in level.of("ours")]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", type=int, nargs="+", default=list(CLIENTS))
    parser.add_argument(
        "--each", type=int, default=2, help="photos for each client and round, at least 8 in all"
    )
    parser.add_argument("--workers", type=int, default=CORES, help="of ours")
    parser.add_argument("--preset", default="", help="of ours; without one it looks once, as rembg (fast)")
    parser.add_argument("--models", default="", help="folder of the weights, where it is another than usual")
    parser.add_argument("--rembg", default="", help="rembg's program; without it one is installed below var/")
    return parser


if __name__ == "__main__":
    main()
