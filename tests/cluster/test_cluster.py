"""The whole composition, started as in production: a photo through nginx, and a deploy in the middle of traffic."""

from __future__ import annotations

import io
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import psycopg
import pytest
from PIL import Image

from processing.management.commands.up import THREADS
from tests import fakes, servers, tiny
from tests.cluster import composition
from tests.cluster.composition import Cluster

pytestmark = [pytest.mark.slow, pytest.mark.server, pytest.mark.timeout(600)]
SLOW_CLIENTS = 300
ROUNDS = 10  # of the tiny net: a look takes long enough to be in work when a worker is asked to end


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    tiny.install(folder / "models", ROUNDS)
    engine = {"INFERENCE_ENGINE": "fp32", "SWEEP_SECONDS": "1", "WORKER_NICE": "0"}
    with servers.needed(), composition.cluster(folder, folder / "models", workers=3, **engine) as made:
        composition.wait_for_workers(made, 3)
        yield made


@pytest.fixture(scope="module")
def key(cluster: Cluster) -> str:
    return cluster.key()


def client(cluster: Cluster, key: str) -> httpx.Client:
    # A connection for each request, as from as many people: none is found closed by an nginx that reads anew.
    limits = httpx.Limits(max_keepalive_connections=0)
    return httpx.Client(
        base_url=cluster.url, headers={"X-Api-Key": key}, timeout=120, trust_env=False, limits=limits
    )


def test_a_photo_goes_in_and_its_cutout_comes_out_through_nginx(cluster: Cluster, key: str) -> None:
    with client(cluster, key) as asked:
        begun = asked.post("/api/v1/jobs?wait=30", files={"file": ("a.png", fakes.photo(600, 400))})
        assert begun.status_code in (201, 202), begun.text
        made = ended_job(asked, begun.json()["url"])
        assert made["status"] == "succeeded"
        result = asked.get(made["result"]["url"])
        assert (result.status_code, result.headers["Content-Type"]) == (200, "image/png")
        with Image.open(io.BytesIO(result.content)) as cutout:
            assert (cutout.size, cutout.mode) == ((600, 400), "RGBA")
        # The application's headers are kept, although nginx and the store sent the bytes.
        assert result.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert result.headers["X-Content-Type-Options"] == "nosniff"
        assert result.headers["ETag"] == f'"{made["result"]["sha256"]}"'
        assert "X-Accel-Redirect" not in result.headers
        assert (
            asked.get(made["result"]["url"], headers={"If-None-Match": result.headers["ETag"]}).status_code
            == 304
        )
        again = asked.post("/api/v1/jobs", files={"file": ("a.png", fakes.photo(600, 400))})
        assert (again.status_code, again.json()["cached"], again.json()["credits"]) == (201, True, 0)


def test_nobody_reaches_the_inner_addresses(cluster: Cluster, key: str) -> None:
    with client(cluster, key) as asked:
        for path in ("/_files/u/1/a.png", "/_store/bgsite/u/1/a.png", "/metrics"):
            assert asked.get(path).status_code == 404, path
        assert httpx.get(f"{cluster.url}/api/v1/jobs", trust_env=False).status_code == 401


def test_a_key_comes_through_nginx_as_every_client_sends_it(cluster: Cluster, key: str) -> None:
    """Bria's clients send a name with an underscore, which nginx drops unless it is told not to."""
    asked = [
        httpx.post(f"{cluster.url}/v1/background/remove", headers={"api_token": token}, trust_env=False)
        for token in (key, f"{key}x")
    ]
    known, unknown = (answer.status_code for answer in asked)
    assert (unknown, known not in {401, 403}) == (401, True), known


@pytest.mark.parametrize("more", [b"", b"Content-Type: text/plain\r\nContent-Length: 5000000\r\n\r\nx"])
def test_slow_clients_keep_nobody_from_a_page(cluster: Cluster, more: bytes) -> None:
    """More of them than both web processes have threads, with heads or bodies that never end: nginx keeps them."""
    head = f"POST /api/v1/jobs HTTP/1.1\r\nHost: 127.0.0.1:{cluster.nginx.port}\r\n".encode()
    with ExitStack() as slow:
        for _ in range(SLOW_CLIENTS):
            link = socket.create_connection(("127.0.0.1", cluster.nginx.port), timeout=30)
            slow.enter_context(link).sendall(head + more)
        assert all(servers.answers(cluster.nginx.port, "/readyz") for _ in range(5))


def test_both_web_processes_serve(cluster: Cluster, key: str) -> None:
    for web in cluster.webs:
        assert servers.answers(web.port, "/readyz")


