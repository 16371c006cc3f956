"""Batches: every item is a row, taken or refused; what dies in the middle is taken up again under the same key."""

from __future__ import annotations

import csv
import io
import zipfile

import pytest
from django.utils import timezone

from accounts import quotas
from accounts.models import CREDIT, User
from processing import batch_load, batch_results, batch_turns, batches, jobs, owners, storage, tasks
from processing.batches import Asked, Piece
from processing.errors import Refused
from processing.jobs import Upload
from processing.models import Batch, BatchItem, Job, Source
from processing.pipeline.recipe import Recipe
from processing.signals import batch_finished
from tests import fakes, ledger
from tests.together import at_once

pytestmark = pytest.mark.django_db(transaction=True)
Status = Batch.Status


@pytest.fixture(autouse=True)
def sound(transactional_db, bell, files):
    yield
    ledger.check()
    named = {source.file for source in Source.objects.all()}
    assert {name for name in files() if "/sources/" in name} == named


@pytest.fixture
def finishes():
    """The rounds that were told of."""
    told: list[tuple[str, int]] = []

    def note(batch: Batch, **kwargs: object) -> None:
        told.append((batch.status, batch.rounds))

    batch_finished.connect(note)
    yield told
    batch_finished.disconnect(note)


def piece(name: str, data: bytes | None = None, key: str = "") -> Piece:
    shade = sum(name.encode()) % 200
    return Piece(name, key or name, lambda: Upload(name, fakes.photo(shade=shade) if data is None else data))


def opened(user: User, *pieces: Piece, asked: Asked | None = None) -> Batch:
    batch = batches.open_batch(user, "summer", asked or Asked(Recipe()))
    for each in pieces:
        batches.add(batch, each)
    batch.refresh_from_db()
    return batch


def work(bell: fakes.Bell) -> None:
    """A worker that answers bells until none is left."""
    done = 0
    while done < len(bell.rung):
        tasks.run_job(str(bell.rung[done]))
        done += 1


def states(batch: Batch) -> dict[str, str]:
    return {item.name: item.condition for item in batch.items.select_related("job")}


@pytest.mark.both
def test_it_works(user, model, bell, finishes) -> None:
    batch = opened(user, piece("a.png"), piece("b.png"), piece("sub/c.png"))
    assert batch.status == Status.OPEN
    batches.close(batch)
    work(bell)
    batch.refresh_from_db()
    assert states(batch) == dict.fromkeys(["a.png", "b.png", "sub/c.png"], "succeeded")
    assert (batch.status, finishes) == (Status.FINISHED, [("finished", 1)])
    assert batch.finished < batch.expires  # type: ignore[operator]
    assert batch_results.progress(batch).share == 1
    user.refresh_from_db()
    assert user.balance == 7 * CREDIT
    batch_turns.sweep()
    assert len(finishes) == 1


def test_a_broken_item_has_its_code_costs_nothing_and_can_be_replaced(user, model, bell, finishes) -> None:
    batch = opened(
        user, piece("a.png"), piece("broken.png", b"\x89PNG\r\n\x1a\nno"), piece("text.txt", b"hello")
    )
    batches.close(batch)
    work(bell)
    broken = batch.items.get(name="broken.png")
    assert (broken.error_code, broken.job, broken.source) == ("unreadable_image", None, None)
    assert "plain text" in batches.sentence(batch.items.get(name="text.txt"))
    assert finishes == [("finished", 1)]
    with pytest.raises(Refused, match="Only a failed"):
        batches.retry(batch)  # no photo of it is here
    batches.add(batch, piece("broken.png", fakes.photo(shade=7)))
    work(bell)
    batch.refresh_from_db()
    assert states(batch)["broken.png"] == "succeeded"
    assert (batch.items.count(), finishes) == (3, [("finished", 1), ("finished", 2)])
    user.refresh_from_db()
    assert user.balance == 8 * CREDIT


def test_the_same_key_is_the_same_item(user, bell) -> None:
    batch = opened(user, piece("a.png"), piece("a.png"))
    assert (batch.items.count(), Job.objects.count()) == (1, 1)


@pytest.mark.both
def test_the_same_key_at_once_is_one_charge(user, bell) -> None:
    batch = opened(user)
    answers = at_once(*[lambda: batches.add(batch, piece("a.png"))] * 6)
    assert all(isinstance(answer, BatchItem) for answer in answers), answers
    assert (batch.items.count(), Job.objects.count()) == (1, 1)
    user.refresh_from_db()
    assert user.balance == 9 * CREDIT


