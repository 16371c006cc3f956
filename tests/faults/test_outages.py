"""PostgreSQL, Redis and the S3 store crash, hang, fail and come back, and a worker's clock is wrong: what was
accepted ends once, whoever asks meanwhile is told to come again, and nobody has to lend a hand afterwards."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from tests import servers
from tests.cluster.composition import wait_for_workers
from tests.faults.site import Faulty, Senders, faulty, photo
from tests.servers import answers, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.server, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Faulty]:
    with servers.needed(), faulty(tmp_path_factory.mktemp("outages"), webs=1, workers=2, rounds=20) as made:
        yield made


@pytest.fixture(autouse=True)
def mended(site: Faulty) -> Iterator[None]:
    yield
    site.database.set("pass")
    site.store.set("pass")


@pytest.fixture
def numbers(request: pytest.FixtureRequest) -> Iterator[int]:
    """Of photos that no other test sends."""
    first = 100 * (1 + sum(map(ord, request.node.name)) % 5000)
    return iter(range(first, first + 100))


def send(site: Faulty, numbers: Iterator[int], count: int) -> Senders:
    senders = Senders(site)
    with site.client() as client:
        for _ in range(count):
            senders.send_one(client, next(numbers))
    assert (senders.refused, len(senders.sent)) == ([], count)
    return senders


def all_ended_well(site: Faulty, senders: Senders) -> None:
    site.wait_for_quiet()
    with site.client() as client:
        found = [client.get(f"/api/v1/jobs/{job}").json() for job in senders.sent.values()]
    assert {job["status"] for job in found} == {"succeeded"}, found
    site.books()


def test_postgresql_crashes_and_comes_back(site: Faulty, numbers: Iterator[int]) -> None:
    before = send(site, numbers, 3)
    site.cluster.postgres.crash()
    with site.client() as client:
        for path, key in (("/api/v1/jobs", site.key), ("/gallery", "")):
            answer = client.get(path, headers={"Accept": "application/json", "X-Api-Key": key})
            if path == "/api/v1/jobs":
                assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
                assert int(answer.headers["Retry-After"]) > 0
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").status_code == 503
    site.cluster.postgres.start()
    wait_until(lambda: answers(site.cluster.webs[0].port, "/readyz"), "the site is ready again", 30)
    with site.client() as client:  # no stale connection is left in any thread
        assert {client.get("/api/v1/jobs").status_code for _ in range(30)} == {200}
    before.sent |= send(site, numbers, 2).sent
    all_ended_well(site, before)


@pytest.mark.long
def test_the_wire_to_postgresql_hangs_and_is_cut(site: Faulty, numbers: Iterator[int]) -> None:
    before = send(site, numbers, 3)
    site.database.set("hang")
    time.sleep(6)  # longer than the lease
    site.database.set("refuse")
    time.sleep(1)
    site.database.set("pass")
    before.sent |= send(site, numbers, 2).sent
    all_ended_well(site, before)


def test_postgresql_has_no_connection_left(site: Faulty, numbers: Iterator[int]) -> None:
    address, taken = site.cluster.postgres.url, list[psycopg.Connection]()

    def refused() -> bool:
        """Takes all that are left: what the site lost comes free when the server notices it."""
        with suppress(psycopg.OperationalError):
            while True:
                taken.append(psycopg.connect(address))
        with site.client() as client:
            answer = client.get("/api/v1/jobs")
        if answer.status_code == 200:  # the site was quicker, or kept one: it loses it
            site.database.set("refuse")
            site.database.set("pass")
            return False
        assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable"), answer.text
        return True

    site.database.set("refuse")  # the site loses its own, and has to ask for new ones afterwards
    site.database.set("pass")
    try:
        wait_until(refused, "no connection is left for the site", 120)
    finally:
        for each in taken:
            each.close()
    all_ended_well(site, send(site, numbers, 2))


@pytest.mark.parametrize("mode", ["refuse", "fail"])
def test_the_store_is_away_while_photos_are_worked_on(
    site: Faulty, numbers: Iterator[int], mode: str
) -> None:
    before = send(site, numbers, 2)
    site.store.set(mode)
    with site.client() as client:
        refused = client.post("/api/v1/jobs", files={"file": ("a.png", photo(next(numbers)), "image/png")})
        assert (refused.status_code, refused.json()["code"]) == (507, "storage_error"), refused.text
        began = time.monotonic()
        assert client.get("/").status_code == 200
        assert client.get("/api/v1/jobs").status_code == 200
        assert time.monotonic() - began < 10
    site.store.set("pass")
    before.sent |= send(site, numbers, 1).sent
    all_ended_well(site, before)


@pytest.mark.long
def test_the_store_is_slow(site: Faulty, numbers: Iterator[int]) -> None:
    site.store.set("slow")
    before = send(site, numbers, 2)
    all_ended_well(site, before)


def test_redis_dies_and_comes_back_empty(site: Faulty, numbers: Iterator[int]) -> None:
    before = send(site, numbers, 3)
    site.cluster.redis.kill()
    with (
        site.client() as client
    ):  # costly requests are not let through uncounted, and are told when to come again
        answer = client.post("/api/v1/jobs", files={"file": ("a.png", photo(next(numbers)), "image/png")})
    assert answer.status_code == 503 and int(answer.headers["Retry-After"]) > 0, answer.text
    site.cluster.redis.start()
    before.sent |= send(site, numbers, 2).sent
    site.cluster.redis.flush()
    all_ended_well(site, before)


@pytest.mark.long
@pytest.mark.parametrize("offset", ["+1h", "-1h"])
def test_the_clock_of_a_worker_is_wrong(site: Faulty, numbers: Iterator[int], offset: str) -> None:
    """Leases are counted by the database: nobody steals a job, and nobody loses one."""
    library = next(iter(Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), None)
    if library is None:
        pytest.skip("libfaketime is not installed (Debian: apt install libfaketime).")
    others, site.cluster.workers = site.cluster.workers, []
    clock = {"LD_PRELOAD": str(library), "FAKETIME": offset, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    usual = dict(site.cluster.environment)
    site.cluster.environment.update(clock)
    wrong = site.cluster.add_worker()
    site.cluster.environment.clear()
    site.cluster.environment.update(usual)
    try:
        wait_for_workers(site.cluster, len(others) + 1)
        before = send(site, numbers, 6)
        all_ended_well(site, before)
        with site.client() as client:
            attempts = {client.get(f"/api/v1/jobs/{job}").json()["attempt"] for job in before.sent.values()}
        assert attempts == {1}
    finally:
        wrong.kill()
        site.cluster.workers = others


def test_the_site_works_as_before(site: Faulty, numbers: Iterator[int]) -> None:
    for process in [*site.cluster.webs, *site.cluster.workers]:
        assert process.running is not None and process.running.poll() is None, process.said()[-2000:]
    all_ended_well(site, send(site, numbers, 2))