WEB_CONNECTIONS, WORKER_CONNECTIONS = THREADS + 3, 3 + 1  # docs/deployment.md


def test_every_thread_at_once_and_there_are_connections_left(cluster: Cluster, key: str) -> None:
    """All of them ask PostgreSQL in the same moment, and wait for a lock in it."""
    asked = "SELECT count(*), count(*) FILTER (WHERE wait_event_type = 'Lock') FROM pg_stat_activity"
    with (
        psycopg.connect(cluster.postgres.url, autocommit=True) as watch,
        ThreadPoolExecutor(2 * THREADS) as people,
    ):

        def counted() -> tuple[int, int]:
            [(all_of_them, waiting)] = watch.execute(asked + " WHERE backend_type = 'client backend'")
            return all_of_them, waiting

        with psycopg.connect(cluster.postgres.url) as holder:
            holder.execute("LOCK TABLE accounts_apikey IN ACCESS EXCLUSIVE MODE")
            answers = [
                people.submit(ask_account, web.port, key) for web in cluster.webs for _ in range(THREADS)
            ]
            servers.wait_until(lambda: counted()[1] >= 2 * THREADS, "every thread waits in the database", 120)
            most = counted()[0]
        assert {answer.result() for answer in answers} == {200}
    assert most <= 2 * WEB_CONNECTIONS + len(cluster.workers) * WORKER_CONNECTIONS + 2 < servers.CONNECTIONS


def ask_account(port: int, key: str) -> int:
    headers = {"X-Api-Key": key, "Host": "127.0.0.1"}
    return httpx.get(
        f"http://127.0.0.1:{port}/api/v1/account", headers=headers, timeout=300, trust_env=False
    ).status_code


class Traffic:
    """People who send photos and look at pages until they are told to stop; what they were answered is noted."""

    def __init__(self, cluster: Cluster, key: str) -> None:
        self.cluster, self.key = cluster, key
        self.over = threading.Event()
        self.wrong: list[str] = []
        self.jobs: list[str] = []
        self.pages = 0

    def send(self, first: int) -> None:
        shade = first
        with client(self.cluster, self.key) as asked:
            while not self.over.is_set():
                shade += 4
                photo = fakes.photo(200, 100 + shade, shade=shade % 100)
                self._noted(lambda: asked.post("/api/v1/jobs", files={"file": ("a.png", photo)}), 202)  # noqa: B023
                time.sleep(3)

    def look(self) -> None:
        with client(self.cluster, self.key) as asked:
            while not self.over.is_set():
                self._noted(lambda: asked.get("/"), 200)
                self.pages += 1
                time.sleep(0.2)

    def _noted(self, ask, wanted: int) -> None:
        try:
            answer = ask()
        except httpx.HTTPError as error:
            self.wrong.append(type(error).__name__)
            return
        if answer.status_code not in {wanted, 201 if wanted == 202 else wanted}:  # a worker may be quick
            self.wrong.append(f"{answer.status_code} {answer.text[:300]}")
        elif wanted == 202:
            self.jobs.append(answer.json()["url"])


def test_a_rolling_restart_under_traffic_loses_nothing(cluster: Cluster, key: str) -> None:
    traffic = Traffic(cluster, key)
    with ThreadPoolExecutor(4) as people:
        for work in (lambda: traffic.send(0), lambda: traffic.send(1), traffic.look, traffic.look):
            people.submit(work)
        try:
            for web in cluster.webs:
                cluster.restart_web(web)
            for worker in cluster.workers:
                cluster.restart_worker(worker)
        finally:
            traffic.over.set()
    assert traffic.wrong == []
    assert traffic.pages > 10 and len(traffic.jobs) > 4
    with client(cluster, key) as asked:
        ended = [ended_job(asked, url) for url in traffic.jobs]
    assert {(job["status"], job["attempt"]) for job in ended} == {("succeeded", 1)}


def ended_job(asked: httpx.Client, url: str) -> dict:
    deadline = time.monotonic() + 240
    while (job := asked.get(url).json())["finished"] is None:
        assert time.monotonic() < deadline, job
        time.sleep(0.3)
    return job


def test_the_logs_have_no_traceback(cluster: Cluster) -> None:
    for process in [*cluster.webs, *cluster.workers]:
        assert "Traceback" not in process.said(), process.said()[-3000:]
    errors = (Path(cluster.nginx.folder) / "error.log").read_text()
    assert "[error]" not in errors, errors[-2000:]
