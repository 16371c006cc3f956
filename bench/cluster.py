"""The whole composition under load, on PostgreSQL, Redis, S3 and nginx: python -m bench.cluster WHAT [--json].

    scaling   photos a second by 1, 2, 4 ... workers, with clients enough to keep them busy; efficiency of each step
    mixed     pages, polls and photos at once by 1 to 64 clients, in turns with `rembg s`, which gets the same photos
    soak      mixed traffic for --minutes (30): errors, p95 of pages, memory at the beginning and the end
    pollers   --count (10,000) programs that ask for a status every --every seconds: what pages and photos take
              without them, and with them

Photos are of 0.2 to 12 MP, no two alike. The load of the machine before it began stands in each answer.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench import mixed
from bench.cluster_load import Load, Site, Visitor, allow_open_files, site
from bench.contestants import CORES, models_dir

ONE_QUEUE = (
    6,
    6,
    6,
    4,
    0,
    0,
)  # photos that all go one way, so that workers differ in nothing but their number
OWNERS = 20  # of what is polled, no two pollers the same: a plan bounds how often one may ask
RAMPS = 1.5  # times `--every` in which pollers come, each at a moment of its own, before anything is counted
SPARE_FILES = 500  # open files of the bench besides its pollers
SAMPLE_SECONDS = 10.0


def scaling(asked: argparse.Namespace) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for workers in asked.workers:
        with site(*_size(asked, workers), _settings(asked)) as here:
            found[str(workers)] = asyncio.run(_saturate(here, asked.seconds, workers))
    first = min(asked.workers)
    each = found[str(first)]["photos_a_second"] / first
    for workers in asked.workers:
        step = found[str(workers)]
        possible = min(workers * each, CORES / step["cpu_a_photo"]["all"])
        step["efficiency"] = round(step["photos_a_second"] / (workers * each), 3)
        step["of_what_cores_allow"] = round(step["photos_a_second"] / possible, 3)
    return found


async def _saturate(here: Site, seconds: float, workers: int) -> dict[str, Any]:
    """More photos than the workers can do, and people who look at pages meanwhile; what a photo costs each part."""
    warm = here.load(1.0)
    await asyncio.gather(*(warm.send(ONE_QUEUE) for _ in range(workers * 2)))
    before, load = here.parts.cpu_seconds(), here.load(seconds)
    await asyncio.gather(*(load.send(ONE_QUEUE) for _ in range(workers * 4)), load.look(), load.look())
    spent = {name: after - before[name] for name, after in here.parts.cpu_seconds().items()}
    photos = max(1, len(load.seen.photos))
    figures = load.figures()
    each = {name: round(used / photos, 4) for name, used in (spent | {"all": sum(spent.values())}).items()}
    return {**figures, "cpu_a_photo": each, "rss_mb": here.parts.rss_mb()}


def soak(asked: argparse.Namespace) -> dict[str, Any]:
    with site(*_size(asked), _settings(asked)) as here:

        async def run() -> tuple[Load, list[dict[str, int]]]:
            load = here.load(asked.minutes * 60)
            watching = asyncio.create_task(_memory(here, load))
            await asyncio.gather(
                *(load.send() for _ in range(asked.clients)), *(load.look() for _ in range(4))
            )
            return load, await watching

        load, memory = asyncio.run(run())
        figures = load.figures()
    settled = memory[len(memory) // 5 :] or memory  # what every process loads once is not growth
    return {**figures, "rss_mb_settled": settled[0], "rss_mb_last": settled[-1], "rss_mb_most": _most(memory)}


def _most(memory: list[dict[str, int]]) -> dict[str, int]:
    return {name: max(each[name] for each in memory) for name in memory[0]}


async def _memory(here: Site, load: Load) -> list[dict[str, int]]:
    loop, found = asyncio.get_running_loop(), [here.parts.rss_mb()]
    while load.left() > SAMPLE_SECONDS:
        await asyncio.sleep(SAMPLE_SECONDS)
        found.append(await loop.run_in_executor(None, here.parts.rss_mb))
    return found


def pollers(asked: argparse.Namespace) -> dict[str, Any]:
    most = allow_open_files() - SPARE_FILES
    if asked.count > most:
        raise SystemExit(f"{asked.count} pollers need as many open files; this user may have {most} of them.")
    with site(*_size(asked), _settings(asked)) as here:
        without = asyncio.run(_beside_pollers(here, asked, 0))
        return {
            "pollers": asked.count,
            "without": without,
            "with": asyncio.run(_beside_pollers(here, asked, asked.count)),
        }


async def _beside_pollers(here: Site, asked: argparse.Namespace, count: int) -> dict[str, Any]:
    """Two people who look at pages and two programs that send small photos, beside pollers of many accounts."""
    waited_for = [await _begun(here, key) for key in here.other_keys(OWNERS if count else 0)]
    turns = here.copies(waited_for, count)
    ramp = RAMPS * asked.every if count else 0.0
    load = here.load(ramp + asked.seconds)
    waiting = [asyncio.create_task(load.idle(path, key, asked.every)) for path, key in turns]
    await asyncio.sleep(ramp)  # until each has asked once or twice
    load.begin_to_count()
    before, small = here.parts.cpu_seconds(), (1, 0, 0, 0, 0, 0)
    await asyncio.gather(*waiting, *(load.look() for _ in range(2)), *(load.send(small) for _ in range(2)))
    if count and not load.seen.polls:
        raise SystemExit(f"No poll was answered: {load.seen.errors[:3]}")
    spent = {name: round(after - before[name], 1) for name, after in here.parts.cpu_seconds().items()}
    return {**load.figures(), "cpu_seconds": spent}


async def _begun(here: Site, key: str) -> tuple[str, str]:
    """The path of a finished job of this key's owner, and the key."""
    load = Load(here.made.url, Visitor(key, ""), 60.0)
    made = await load.asked("POST", "/api/v1/jobs?wait=60", files={"file": ("a.jpg", load.photos[0])})
    if made is None:
        raise SystemExit(f"The site took no photo: {load.seen.errors}")
    await load.client.aclose()
    return urlsplit(made.json()["url"]).path, key