def test_what_dies_while_it_arrives_is_seen_and_taken_up(user, bell) -> None:
    def die() -> Upload:
        raise KeyboardInterrupt

    batch = opened(user)
    with pytest.raises(KeyboardInterrupt):
        batches.add(batch, Piece("a.png", "a.png", die))
    assert batch.items.get().error_code == "interrupted"
    batches.add(batch, piece("a.png"))
    assert states(batch) == {"a.png": "queued"}


def test_out_of_credits_in_the_middle_waits_for_more(user, model, bell, finishes) -> None:
    quotas.take(user, 8 * CREDIT, "spent elsewhere")
    batch = opened(user, *[piece(f"{number}.png") for number in range(4)])
    batches.close(batch)
    work(bell)
    left = batch.items.filter(job=None)
    assert [item.error_code for item in left] == ["insufficient_credits"] * 2
    assert all(item.source for item in left)
    assert finishes == [("finished", 1)]
    with pytest.raises(Refused) as refusal:
        batches.retry(batch)
    assert refusal.value.code == "insufficient_credits"
    quotas.grant(user, 2 * CREDIT, "top up")
    batch.refresh_from_db()
    assert batches.retry(batch) == 2
    work(bell)
    assert set(states(batch).values()) == {"succeeded"}
    assert finishes == [("finished", 1), ("finished", 2)]


def test_a_failed_item_is_retried_in_its_place(user, model, bell) -> None:
    def fail() -> None:
        raise RuntimeError("a bug")

    batch = opened(user, piece("a.png"))
    batches.close(batch)
    model.meanwhile = fail
    work(bell)
    assert states(batch) == {"a.png": "failed"}
    model.meanwhile = fakes.nothing
    assert batches.retry(batch) == 1
    work(bell)
    assert (states(batch), Job.objects.count()) == ({"a.png": "succeeded"}, 1)


@pytest.mark.both
def test_a_pause_holds_what_waits(user, model, bell, finishes) -> None:
    batch = opened(user, piece("a.png"), piece("b.png"))
    batches.pause(batch)
    batches.add(batch, piece("c.png"))
    work(bell)
    assert set(states(batch).values()) == {"queued"}
    batches.close(batch)
    batch_turns.sweep()
    assert finishes == []
    batches.resume(batch)
    work(bell)
    assert set(states(batch).values()) == {"succeeded"}
    assert finishes == [("finished", 1)]
    with pytest.raises(Refused, match="is finished, so it cannot be paused"):
        batches.pause(batch)


def test_cancel_gives_credits_back(user, bell, finishes) -> None:
    batch = opened(user, piece("a.png"), piece("b.png"))
    batches.add(batch, Piece("", "u", url="https://example.org/x.png"))
    batches.cancel(batch)
    batch.refresh_from_db()
    assert (batch.status, finishes) == (Status.CANCELLED, [("cancelled", 1)])
    user.refresh_from_db()
    assert user.balance == 10 * CREDIT
    assert batch.items.get(key="u").error_code == "batch_cancelled"
    with pytest.raises(Refused, match="closed"):
        batches.add(batch, piece("c.png"))


def test_a_batch_has_as_many_items_as_the_plan_says(user, bell, settings) -> None:
    batch = opened(user)
    assert batches.limit(user) == 50
    BatchItem.objects.bulk_create(
        BatchItem(batch=batch, key=str(n), position=n + 1, name="x") for n in range(50)
    )
    with pytest.raises(Refused) as refusal:
        batches.add(batch, piece("one more.png"))
    assert refusal.value.code == "batch_too_large"
    user.is_guest = True
    assert batches.limit(user) == batches.OF_A_GUEST


def test_a_batch_rings_for_a_few_at_a_time(user, model, bell) -> None:
    """So a single photo that comes later stands behind less than two of its jobs."""
    batch = opened(user, *[piece(f"{number}.png") for number in range(6)])
    assert len(bell.rung) == 2
    single = jobs.submit(user, Upload("mine.png", fakes.photo(shade=201)), Recipe())
    assert bell.rung.index(single.pk) == 2
    batch_turns.sweep()
    assert len(bell.rung) == 3
    work(bell)
    assert set(states(batch).values()) == {"succeeded"}


def test_delete_leaves_nothing(user, model, bell, files) -> None:
    quotas.take(user, 8 * CREDIT, "spent elsewhere")
    batch = opened(user, *[piece(f"{number}.png") for number in range(4)])
    work(bell)
    batches.delete(batch)
    assert (files(), Job.objects.count(), BatchItem.objects.count(), Batch.objects.count()) == ([], 0, 0, 0)


def test_an_owner_goes_with_batches(user, model, bell, files) -> None:
    quotas.take(user, 9 * CREDIT, "spent elsewhere")
    opened(user, piece("1.png"), piece("2.png"))
    owners.erase(user)
    assert files() == []


def test_a_photo_that_waits_for_credits_outlives_another_job(user, model, bell) -> None:
    quotas.take(user, 9 * CREDIT, "spent elsewhere")
    batch = opened(user, piece("a.png", fakes.photo()), piece("b.png", fakes.photo()))
    jobs.delete(batch.items.get(name="a.png").job)
    assert storage.read(batch.items.get(name="b.png").source.file) == fakes.photo()
    assert states(batch)["a.png"] == "deleted"
    batches.remove(batch, batch.items.get(name="b.png"))


def test_a_deleted_item_may_come_again(user, bell) -> None:
    batch = opened(user, piece("a.png"))
    jobs.delete(batch.items.get().job)
    batches.add(batch, piece("a.png"))
    assert states(batch) == {"a.png": "queued"}


def test_what_is_forgotten_is_closed_and_what_is_over_goes(user, model, bell) -> None:
    batch = opened(user, piece("a.png"))
    work(bell)
    Batch.objects.update(touched=timezone.now() - 2 * batches.FORGOTTEN)
    batches.expire()
    batch.refresh_from_db()
    assert batch.status == Status.FINISHED
    Batch.objects.update(expires=timezone.now() - 2 * batches.KEPT_AFTER)
    batches.expire()
    assert not Batch.objects.exists()


# --- Addresses -------------------------------------------------------------------------------------------


def test_addresses_are_loaded_by_a_worker(user, model, bell, monkeypatch, finishes) -> None:
    def fetch(url: str) -> Upload:
        if "bad" in url:
            raise Refused("failed_image_download", http_status=404)
        return Upload("x", fakes.photo())

    monkeypatch.setattr(batch_load.fetch, "fetch_image", fetch)
    batch = opened(user, Piece("good.png", "1", url="https://x/good"), Piece("b", "2", url="https://x/bad"))
    batches.close(batch)
    assert set(states(batch).values()) == {"loading"}
    while batch_load.load_next():
        pass
    work(bell)
    assert states(batch) == {"good.png": "succeeded", "b": "refused"}
    assert finishes == [("finished", 1)]
    batch.refresh_from_db()
    assert batches.retry(batch) == 1
    assert states(batch)["b"] == "loading"


def test_a_load_that_dies_again_and_again_is_given_up(user, monkeypatch) -> None:
    def die(url: str) -> Upload:
        raise MemoryError

    monkeypatch.setattr(batch_load.fetch, "fetch_image", die)
    batch = opened(user, Piece("x", "1", url="https://x/y"))
    for _ in range(batch_load.ATTEMPTS):
        with pytest.raises(MemoryError):
            batch_load.load_next()
        assert not batch_load.load_next(), "its lease holds"
        batch.items.update(lease_until=timezone.now() - batch_load.LEASE)
    assert batch_load.load_next()
    assert batch.items.get().error_code == "failed_image_download"


# --- What comes out --------------------------------------------------------------------------------------


def test_one_zip_with_safe_names_and_a_report(user, model, bell) -> None:
    names = ["a/cup.png", "a/Cup.jpg", "../../evil.png", "CON.png", "=1+1.png", "b.png"]
    batch = opened(user, *[piece(name, fakes.photo(shade=number)) for number, name in enumerate(names)])
    batches.add(batch, piece("broken.png", b"no"))
    work(bell)
    packed = zipfile.ZipFile(io.BytesIO(b"".join(batch_results.archive(batch))))
    assert packed.testzip() is None
    assert packed.namelist() == [
        "a/cup.png", "a/Cup (2).png", "evil.png", "_CON.png", "=1+1.png", "b.png", "report.csv",
    ]  # fmt: skip
    assert packed.read("b.png")[:8] == b"\x89PNG\r\n\x1a\n"
    rows = list(csv.DictReader(io.StringIO(packed.read("report.csv").decode("utf-8-sig"))))
    assert [row["state"] for row in rows] == ["succeeded"] * 6 + ["refused"]
    assert (rows[4]["name"], rows[4]["file"]) == ("'=1+1.png", "'=1+1.png")
    assert (rows[6]["code"], rows[6]["credits"], rows[0]["credits"]) == ("unsupported_format", "0", "1.0")


def test_nothing_made_is_nothing_to_pack(user, bell) -> None:
    with pytest.raises(Refused, match="nothing to pack"):
        batch_results.archive(opened(user, piece("a.png")))


def test_a_result_that_goes_while_it_is_packed(user, model, bell) -> None:
    batch = opened(user, piece("a.png"), piece("b.png"))
    work(bell)
    pieces = batch_results.archive(batch)
    jobs.delete(batch.items.get(name="b.png").job)
    packed = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
    assert packed.read("not-included.txt") == b"b.png"
