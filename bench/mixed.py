"""Mixed traffic in turns with `rembg s`: the same photos of 0.2 to 12 MP by the same wire format, and at ours people
who look at pages and programs that ask for a status meanwhile."""

from __future__ import annotations

import asyncio
import random
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench.cluster_load import OFTEN, SIZES, Load, Site
from bench.load_clients import Run, load
from bench.load_servers import Server, rembg, rembg_program
from bench.pictures import photo

LEAST = 8  # photos of a round
PEOPLE = 2  # who look at pages


@dataclass(frozen=True)
class Turn:
    own: Run
    theirs: Run
    pages: dict[str, Any]  # of ours, meanwhile


def measure(here: Site, models: Path, program: str, levels: list[int], rounds: int) -> dict[str, Any]:
    with rembg(models, rembg_program(program)) as theirs:
        found = asyncio.run(_turns(here, theirs, levels, rounds))
    return {str(clients): _level(turns) for clients, turns in found.items()}


async def _turns(here: Site, theirs: Server, levels: list[int], rounds: int) -> dict[int, list[Turn]]:
    chance = random.Random(7)  # both get the same sizes in the same order
    files = [photo(size) for size in SIZES]
    own = Server("ours", here.made.url, here.pids(), here.made.webs[0].log, here.visitor.headers)
    for server in (own, theirs):
        await load(server, files[:1], 1, 4)
    found: dict[int, list[Turn]] = {clients: [] for clients in levels}
    for _ in range(rounds):
        for clients in levels:
            count = max(LEAST, clients)
            photos = chance.choices(files, OFTEN, k=count)
            meanwhile = here.load(3600.0)
            watching = [asyncio.create_task(meanwhile.look()) for _ in range(PEOPLE)]
            run = await load(own, photos, clients, count)
            await _end(meanwhile, watching)
            found[clients].append(Turn(run, await load(theirs, photos, clients, count), meanwhile.figures()))
    return found


async def _end(load: Load, watching: list[asyncio.Task[None]]) -> None:
    load.until = 0.0
    await asyncio.gather(*watching)


def _level(turns: list[Turn]) -> dict[str, Any]:
    """Medians of the rounds' ratios; above 1 ours is better."""
    return {
        "throughput": round(median(turn.own.rate / turn.theirs.rate for turn in turns), 3),
        "p95": round(median(turn.theirs.p95 / turn.own.p95 for turn in turns), 3),
        "errors": sum(turn.own.errors + turn.pages["errors"] for turn in turns),
        "rembg_errors": sum(turn.theirs.errors for turn in turns),
        "pages_p95_ms": median(turn.pages["pages"]["p95_ms"] for turn in turns),
        "poll_ms": round(median(turn.own.poll_ms for turn in turns), 1),
        "runs": [asdict(run) for turn in turns for run in (turn.own, turn.theirs)],
    }
