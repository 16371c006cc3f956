"""Our own client against a running server; where the network must fail, it fails between the two."""

from __future__ import annotations

import asyncio
import contextlib
import io
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import bgsite_client
import httpx
import numpy as np
import pytest
from bgsite_client import AsyncClient, Client, Retries
from PIL import Image

from accounts import keys
from accounts.models import CREDIT, KeptAnswer, User
from processing.models import Job
from tests import fakes, ledger
from tests.clients.conftest import Server

pytestmark = pytest.mark.slow

QUICK = Retries(times=3, first=0.01)
Fault = Callable[[httpx.Request, Callable[[], httpx.Response]], httpx.Response]


class Wire(httpx.HTTPTransport):
    """The network, with a fault for each of the first requests."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__()
        self.faults = list(faults)
        self.seen: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        if self.faults:
            return self.faults.pop(0)(request, lambda: super(Wire, self).handle_request(request))
        return super().handle_request(request)


def lost_on_the_way_back(request: httpx.Request, send: Callable[[], httpx.Response]) -> httpx.Response:
    send().read()
    raise httpx.ReadError("reset by peer", request=request)


def never_sent(request: httpx.Request, send: Callable[[], httpx.Response]) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


def told(status: int, **headers: str) -> Fault:
    def answer(request: httpx.Request, send: Callable[[], httpx.Response]) -> httpx.Response:
        return httpx.Response(
            status, headers={name.replace("_", "-"): value for name, value in headers.items()}
        )

    return answer


@contextlib.contextmanager
def client_of(server: Server, *faults: Fault, retries: Retries = QUICK) -> Iterator[tuple[Client, Wire]]:
    wire = Wire(*faults)
    with Client(
        server.url, server.key, retries=retries, http=httpx.Client(transport=wire, timeout=60)
    ) as client:
        yield client, wire


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with Client(server.url, server.key) as client:
        yield client


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_a_photo_in_a_cutout_out(client: Client, server: Server, tmp_path: Path) -> None:
    told: list[str] = []
    cutout = client.remove_background(
        server.photo,
        background="#ff0000",
        crop=True,
        format="webp",
        on_progress=lambda job: told.append(job.status),
    )
    assert (cutout.media_type, cutout.job.name, cutout.job.credits) == ("image/webp", "cup.png", 1)
    assert cutout.job.recipe["crop"] is True and cutout.job.made_by["weights"]
    assert told[0] in {"queued", "running", "succeeded"} and told[-1] == "succeeded"  # a worker may be quick
    saved = opened(cutout.save(tmp_path / "cup.webp").read_bytes())
    assert saved.format == "WEBP" and np.asarray(saved)[0, 0, 0] > 200
    assert client.account().credits == 9


@pytest.mark.parametrize("kind", ["path", "text", "bytes", "file"])
def test_a_photo_comes_in_any_way(client: Client, server: Server, kind: str) -> None:
    with server.photo.open("rb") as file:
        source = {
            "path": server.photo,
            "text": str(server.photo),
            "bytes": server.photo.read_bytes(),
            "file": file,
        }
        job = client.create_job(source[kind], wait=30, max_side=100)  # type: ignore[arg-type]
    assert job.status == "succeeded" and job.name == ("photo" if kind == "bytes" else "cup.png")
    assert job.result and (job.result.width, job.result.height) == (100, 75)


def test_an_address_is_loaded_by_the_server_or_refused(client: Client) -> None:
    with pytest.raises(bgsite_client.InvalidRequest) as refusal:
        client.create_job("http://127.0.0.1/cup.png")
    assert (refusal.value.status, refusal.value.code) == (400, "invalid_image_url")


def test_jobs_are_listed_cancelled_retried_deleted(client: Client, server: Server) -> None:
    made = [client.create_job(fakes.photo(shade=shade), wait=30) for shade in (1, 2, 3)]
    first = client.list_jobs(limit=2)
    assert [job.id for job in first.results] == [job.id for job in made[:0:-1]] and first.cursor
    assert [job.id for job in client.jobs(status="succeeded")] == [job.id for job in reversed(made)]
    with pytest.raises(bgsite_client.Conflict) as conflict:
        client.cancel_job(made[0])
    assert conflict.value.code == "not_cancellable"
    Job.objects.filter(pk=made[0].id).update(status="failed", error_code="model_failed")
    with pytest.raises(bgsite_client.JobFailed) as failed:
        client.wait_for_job(made[0].id)
    assert (failed.value.code, failed.value.job.id) == ("model_failed", made[0].id)
    again = client.wait_for_job(client.retry_job(made[0]))
    assert again.id != made[0].id
    client.delete_job(again)
    client.delete_job(again)
    with pytest.raises(bgsite_client.NotFound):
        client.get_job(again)


def test_renditions_and_edits_cost_nothing(client: Client, server: Server, tmp_path: Path) -> None:
    job = client.create_job(server.photo, wait=30)
    blue = client.create_rendition(job, background="#0000ff", format="jpg", max_side=50)
    assert opened(client.rendition_file(blue)).format == "JPEG"
    assert client.save_rendition(blue, tmp_path / "blue.jpg").stat().st_size == blue.size
    assert {one.id for one in client.list_renditions(job)} >= {blue.id}
    stroke = {"tool": "erase", "size": 60, "hardness": 1, "strength": 1, "points": [[400, 300], [400, 310]]}
    mask = client.edit(job, strokes=[stroke])
    assert (mask.head, mask.shown) == (1, 1)
    assert opened(client.result(job)).getchannel("A").getpixel((400, 300)) == 0
    with pytest.raises(bgsite_client.Conflict) as conflict:
        client.edit(job, strokes=[stroke], head=0)
    assert conflict.value.code == "version_conflict"
    white = io.BytesIO()
    Image.new("L", (800, 600), 255).save(white, "PNG")
    assert client.edit(job, mask=white.getvalue()).head == 2
    assert client.account().credits == 9


def test_a_batch(client: Client, server: Server, tmp_path: Path) -> None:
    photos = [tmp_path / f"{number}.png" for number in range(3)]
    for number, photo in enumerate(photos):
        photo.write_bytes(fakes.photo(shade=number))
    broken = bgsite_client.Photo("broken.png", b"no picture")
    sent: list[int] = []
    shares: list[float] = []
    batch = client.create_batch(
        [*photos, broken],
        name="Cups",
        format="webp",
        on_progress=lambda batch: sent.append(batch.progress.total),
    )
    assert [item.state for item in batch.items][-1] == "refused" and sent == [4]
    done = client.wait_for_batch(batch, on_progress=lambda batch: shares.append(batch.progress.share))
    assert (done.status, done.progress.counts["succeeded"], shares[-1]) == ("finished", 3, 1)
    items = list(client.items(batch))
    assert [item.name for item in items] == ["0.png", "1.png", "2.png", "broken.png"]
    assert items[3].error and items[3].error.code == "unsupported_format"
    with zipfile.ZipFile(client.save_archive(batch, tmp_path / "cups.zip")) as archive:
        assert sum(name.endswith(".webp") for name in archive.namelist()) == 3
    client.delete_batch(batch)
    with pytest.raises(bgsite_client.NotFound):
        client.get_batch(batch)


def test_a_batch_of_a_zip_and_one_that_goes_on(client: Client, server: Server, tmp_path: Path) -> None:
    path = tmp_path / "cups.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(2):
            archive.writestr(f"cups/{number}.png", fakes.photo(shade=number))
    made = client.wait_for_batch(client.create_batch_of_archive(path))
    assert (made.name, made.progress.total, made.progress.counts["succeeded"]) == ("cups", 2, 2)
    photos = [fakes.photo(shade=shade) for shade in (7, 8)]
    first = client.create_batch(photos, key="spring")
    again = client.create_batch(photos, key="spring")
    assert (again.id, again.progress.total) == (first.id, 2)
    assert client.wait_for_batch(again).progress.counts["succeeded"] == 2


def test_what_was_answered_into_the_void_is_done_once(server: Server) -> None:
    with client_of(server, lost_on_the_way_back, never_sent) as (client, wire):
        job = client.create_job(server.photo, wait=30)
    assert job.status == "succeeded"
    assert len({request.headers["Idempotency-Key"] for request in wire.seen}) == 1 and len(wire.seen) == 3
    assert Job.objects.count() == 1
    server.user.refresh_from_db()
    assert server.user.credits == 9
    ledger.check()


def test_a_key_of_ones_own_holds_for_another_body_too(client: Client, server: Server) -> None:
    first = client.create_job(server.photo, key="order-1")
    assert client.create_job(server.photo, key="order-1").id == first.id
    with pytest.raises(bgsite_client.InvalidRequest) as reused:
        client.create_job(server.photo, key="order-1", crop=True)
    assert (reused.value.status, reused.value.code) == (422, "idempotency_key_reused")
    assert KeptAnswer.objects.count() == 1


def test_retry_after_is_obeyed(server: Server) -> None:
    began = time.monotonic()
    with client_of(server, told(503, Retry_After="1"), told(429)) as (client, wire):
        assert client.account().credits == 10
    assert len(wire.seen) == 3 and time.monotonic() - began >= 1


def test_who_shall_wait_too_long_is_told(server: Server) -> None:
    narrow = replace(server, key=keys.issue(server.user, per_minute=1)[1])
    with client_of(narrow, retries=Retries(patience=2)) as (client, wire):
        client.create_job(server.photo)
        with pytest.raises(bgsite_client.RateLimited) as limited:
            client.create_job(fakes.photo(shade=3))
    assert limited.value.code == "rate_limited" and 2 < (limited.value.retry_after or 0) <= 60
    assert len(wire.seen) == 2


def test_it_gives_up(server: Server) -> None:
    with client_of(server, *[never_sent] * 9) as (client, wire):
        with pytest.raises(bgsite_client.ConnectionFailed):
            client.account()
        assert len(wire.seen) == 4
        wire.faults = [told(502)] * 9
        with pytest.raises(bgsite_client.ServerFailed) as failed:
            client.account()
        assert (failed.value.status, failed.value.code, failed.value.retryable) == (502, "http_502", True)


REFUSALS = [
    ("no picture at all", bgsite_client.UnusableImage, "unsupported_format", 415),
    (fakes.photo()[:200], bgsite_client.UnusableImage, "unreadable_image", 422),
    ("", bgsite_client.InvalidRequest, "empty_file", 400),
]


@pytest.mark.parametrize(("data", "kind", "code", "status"), REFUSALS)
def test_refusals_are_exceptions_with_a_code(client: Client, data, kind, code, status) -> None:
    with pytest.raises(kind) as refusal:
        client.create_job(data.encode() if isinstance(data, str) else data)
    assert (refusal.value.code, refusal.value.status) == (code, status)
    assert refusal.value.detail in str(refusal.value) and not Job.objects.exists()


def test_errors_of_the_account(client: Client, server: Server) -> None:
    with pytest.raises(bgsite_client.InvalidRequest, match="fether"):
        client.create_job(server.photo, fether=1)
    with pytest.raises(bgsite_client.AuthenticationFailed), Client(server.url, "wrong") as stranger:
        stranger.account()
    reader = keys.issue(server.user, scopes=["read"])[1]
    with pytest.raises(bgsite_client.Forbidden) as forbidden, Client(server.url, reader) as poor:
        poor.create_job(server.photo)
    assert forbidden.value.code == "insufficient_scope"
    User.objects.update(balance=CREDIT // 2)
    with pytest.raises(bgsite_client.InsufficientCredits) as out:
        client.create_job(server.photo)
    assert out.value.facts == {"needed": 1, "balance": 0.5}


def test_a_wait_ends(client: Client, server: Server) -> None:
    job = client.create_job(server.photo, wait=30)
    Job.objects.filter(pk=job.id).update(status="queued")
    with pytest.raises(bgsite_client.TimedOut) as late:
        client.wait_for_job(job.id, timeout=0.3)
    assert late.value.id == job.id


def test_models_and_any_other_address(client: Client) -> None:
    usual = next(model for model in client.models() if model.usual)
    assert (usual.name, usual.state) == ("u2net", "installed")
    assert client.request("GET", "usage", query={"days": "7"}) == []
    made = client.request("GET", "errors")
    assert any(one["code"] == "rate_limited" for one in made)


def test_async(server: Server, tmp_path: Path) -> None:
    """The same methods; many photos at once, and a listener that is awaited."""
    heard: list[str] = []

    async def listen(job: bgsite_client.Job) -> None:
        await asyncio.sleep(0)
        heard.append(job.status)

    async def main() -> None:
        async with AsyncClient(server.url, server.key) as client:
            photos = [fakes.photo(shade=shade) for shade in range(3)]
            cutouts = await asyncio.gather(
                *(client.remove_background(photo, on_progress=listen) for photo in photos)
            )
            assert [opened(cutout.data).size for cutout in cutouts] == [(96, 64)] * 3
            assert len([job async for job in client.jobs()]) == 3
            batch = await client.wait_for_batch(await client.create_batch(photos[:2]))
            saved = await client.save_archive(batch, tmp_path / "both.zip")
            assert len(zipfile.ZipFile(saved).namelist()) == 3
            with pytest.raises(bgsite_client.UnusableImage):
                await client.create_job(b"no picture")
            assert (await client.account()).credits == 7  # the two of the batch were done before

    asyncio.run(main())
    assert heard.count("succeeded") == 3
