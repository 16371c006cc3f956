"""Uploads are proved in separate processes: the same verdicts, and a decoder that dies takes nobody with it."""

from __future__ import annotations

import io
import json
import resource
import signal
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from django.conf import settings
from PIL import Image

from processing import decoder_pool, jobs, sources
from processing.errors import Refused
from processing.models import Job
from processing.pipeline import codec, probe
from processing.pipeline.errors import PipelineError
from processing.pipeline.recipe import Recipe
from tests import fakes, ledger
from tests.processing import bad_decoder
from tests.together import at_once

FOLDER = Path(__file__).parents[2] / "../shared/hostile"
LIMITS = settings.IMAGE_LIMITS


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[decoder_pool.Pool]:
    pool = decoder_pool.Pool(2)
    monkeypatch.setattr(decoder_pool, "pool", pool)
    monkeypatch.setattr(settings, "DECODER_PROCESSES", 2)
    yield pool
    pool.close()


@pytest.fixture
def bad(pool: decoder_pool.Pool, monkeypatch: pytest.MonkeyPatch) -> decoder_pool.Pool:
    monkeypatch.setattr(decoder_pool, "COMMAND", (sys.executable, "-m", "tests.processing.bad_decoder"))
    return pool


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "AVIF", "TIFF", "BMP", "GIF"])
def test_the_same_verdict(pool: decoder_pool.Pool, format: str) -> None:
    file = io.BytesIO()
    Image.open(io.BytesIO(fakes.photo())).save(file, format)
    assert decoder_pool.verify(file.getvalue(), LIMITS) == probe.verify(file.getvalue(), LIMITS)
    with pytest.raises(PipelineError, match="unreadable_image"):
        decoder_pool.verify(file.getvalue()[: len(file.getvalue()) // 2], LIMITS)


@pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the shared folder of hostile files is not beside the checkout"
)
def test_the_same_verdict_on_hostile_files(pool: decoder_pool.Pool) -> None:
    names = sorted(path for path in FOLDER.iterdir() if path.stat().st_size < 2_000_000)
    for path in names:
        assert outcome(decoder_pool.verify, path.read_bytes()) == outcome(probe.verify, path.read_bytes()), (
            path.name
        )
    assert len(names) > 80
    assert len(pool.idle) == 1, "one process sufficed for all of them, so none of them ended it"


def outcome(verify, data):
    try:
        return verify(data, LIMITS)
    except PipelineError as error:
        return error.code


@pytest.mark.parametrize("width", [bad_decoder.CRASHES, bad_decoder.EATS, bad_decoder.IS_KILLED])
def test_a_poisoned_picture_costs_nobody_else(bad, user, bell, files, width) -> None:
    """A crash, a hunger for memory, a kill by the system: refused, nothing left, and the next one is taken."""
    with pytest.raises(Refused) as refused:
        jobs.submit(user, jobs.Upload("poison.png", fakes.photo(width)), Recipe())
    assert refused.value.code == "unreadable_image"
    assert (files(), Job.objects.count()) == ([], 0)
    assert jobs.submit(user, jobs.Upload("cup.png", fakes.photo()), Recipe()).status == Job.Status.QUEUED
    ledger.check()


def test_a_decoder_that_does_not_come_back_is_ended(bad, monkeypatch) -> None:
    assert decoder_pool.verify(fakes.photo(), LIMITS)
    (decoder,) = bad.idle
    monkeypatch.setattr(decoder_pool, "SECONDS", 0.2)
    with pytest.raises(PipelineError, match="unreadable_image"):
        decoder_pool.verify(fakes.photo(bad_decoder.HANGS), LIMITS)
    assert decoder.process.poll() == -signal.SIGKILL
    assert bad.idle == []


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is Linux's; tmpfs")
def test_a_decoder_that_spins_ends_although_nobody_ends_it(bad) -> None:
    """As when the process that asked is killed: the system itself says no after so many seconds of a processor."""
    decoder = decoder_pool.Decoder()
    limits = json.dumps(asdict(LIMITS)).encode()
    assert decoder._ask(fakes.photo(), limits)
    assert decoder._ask(fakes.photo(bad_decoder.SPINS), limits) is None
    assert decoder.process.wait() == -signal.SIGXCPU
    assert decoder.end()


def test_many_at_once_get_their_own_answers(pool) -> None:
    widths = range(20, 36)
    found = at_once(
        *(lambda width=width: decoder_pool.verify(fakes.photo(width), LIMITS).width for width in widths)
    )
    assert found == list(widths)
    assert len(pool.idle) <= 2


@pytest.mark.skipif(sys.platform != "linux", reason="mounting /proc is Linux's: tmpfs")
def test_it_knows_no_secrets_and_may_write_no_file(pool, monkeypatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "do not tell")
    decoder_pool.verify(fakes.photo(), LIMITS)
    process = Path(f"/proc/{pool.idle[0].process.pid}")
    assert b"SECRET" not in (process / "environ").read_bytes()
    bounds = {line[:26].strip(): line[26:].split() for line in (process / "limits").read_text().splitlines()}
    assert bounds["Max file size"][0] == "0"
    assert int(bounds["Max open files"][0]) < 100
    assert int(bounds["Max address space"][0]) < 4 * 2**30


def test_without_processes_it_is_proved_here(pool, monkeypatch) -> None:
    monkeypatch.setattr(settings, "DECODER_PROCESSES", 0)
    assert decoder_pool.verify(fakes.photo(), LIMITS).width == 96
    assert pool.idle == []


@pytest.mark.skipif(sys.platform != "linux", reason="the ceiling is Linux's; tmpfs")
def test_a_greedy_photo_fails_its_job_and_not_its_worker(user, model, bell, files, monkeypatch) -> None:
    """In the worker too: the system says no, the job fails with a code and a refund, and the limit is lifted."""
    greedy = jobs.submit(user, jobs.Upload("greedy.png", fakes.photo()), Recipe())
    before = resource.getrlimit(resource.RLIMIT_AS)
    with monkeypatch.context() as patch:
        patch.setattr(codec, "to_srgb", lambda image: bytearray(64 * 2**30))
        from processing import tasks

        tasks.run_job(str(greedy.pk))
    greedy.refresh_from_db()
    assert (greedy.status, greedy.error_code) == (Job.Status.FAILED, "unreadable_image")
    assert resource.getrlimit(resource.RLIMIT_AS) == before
    ledger.check()


@pytest.mark.skipif(sys.platform != "linux", reason="the ceiling is Linux's; tmpfs")
def test_the_ceiling_is_what_says_no() -> None:
    with sources.memory_ceiling(64 * 2**20), pytest.raises(MemoryError):
        bytearray(512 * 2**20)
    assert len(bytearray(512 * 2**20)) == 512 * 2**20
