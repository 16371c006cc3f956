"""Clients of bench.cluster, and what the composition's parts spend meanwhile."""

from __future__ import annotations

import asyncio
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from urllib.parse import urlsplit

import httpx

from bench.load_clients import unlike
from bench.load_servers import tree_cpu_seconds, tree_rss_mb
from bench.pictures import photo
from tests import servers
from tests.cluster.composition import Cluster, cluster, wait_for_workers

SIZES = (0.2, 0.5, 1.0, 1.5, 3.0, 12.0)  # megapixels
OFTEN = (6, 6, 6, 4, 2, 1)  # how often each of them comes
PAGES = ("/", "/pricing", "/gallery", "/api/v1/account", "/api/v1/jobs?limit=20")
LOOK_PAUSE = 0.2  # seconds between two pages of one person
ACCOUNTS = """
from accounts import keys, quotas
from accounts.models import CREDIT, User
for number in range({count}):
    user = User.objects.create_user(f"poller{{number}}@example.org", plan_name="business")
    quotas.grant(user, 10 * CREDIT, user.email)
    print("KEY", keys.issue(user)[1])
"""


COPIES = """
import sys, uuid
from itertools import cycle, islice
from processing.models import Job, Rendition
known = list(Job.objects.filter(pk__in={ids}))
jobs, renditions = [], []
for job in islice(cycle(known), {count}):
    results = list(job.renditions.all())
    copy = Job.objects.get(pk=job.pk)
    copy.pk = uuid.uuid4()
    jobs.append(copy)
    for result in results:
        result.pk, result.job = None, copy
        renditions.append(result)
    print("COPY", job.pk, copy.pk)
Job.objects.bulk_create(jobs, batch_size=500)
Rendition.objects.bulk_create(renditions, batch_size=500)
"""


@dataclass
class Seen:
    """Seconds of every answer by kind, and what was no answer."""

    pages: list[float] = field(default_factory=list)
    polls: list[float] = field(default_factory=list)
    photos: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    later: int = 0  # 429 and 503 with Retry-After: told to come again

    def figures(self, seconds: float) -> dict[str, Any]:
        return {
            "photos_a_second": round(len(self.photos) / seconds, 3),
            "errors": len(self.errors),
            "first_errors": self.errors[:3],
            "later": self.later,
            **{kind: _spread(getattr(self, kind)) for kind in ("pages", "polls", "photos")},
        }


def _spread(times: list[float]) -> dict[str, Any]:
    p95 = quantiles(times, n=20, method="inclusive")[-1] if len(times) > 1 else max(times, default=0.0)
    return {"count": len(times), "p50_ms": _ms(median(times or [0.0])), "p95_ms": _ms(p95)}


def _ms(seconds: float) -> float:
    return round(1000 * seconds, 1)


@dataclass(frozen=True)
class Visitor:
    """An account that no limit holds back: its key for programs, its cookie for pages."""

    key: str
    cookie: str

    @property
    def headers(self) -> dict[str, str]:
        return {"X-Api-Key": self.key, "Cookie": self.cookie}


class Load:
    """Clients of a cluster until a moment."""

    def __init__(self, url: str, visitor: Visitor, seconds: float) -> None:
        self.url, self.visitor, self.seen = url, visitor, Seen()
        self.began = time.monotonic()
        self.until = self.began + seconds
        self.photos = [photo(size) for size in SIZES]
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=512)
        self.client = httpx.AsyncClient(
            base_url=url, headers=visitor.headers, timeout=120, trust_env=False, limits=limits
        )

    def left(self) -> float:
        return self.until - time.monotonic()

    def figures(self) -> dict[str, Any]:
        return self.seen.figures(time.monotonic() - self.began)

    def begin_to_count(self) -> None:
        """Forgets what was seen so far, except errors."""
        self.began, self.seen = time.monotonic(), Seen(errors=self.seen.errors)

    async def send(self, sizes: tuple[int, ...] = OFTEN) -> None:
        """Photos one after the other, each waited for."""
        number = 0
        while self.left() > 0:
            number += 1
            data = unlike(random.choices(self.photos, sizes)[0], number)
            began = time.monotonic()
            answer = await self.asked("POST", "/api/v1/jobs?wait=60", files={"file": ("a.jpg", data)})
            if answer is None:
                continue
            if answer.json().get("finished"):
                self.seen.photos.append(time.monotonic() - began)
            await self._poll(answer.json()["url"])

    async def look(self) -> None:
        """A person that opens one page after the other."""
        while self.left() > 0:
            began = time.monotonic()
            if await self.asked("GET", random.choice(PAGES)) is not None:
                self.seen.pages.append(time.monotonic() - began)
            await asyncio.sleep(LOOK_PAUSE)

    async def _poll(self, url: str) -> None:
        began = time.monotonic()
        if await self.asked("GET", url) is not None:
            self.seen.polls.append(time.monotonic() - began)

    async def idle(self, path: str, key: str, every: float) -> None:
        """A program that keeps its connection and asks for a status now and then. Without httpx, whose pool looks
        through all its connections for each request."""
        await asyncio.sleep(random.uniform(0, every))
        place = urlsplit(self.url)
        writer = None
        try:
            reader, writer = await asyncio.open_connection(place.hostname, place.port)
            while self.left() > 0:
                began = time.monotonic()
                status = await _status(reader, writer, path, place.netloc, key)
                if status == 200:
                    self.seen.polls.append(time.monotonic() - began)
                elif status == 503:  # told to come again
                    self.seen.later += 1
                else:
                    self.seen.errors.append(f"poll: {status}")
                await asyncio.sleep(min(every, max(0.0, self.left())))
        except (OSError, EOFError, ValueError) as error:
            self.seen.errors.append(f"poll: {type(error).__name__}")
        finally:
            if writer:
                writer.close()

    async def asked(self, method: str, path: str, **what: Any) -> httpx.Response | None:
        try:
            answer = await self.client.request(method, path, **what)
        except httpx.HTTPError as error:
            self.seen.errors.append(type(error).__name__)
            return None
        if answer.status_code in {429, 503} and answer.headers.get("Retry-After"):
            self.seen.later += 1
            await asyncio.sleep(min(5.0, float(answer.headers["Retry-After"])))
            return None
        if answer.status_code != 200 and answer.status_code not in {201, 202}:
            self.seen.errors.append(f"{method} {path.partition('?')[0]}: {answer.status_code}")
            return None
        return answer


