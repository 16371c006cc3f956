"""Previews of recipes: made of the small copy that a worker kept of the photo, and warmed up before the first."""

from __future__ import annotations

import io
import os
import threading

import numpy as np
import pytest
from PIL import Image

from processing import jobs, preview_work, previews, storage, tasks
from processing.jobs import Upload
from processing.models import Job
from processing.pipeline.recipe import Recipe

WHITE = Recipe.parse({"background": "white"})
SIZE = (1800, 1200)


@pytest.fixture(autouse=True)
def shelf(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview_work, "shelf", preview_work.Shelf(preview_work.KEPT_BYTES))


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were read."""
    names: list[str] = []
    before = storage.read
    monkeypatch.setattr(storage, "read", lambda name: names.append(name) or before(name))
    return names


@pytest.fixture
def done(user, model, bell):
    def make(data: bytes) -> Job:
        job = jobs.submit(user, Upload("photo.png", data), Recipe())
        tasks.run_job(str(job.pk))
        return Job.objects.select_related("source", "alpha").get(pk=job.pk)

    return make


def photo(mode: str) -> bytes:
    """A ramp, the left half of it see-through where the mode allows."""
    across, down = np.meshgrid(np.linspace(0, 255, SIZE[0]), np.linspace(0, 255, SIZE[1]))
    alpha = np.where(across < 128, 0, 255)
    pixels = np.stack([across, down, 255 - across, alpha], axis=-1).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels[..., : len(mode)]).save(file, "PNG", compress_level=1)
    return file.getvalue()


def shown(job: Job, recipe: Recipe) -> np.ndarray:
    made = previews.make(job, recipe)
    assert max(made.width, made.height) == SIZE[0]  # of the file in full
    return np.asarray(Image.open(io.BytesIO(made.data)).convert("RGBA"), np.int16)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_the_kept_copy_shows_what_the_photo_would(done, read, mode) -> None:
    job = done(photo(mode))
    read.clear()
    from_copy = shown(job, WHITE), shown(job, Recipe())
    assert job.source.preview in read
    assert job.source.file not in read
    preview_work.shelf = preview_work.Shelf(preview_work.KEPT_BYTES)
    job.source.preview_is_whole = False  # as of one that an earlier version made
    from_photo = shown(job, WHITE), shown(job, Recipe())
    assert job.source.file in read
    for mine, theirs in zip(from_copy, from_photo, strict=True):
        assert mine.shape == theirs.shape == (800, 1200, 4)
        seen = theirs[..., 3:] > 250
        assert np.abs(np.where(seen, mine - theirs, 0)).mean() < 2
        assert np.abs(mine[..., 3] - theirs[..., 3]).mean() < 2


def test_what_is_see_through_in_the_photo_is_so_in_its_copy(done) -> None:
    source = done(photo("RGBA")).source
    assert (source.preview_type, source.preview_is_whole) == ("image/webp", True)
    copy = Image.open(io.BytesIO(storage.read(source.preview)))
    assert max(copy.size) == 1600
    alpha = np.asarray(copy)[..., 3]
    assert (alpha[:, :700].max(), alpha[:, 900:].min()) == (0, 255)
    opaque = done(photo("RGB")).source
    assert (opaque.preview_type, opaque.preview_is_whole) == ("image/jpeg", True)


def test_a_crop_that_comes_closer_reads_the_photo(done, read) -> None:
    dark = Image.new("RGB", SIZE)
    dark.paste((255, 255, 255), (800, 500, 1000, 700))
    file = io.BytesIO()
    dark.save(file, "PNG")
    job = done(file.getvalue())
    read.clear()
    shown(job, WHITE)
    assert job.source.file not in read
    previews.make(job, WHITE.replace(crop=True))
    assert job.source.file in read


def test_warming_up_makes_previews_and_gives_way(monkeypatch) -> None:
    seen: list[tuple[str, int]] = []
    before = preview_work.proxy.quick

    def quick(recipe: Recipe, side: int) -> Recipe:
        seen.append(
            (threading.current_thread().name, os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        )
        return before(recipe, side)

    monkeypatch.setattr(preview_work.proxy, "quick", quick)
    mine = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    previews.warm_up().join()
    assert seen == [("preview-warm-up", min(19, max(mine, previews.WARM_NICE)))] * len(
        preview_work.WARM_RECIPES
    )
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == mine
    assert not preview_work.shelf.kept


def test_a_site_starts_though_warming_up_fails(monkeypatch, caplog) -> None:
    def broken() -> None:
        raise RuntimeError("no such instruction")

    monkeypatch.setattr(preview_work, "warm_up", broken)
    previews.warm_up().join()
    assert "Previews are not warmed up" in caplog.text
