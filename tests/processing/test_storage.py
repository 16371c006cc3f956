"""Files are there whole or not at all, and nothing is left when saving fails."""

import errno
import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile

from processing import caretaker, storage
from processing.errors import Refused
from processing.storage import PrivateFiles


def files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_it_saves_and_reads(tmp_path: Path) -> None:
    store = PrivateFiles(str(tmp_path))
    name = store.save("u/1/jobs/a/result.png", ContentFile(b"pixels"))
    assert store.open(name).read() == b"pixels"
    assert (tmp_path / name).stat().st_mode & 0o777 == 0o640
    assert files(tmp_path) == ["u/1/jobs/a/result.png"]


def test_deleting_the_last_file_takes_its_empty_folders_along(tmp_path: Path) -> None:
    store = PrivateFiles(str(tmp_path))
    name = store.save("u/1/jobs/a/result.png", ContentFile(b"pixels"))
    store.delete(name)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = PrivateFiles(str(tmp_path))

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        store.save("u/1/jobs/a/result.png", ContentFile(b"pixels"))
    assert files(tmp_path) == []


def test_a_storage_that_fails_is_a_refusal_with_a_code(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(name: str, content: object) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(storage.default_storage, "save", full)
    with pytest.raises(Refused) as caught:
        storage.save("u/1/a", b"")
    assert (caught.value.code, caught.value.status) == ("storage_error", 507)


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "u/../../x"])
def test_a_name_outside_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    from django.core.exceptions import SuspiciousFileOperation

    with pytest.raises(SuspiciousFileOperation):
        PrivateFiles(str(tmp_path)).save(name, ContentFile(b""))


@pytest.mark.django_db
def test_the_sweep_takes_old_files_without_a_row_and_leaves_young_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old = storage.save("u/9/jobs/a/old.png", b"old")
    young = storage.save("u/9/jobs/a/young.png", b"young")
    then = (datetime.now() - timedelta(hours=2)).timestamp()
    os.utime(storage.default_storage.path(old), (then, then))
    assert old in caretaker.sweep_files()
    assert not storage.default_storage.exists(old)
    assert storage.default_storage.exists(young)
    storage.delete([young])


def test_what_cannot_be_removed_now_hides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The store is away while a job cleans up after itself: why it failed is told, and the sweep does the rest."""
    gone: list[str] = []

    def delete(name: str) -> None:
        if name == "u/1/a.png":
            raise ConnectionError("away")
        gone.append(name)

    monkeypatch.setattr(storage.default_storage, "delete", delete)
    storage.discard(["u/1/a.png", "u/1/b.png"])
    assert gone == ["u/1/b.png"]
