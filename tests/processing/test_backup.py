"""A backup is made while there is work, all is lost, and it comes back; on SQLite, and on PostgreSQL with S3."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command

from accounts import quotas
from accounts.models import CREDIT, CreditEntry, User
from processing import jobs, storage, tasks
from processing.backup import rows
from processing.models import Job, Rendition
from processing.pipeline.recipe import Recipe
from tests import fakes, ledger

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]


@pytest.fixture
def done(user, model, bell, files) -> list[Job]:
    """Two that are done, one that waits."""
    made = [
        jobs.submit(user, jobs.Upload("ph\u00f6t\to\\N.png", fakes.photo(shade=shade)), Recipe())
        for shade in (10, 20, 30)
    ]
    for job in made[:2]:
        tasks.run_job(str(job.pk))
    return made


def backup(folder: Path) -> str:
    from io import StringIO

    said = StringIO()
    call_command("backup", folder, stdout=said)
    return said.getvalue()


def restore(folder: Path, **options: bool) -> str:
    from io import StringIO

    said = StringIO()
    call_command("restore", folder, stdout=said, **options)
    return said.getvalue()


def contents() -> dict[str, bytes]:
    return {name: storage.read(name) for name in storage.names_under("u")}


def test_all_comes_back_after_all_was_lost(done, user, tmp_path) -> None:
    before, there = rows.counts(), contents()
    entries = list(CreditEntry.objects.order_by("pk").values())
    assert "0 files that rows name are missing" in backup(tmp_path / "b")

    for job in Job.objects.all():
        jobs.delete(job)
    User.objects.all().delete()
    stranger = User.objects.create_user("stranger@example.org")
    assert contents() == {}

    said = restore(tmp_path / "b", force=True)
    assert "0 files that rows name are missing" in said and "0 files belong to no row" in said
    assert (rows.counts(), contents()) == (before, there)
    assert list(CreditEntry.objects.order_by("pk").values()) == entries
    assert not User.objects.filter(email=stranger.email).exists()
    assert [job.name for job in Job.objects.order_by("created")] == [job.name for job in done]
    ledger.check()

    tasks.run_job(str(done[2].pk))  # and it goes on
    assert Job.objects.get(pk=done[2].pk).status == Job.Status.SUCCEEDED
    assert quotas.grant(User.objects.get(email=user.email), CREDIT, "after")
    User.objects.create_user("new@example.org")  # with an id that is free


def test_it_says_which_files_are_missing_and_which_belong_to_nobody(done, tmp_path) -> None:
    lost = Rendition.objects.first()
    default_storage.delete(lost.file)
    storage.save("u/1/sources/nobody.png", b"x")
    said = backup(tmp_path / "b")
    assert f"1 files that rows name are missing, the first is {lost.file}." in said
    assert "1 files belong to no row (the sweep removes them), the first is u/1/sources/nobody.png." in said


@pytest.mark.parametrize("harm", ["file", "rows", "manifest"])
def test_a_backup_that_was_harmed_changes_nothing(done, tmp_path, harm) -> None:
    folder = tmp_path / "b"
    backup(folder)
    if harm == "manifest":
        (folder / "manifest.json").unlink()
    elif harm == "file":
        next(path for path in (folder / "files").rglob("*.png")).write_bytes(b"other")
    else:
        part = next(iter(json.loads((folder / "manifest.json").read_text())["parts"]))
        (folder / part).write_bytes((folder / part).read_bytes() + b"x")
    before = rows.counts()
    with pytest.raises(CommandError):
        restore(folder, force=True)
    assert rows.counts() == before


def test_what_is_here_is_not_replaced_by_chance(done, tmp_path) -> None:
    backup(tmp_path / "b")
    with pytest.raises(CommandError, match="There are jobs here already"):
        restore(tmp_path / "b")
    with pytest.raises(CommandError, match="not empty"):
        backup(tmp_path / "b")


def test_it_says_when_what_is_sealed_cannot_be_opened(user, tmp_path, settings, capsys) -> None:
    first, other = "f" * 60, "o" * 60
    settings.SECRET_KEY = first
    backup(tmp_path / "b")
    assert first not in (tmp_path / "b" / "manifest.json").read_text()
    for secret, fallbacks, warns in ((first, [], False), (other, [], True), (other, [first], False)):
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = secret, fallbacks
        restore(tmp_path / "b")
        assert ("Put the old one back" in capsys.readouterr().err) is warns
