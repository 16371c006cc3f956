"""The whole composition under load, on PostgreSQL, Redis, S3 and nginx: python -m bench.cluster WHAT [--json].

    scaling   photos a second by 1, 2, 4 ... workers, with clients enough to keep them busy; efficiency of each step
    soak      mixed traffic for --minutes (30): errors, p95 of pages, memory at the beginning and the end
    pollers   --count (10,000) programs that ask for a status every --every seconds, and what pages take meanwhile

Photos are of 0.2 to 12 MP, no two alike. Say what else the machine did: the load stands in each answer.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import httpx
import psutil

from bench.contestants import CORES, models_dir
from bench.load_clients import unlike
from bench.pictures import photo
from tests.cluster.composition import Cluster, cluster, wait_for_workers

SIZES = (0.2, 0.5, 1.0, 1.5, 3.0, 12.0)  # megapixels
OFTEN = (6, 6, 6, 4, 2, 1)  # how often each of them comes
PAGES = ("/", "/pricing", "/api/v1/account", "/api/v1/jobs?limit=20")


@dataclass
class Seen:
    """Seconds of every answer by kind, and what was no answer."""

    pages: list[float] = field(default_factory=list)
    polls: list[float] = field(default_factory=list)
    photos: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    later: int = 0  # 429 and 503 with Retry-After: told to come again

    def figures(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "errors": len(self.errors),
            "first_errors": self.errors[:3],
            "later": self.later,
        }
        for kind in ("pages", "polls", "photos"):
            times = getattr(self, kind)
            p95 = quantiles(times, n=20, method="inclusive")[-1] if len(times) > 1 else 0.0
            found[kind] = {"count": len(times), "p50_ms": _ms(median(times or [0.0])), "p95_ms": _ms(p95)}
        return found


def _ms(seconds: float) -> float:
    return round(1000 * seconds, 1)


class Load:
    """Clients of a cluster until a moment."""

    def __init__(self, made: Cluster, key: str, seconds: float) -> None:
        self.made, self.seen, self.until = made, Seen(), time.monotonic() + seconds
        self.photos = [photo(size) for size in SIZES]
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=512)
        self.client = httpx.AsyncClient(
            base_url=made.url, headers={"X-Api-Key": key}, timeout=120, trust_env=False, limits=limits
        )

    async def send(self, sizes: tuple[int, ...] = OFTEN) -> None:
        """Photos one after the other, each waited for."""
        number = 0
        while time.monotonic() < self.until:
            number += 1
            data = unlike(random.choices(self.photos, sizes)[0], number)
            began = time.monotonic()
            answer = await self._asked("POST", "/api/v1/jobs?wait=60", files={"file": ("a.jpg", data)})
            if answer is None:
                continue
            if answer.json().get("finished"):
                self.seen.photos.append(time.monotonic() - began)
            await self._poll(answer.json()["url"])

    async def look(self) -> None:
        while time.monotonic() < self.until:
            began = time.monotonic()
            if await self._asked("GET", random.choice(PAGES)) is not None:
                self.seen.pages.append(time.monotonic() - began)
            await asyncio.sleep(0.2)

    async def poll(self, url: str, every: float) -> None:
        await asyncio.sleep(random.uniform(0, every))
        while time.monotonic() < self.until:
            await self._poll(url)
            await asyncio.sleep(every)

    async def _poll(self, url: str) -> None:
        began = time.monotonic()
        if await self._asked("GET", url) is not None:
            self.seen.polls.append(time.monotonic() - began)

    async def _asked(self, method: str, path: str, **what: Any) -> httpx.Response | None:
        try:
            answer = await self.client.request(method, path, **what)
        except httpx.HTTPError as error:
            self.seen.errors.append(type(error).__name__)
            return None
        if answer.status_code in {429, 503} and answer.headers.get("Retry-After"):
            self.seen.later += 1
            await asyncio.sleep(min(5.0, float(answer.headers["Retry-After"])))
            return None
        if answer.status_code >= 400:
            self.seen.errors.append(f"{answer.status_code} {answer.text[:120]}")
            return None
        return answer


def scaling(asked: argparse.Namespace) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for workers in asked.workers:
        with _cluster(asked, workers) as (made, key):

            async def run(made: Cluster = made, key: str = key, workers: int = workers) -> Load:
                load = Load(made, key, asked.seconds)
                small = (6, 6, 6, 4, 0, 0)  # one queue, so that workers differ in nothing but their number
                senders = [load.send(small) for _ in range(workers * 4)]
                await asyncio.gather(*senders, load.look())
                return load

            began = time.monotonic()
            load = asyncio.run(run())
            rate = len(load.seen.photos) / (time.monotonic() - began)
            found[str(workers)] = {"photos_a_second": round(rate, 3), **load.seen.figures()}
    first = min(asked.workers)
    each = found[str(first)]["photos_a_second"] / first
    for workers in asked.workers:
        cores = min(workers * asked.threads, CORES) / asked.threads  # beyond the cores nothing can be gained
        found[str(workers)]["efficiency"] = round(
            found[str(workers)]["photos_a_second"] / (each * cores or 1), 3
        )
    return found


def soak(asked: argparse.Namespace) -> dict[str, Any]:
    with _cluster(asked, max(asked.workers)) as (made, key):

        async def run() -> tuple[Load, list[dict[str, int]]]:
            load = Load(made, key, asked.minutes * 60)
            watching = asyncio.create_task(_memory(made, load))
            clients = [load.send() for _ in range(asked.clients)] + [load.look() for _ in range(4)]
            await asyncio.gather(*clients)
            return load, await watching

        load, memory = asyncio.run(run())
    settled = memory[len(memory) // 5 :] or memory  # what every process loads once is not growth
    return {**load.seen.figures(), "rss_mb_settled": settled[0], "rss_mb_last": settled[-1]}


def pollers(asked: argparse.Namespace) -> dict[str, Any]:
    with _cluster(asked, max(asked.workers)) as (made, key):

        async def run() -> Load:
            load = Load(made, key, asked.seconds)
            begun = await load._asked("POST", "/api/v1/jobs", files={"file": ("a.jpg", load.photos[1])})
            assert begun is not None, load.seen.errors
            idle = [load.poll(begun.json()["url"], asked.every) for _ in range(asked.count)]
            await asyncio.gather(*idle, load.look(), load.look(), load.send((1, 0, 0, 0, 0, 0)))
            return load

        return asyncio.run(run()).seen.figures()


async def _memory(made: Cluster, load: Load) -> list[dict[str, int]]:
    """MB of web processes and of workers, each as its tree, every ten seconds."""
    found = []
    while time.monotonic() < load.until:
        groups = {"web": made.webs, "workers": made.workers}
        found.append(
            {name: round(sum(_rss(each.running) for each in group)) for name, group in groups.items()}
        )
        await asyncio.sleep(10)
    return found


def _rss(process: Any) -> float:
    try:
        root = psutil.Process(process.pid)
        return float(sum(each.memory_info().rss for each in (root, *root.children(recursive=True))) / 1e6)
    except psutil.Error:  # ended meanwhile
        return 0.0


class _cluster:  # noqa: N801
    """The cluster with an account that no limit holds back."""

    def __init__(self, asked: argparse.Namespace, workers: int) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="bgsite-bench-")
        models = Path(asked.models) if asked.models else models_dir()
        threads = {"INFERENCE_THREADS": str(asked.threads), "QUEUE_LIMIT": "100000"}
        self.made = cluster(
            Path(self.folder.name), models, asked.webs, workers, port=0, between=int, **threads
        )
        self.workers = workers

    def __enter__(self) -> tuple[Cluster, str]:
        made = self.made.__enter__()
        wait_for_workers(made, self.workers)
        return made, made.key(credits=1_000_000)

    def __exit__(self, *error: Any) -> None:
        self.made.__exit__(*error)
        self.folder.cleanup()


def main(argv: list[str] | None = None) -> None:
    asked = _parser().parse_args(argv)
    before = os.getloadavg()[0]
    found = {"scaling": scaling, "soak": soak, "pollers": pollers}[asked.what](asked)
    around = {"what": asked.what, "cores": CORES, "load_before": round(before, 2), "threads": asked.threads}
    print(json.dumps({**around, **found}, indent=None if asked.json else 2))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.cluster",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", choices=("scaling", "soak", "pollers"))
    parser.add_argument("--json", action="store_true", help="one line")
    parser.add_argument(
        "--workers", type=int, nargs="+", default=[1, 2], help="the last is that of soak and pollers"
    )
    parser.add_argument("--threads", type=int, default=1, help="of one look")
    parser.add_argument("--webs", type=int, default=2)
    parser.add_argument("--clients", type=int, default=8, help="that send photos, in the soak")
    parser.add_argument(
        "--seconds", type=float, default=60.0, help="of each step of scaling, and of the pollers"
    )
    parser.add_argument("--minutes", type=float, default=30.0, help="of the soak")
    parser.add_argument("--count", type=int, default=10_000, help="of pollers")
    parser.add_argument("--every", type=float, default=30.0, help="seconds between two questions of a poller")
    parser.add_argument("--models", default="", help="folder of the weights")
    return parser


if __name__ == "__main__":
    main()
