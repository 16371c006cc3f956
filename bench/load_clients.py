"""Clients of bench.load: as many at once as asked, each sends its next photo when it has its last answer."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median, quantiles

import httpx

from bench.load_servers import Server

TIMEOUT = 300.0
POLL_PAUSE = 0.1  # seconds between two status polls
PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Run:
    """One server under so many clients: photos a second, seconds, MB, and what was not answered with a picture.

    `cpu` is the processor time of its processes for each photo that was answered, which other programs of the machine
    change less than they change its clock.
    """

    server: str
    clients: int
    photos: int
    rate: float
    p50: float
    p95: float
    errors: int
    rss_mb: float
    poll_ms: float  # median of status polls meanwhile; 0 for a server without any
    cpu: float
    first_error: str


def unlike(photo: bytes, number: int) -> bytes:
    """The same picture as another file: a server that keeps what it has seen must look again."""
    note = number.to_bytes(8, "big") + os.urandom(8)
    return photo[:2] + b"\xff\xfe" + (len(note) + 2).to_bytes(2, "big") + note + photo[2:]


class Useless(SystemExit):
    """A server answered no photo at all, so that there is nothing to compare with."""

    def __init__(self, server: Server, errors: list[str]) -> None:
        counted = "\n".join(f"  {count} x {error}" for error, count in Counter(errors).most_common(3))
        super().__init__(
            f"{server.name} answered none of {len(errors)} photos:\n{counted}\n"
            f"The end of its log:\n{server.last_words()}"
        )


async def load(server: Server, photos: list[bytes], clients: int, count: int) -> Run:
    """`count` photos through `clients` at once, by the wire format that both servers speak. Useless when it answered
    none of them."""
    files = iter([unlike(photos[number % len(photos)], number) for number in range(count)])
    times: list[float] = []
    errors: list[str] = []
    limits = httpx.Limits(max_connections=clients + 2, max_keepalive_connections=clients + 2)
    async with httpx.AsyncClient(
        base_url=server.url, headers=server.headers, timeout=TIMEOUT, limits=limits, trust_env=False
    ) as client:
        asked = await _finished_job(client, server, photos[0])
        watching = asyncio.create_task(_memory(server))
        polling = asyncio.create_task(_polls(client, asked))
        worked, began = server.cpu_seconds(), time.perf_counter()
        await asyncio.gather(*(_client(client, server, files, times, errors) for _ in range(clients)))
        seconds, worked = time.perf_counter() - began, server.cpu_seconds() - worked
        peak, polls = await _ended(watching), await _ended(polling)
    if not times:
        raise Useless(server, errors)
    return Run(
        server=server.name,
        clients=clients,
        photos=count,
        rate=len(times) / seconds,
        p50=median(times),
        p95=_p95(times),
        errors=len(errors),
        rss_mb=max(peak, default=0.0),
        poll_ms=1000 * median(polls or [0.0]),
        cpu=worked / len(times),
        first_error=next(iter(errors), ""),
    )


async def overhead(server: Server, photo: bytes, preset: str, rounds: int) -> tuple[float, float]:
    """ms of (a whole request, what the worker's own clock says of it), medians, one request at a time."""
    whole, engine = [], []
    async with httpx.AsyncClient(
        base_url=server.url, headers=server.headers, timeout=TIMEOUT, trust_env=False
    ) as client:
        for number in range(rounds):
            began = time.perf_counter()
            answer = await client.post(
                "/api/v1/jobs?wait=60",
                data={"preset": preset},
                files={"file": ("a.jpg", unlike(photo, number))},
            )
            whole.append(time.perf_counter() - began)
            seconds = answer.raise_for_status().json()["made_by"]["seconds"]
            engine.append(sum(seconds[stage] for stage in ("reading", "looking", "refining")))
    return 1000 * median(whole), 1000 * median(engine)


async def _client(
    client: httpx.AsyncClient,
    server: Server,
    files: Iterator[bytes],
    times: list[float],
    errors: list[str],
) -> None:
    for file in files:
        began = time.perf_counter()
        try:
            sent = {"file": ("photo.jpg", file, "image/jpeg")}
            answer = await client.post(server.path, data=server.form, files=sent)
            if answer.status_code in {200, 201} and answer.content.startswith(PNG):
                times.append(time.perf_counter() - began)
            else:
                errors.append(f"{answer.status_code} {answer.text[:200]}")
        except httpx.HTTPError as error:
            errors.append(type(error).__name__)


async def _finished_job(client: httpx.AsyncClient, server: Server, photo: bytes) -> str:
    """The address of a job that is done already, so that asking for it takes nothing from those that are counted;
    "" at a server without jobs."""
    if server.name != "ours":
        return ""
    made = await client.post("/api/v1/jobs?wait=60", files={"file": ("a.jpg", unlike(photo, 0))})
    return str(made.raise_for_status().json()["url"])


async def _polls(client: httpx.AsyncClient, address: str) -> list[float]:
    """Seconds of each status poll, until it is cancelled."""
    found: list[float] = []
    if not address:
        return found
    try:
        while True:
            await asyncio.sleep(POLL_PAUSE)
            began = time.perf_counter()
            (await client.get(address)).raise_for_status()
            found.append(time.perf_counter() - began)
    except asyncio.CancelledError:
        return found


async def _memory(server: Server) -> list[float]:
    found: list[float] = []
    try:
        while True:
            found.append(server.rss_mb())
            await asyncio.sleep(0.5)
    except asyncio.CancelledError:
        return found


async def _ended(task: asyncio.Task[list[float]]) -> list[float]:
    task.cancel()
    try:
        return await task
    except asyncio.CancelledError:  # it had not begun
        return []


def _p95(times: list[float]) -> float:
    return quantiles(times, n=20, method="inclusive")[-1] if len(times) > 1 else max(times)