async def _status(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, host: str, key: str
) -> int:
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nX-Api-Key: {key}\r\n\r\n".encode())
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
    lines = head.decode("latin-1").split("\r\n")
    length = next(line for line in lines if line.lower().startswith("content-length:"))
    await reader.readexactly(int(length.partition(":")[2]))
    return int(lines[0].split()[1])


@dataclass
class Parts:
    """What each part of the composition has spent and holds."""

    made: Cluster
    store: int

    def pids(self) -> dict[str, list[int]]:
        running = {
            name: [each.running.pid for each in group if each.running]
            for name, group in (("web", self.made.webs), ("workers", self.made.workers))
        }
        assert self.made.nginx.process
        assert self.made.redis.process
        return {
            **running,
            "postgres": [self.made.postgres.pid],
            "redis": [self.made.redis.process.pid],
            "nginx": [self.made.nginx.process.pid],
            "store": [self.store],
        }

    def cpu_seconds(self) -> dict[str, float]:
        spent = {name: sum(map(tree_cpu_seconds, pids)) for name, pids in self.pids().items()}
        return spent | {"clients": time.process_time()}

    def rss_mb(self) -> dict[str, int]:
        return {name: round(sum(map(tree_rss_mb, pids))) for name, pids in self.pids().items()}


@dataclass(frozen=True)
class Site:
    """A cluster under test."""

    made: Cluster
    visitor: Visitor
    parts: Parts

    def pids(self) -> tuple[int, ...]:
        """All that a company would run for it, and not the clients."""
        return tuple(pid for pids in self.parts.pids().values() for pid in pids)

    def other_keys(self, count: int) -> list[str]:
        """Keys of so many new accounts."""
        said = self.made.manage("shell", "--no-imports", "-c", ACCOUNTS.format(count=count)) if count else ""
        return [line.removeprefix("KEY ") for line in said.splitlines() if line.startswith("KEY ")]

    def copies(self, jobs: list[tuple[str, str]], count: int) -> list[tuple[str, str]]:
        """So many jobs like these, each a row of its own: (its path, the key of its owner)."""
        if not count:
            return []
        by_id = {path.rpartition("/")[2]: (path, key) for path, key in jobs}
        said = self.made.manage("shell", "--no-imports", "-c", COPIES.format(ids=set(by_id), count=count))
        made = [line.split()[1:] for line in said.splitlines() if line.startswith("COPY ")]
        return [(by_id[of][0].replace(of, pk), by_id[of][1]) for of, pk in made]

    def load(self, seconds: float) -> Load:
        return Load(self.made.url, self.visitor, seconds)


@contextmanager
def site(models: Path, webs: int, workers: int, settings: dict[str, str]) -> Iterator[Site]:
    """The composition with so many processes, ready, its store in a process of its own."""
    allow_open_files()
    with (
        tempfile.TemporaryDirectory(prefix="bgsite-bench-") as folder,
        servers.s3_apart() as store,
        cluster(Path(folder), models, webs, workers, 0, int, store.url, **settings) as made,
    ):
        wait_for_workers(made, workers)
        visitor = Visitor(made.key(credits=1_000_000), made.cookie())
        yield Site(made, visitor, Parts(made, store.pid))


def allow_open_files() -> int:
    """As many as this user may have, for us and all that we start; returns how many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard
