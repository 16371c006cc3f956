"""A ZIP of photos: each file an item, and whatever is wrong with an archive has its code."""

from __future__ import annotations

import io
import zipfile

import pytest

from processing import batch_arrivals, batches
from processing.batches import Asked
from processing.errors import Refused
from processing.models import Batch
from processing.pipeline.recipe import Recipe
from tests import fakes

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def batch(user, bell, files) -> Batch:
    return batches.open_batch(user, "zip", Asked(Recipe()))


def packed(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return target


def states(batch: Batch) -> dict[str, str]:
    return {
        item.name: item.error_code or item.condition
        for item in batch.items.select_related("job").order_by("pk")
    }


def test_it_works_and_again_it_is_the_same(batch) -> None:
    photos = {
        "a.png": fakes.photo(),
        "sub/b.png": fakes.photo(shade=9),
        "sub/": b"",
        "__MACOSX/._a.png": b"x",
    }
    for _ in range(2):
        batch_arrivals.add_archive(batch, packed(photos))
    assert states(batch) == {"a.png": "queued", "sub/b.png": "queued"}


def test_an_entry_that_cannot_be_used_stops_no_other(batch) -> None:
    data = packed(
        {
            "../../etc/passwd": fakes.photo(shade=1),
            "C:\\windows\\b.png": fakes.photo(shade=2),
            "inner.zip": packed({"x": b"y"}).getvalue(),
            "notes.txt": b"hello",
            "empty.png": b"",
        }
    )
    batch_arrivals.add_archive(batch, data)
    assert states(batch) == {
        "etc/passwd": "queued",
        "windows/b.png": "queued",
        "inner.zip": "unsupported_format",
        "notes.txt": "unsupported_format",
        "empty.png": "empty_file",
    }


def test_an_entry_without_a_name_is_none(batch) -> None:
    archive = bytearray(packed({"x": b"", "b.png": fakes.photo()}).getvalue())
    archive[archive.find(b"PK\x01\x02") + 46] = 0  # zipfile cuts a name at its first NUL
    batch_arrivals.add_archive(batch, io.BytesIO(bytes(archive)))
    assert states(batch) == {"b.png": "queued"}


def test_a_damaged_and_an_encrypted_entry(batch) -> None:
    data = bytearray(packed({"a.png": fakes.photo(), "b.png": fakes.photo(shade=3)}, 0).getvalue())
    data[60] ^= 0xFF  # in the first photo: its checksum no longer fits
    second = data.rindex(b"PK\x01\x02")
    data[second + 8] |= 1  # the directory says that it is encrypted
    batch_arrivals.add_archive(batch, io.BytesIO(bytes(data)))
    assert states(batch) == {"a.png": "unreadable_entry", "b.png": "encrypted_entry"}


def test_a_bomb_is_not_unpacked(batch, settings) -> None:
    settings.IMAGE_LIMITS = type(settings.IMAGE_LIMITS)(max_bytes=100_000)
    batch_arrivals.add_archive(batch, packed({"bomb.png": bytes(3_000_000)}))
    assert states(batch) == {"bomb.png": "file_too_large"}


def test_an_entry_that_lies_about_its_size(batch, settings) -> None:
    settings.IMAGE_LIMITS = type(settings.IMAGE_LIMITS)(max_bytes=100_000)
    data = bytearray(packed({"bomb.png": bytes(3_000_000)}).getvalue())
    at = data.rindex(b"PK\x01\x02") + 24
    data[at : at + 4] = (1000).to_bytes(4, "little")
    batch_arrivals.add_archive(batch, io.BytesIO(bytes(data)))
    assert states(batch) == {"bomb.png": "unreadable_entry"}


WHOLE = [
    (b"", "invalid_archive"),
    (b"PK\x05\x06", "invalid_archive"),
    (b"hello, I am no archive at all" * 10, "invalid_archive"),
    (fakes.photo(), "invalid_archive"),
    (packed({"a.png": b"x"}).getvalue()[:-10], "invalid_archive"),
    (packed({}).getvalue(), "empty_archive"),
    (packed({"folder/": b""}).getvalue(), "empty_archive"),
    (packed({f"{number}.png": b"x" for number in range(51)}).getvalue(), "batch_too_large"),
]


@pytest.mark.parametrize(("data", "code"), WHOLE)
def test_an_archive_that_is_refused_adds_nothing(batch, data, code) -> None:
    with pytest.raises(Refused) as refusal:
        batch_arrivals.add_archive(batch, io.BytesIO(data))
    assert (refusal.value.code, batch.items.count()) == (code, 0)


def test_too_large_packed_or_unpacked(batch, settings) -> None:
    settings.BATCH_ZIP_BYTES = 10_000
    for data in (packed({"a.png": bytes(30_000)}), packed({"a.png": fakes.photo() * 100}, 0)):
        with pytest.raises(Refused) as refusal:
            batch_arrivals.add_archive(batch, data)
        assert refusal.value.code == "archive_too_large"


def test_a_directory_of_a_million_names_is_not_read(batch) -> None:
    data = bytearray(packed({"a.png": b"x"}).getvalue())
    at = data.rindex(b"PK\x05\x06") + 12
    data[at : at + 4] = (2**31).to_bytes(4, "little")
    with pytest.raises(Refused) as refusal:
        batch_arrivals.add_archive(batch, io.BytesIO(bytes(data)))
    assert refusal.value.code == "batch_too_large"