def _size(asked: argparse.Namespace, workers: int = 0) -> tuple[Path, int, int]:
    models = Path(asked.models) if asked.models else models_dir()
    return models, asked.webs, workers or max(asked.workers)


def _settings(asked: argparse.Namespace) -> dict[str, str]:
    return {"INFERENCE_THREADS": str(asked.threads), "QUEUE_LIMIT": "100000"}


def _mixed(asked: argparse.Namespace) -> dict[str, Any]:
    models, webs, workers = _size(asked)
    with site(models, webs, workers, _settings(asked)) as here:
        return mixed.measure(here, models, asked.rembg, asked.levels, asked.rounds)


WHAT = {"scaling": scaling, "mixed": _mixed, "soak": soak, "pollers": pollers}


def main(argv: list[str] | None = None) -> None:
    asked = _parser().parse_args(argv)
    before = os.getloadavg()[0]
    found = WHAT[asked.what](asked)
    around = {"what": asked.what, "cores": CORES, "load_before": round(before, 2), "threads": asked.threads}
    print(json.dumps({**around, **found}, indent=None if asked.json else 2))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.cluster",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", choices=WHAT)
    parser.add_argument("--json", action="store_true", help="one line")
    parser.add_argument(
        "--workers", type=int, nargs="+", default=[1, 2], help="scaling: each of them; else the most of them"
    )
    parser.add_argument("--threads", type=int, default=1, help="of one look")
    parser.add_argument("--webs", type=int, default=2)
    parser.add_argument("--clients", type=int, default=8, help="that send photos, in the soak")
    parser.add_argument("--levels", type=int, nargs="+", default=[1, 8, 64], help="clients, in mixed traffic")
    parser.add_argument("--rounds", type=int, default=3, help="of mixed traffic")
    parser.add_argument(
        "--seconds", type=float, default=60.0, help="of each step of scaling, and of the pollers"
    )
    parser.add_argument("--minutes", type=float, default=30.0, help="of the soak")
    parser.add_argument("--count", type=int, default=10_000, help="of pollers")
    parser.add_argument("--every", type=float, default=30.0, help="seconds between two questions of a poller")
    parser.add_argument("--models", default="", help="folder of the weights")
    parser.add_argument("--rembg", default="", help="rembg's program; without it one is installed below var/")
    return parser


if __name__ == "__main__":
    main()
