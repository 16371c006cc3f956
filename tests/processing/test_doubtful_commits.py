"""A database that goes away just after it committed: who wrote hears an error, and the row is there all the same.

Each write of a photo's whole way is done and reported as failed, one after the other. Whatever the site makes of it,
no row may name a file that is gone.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.functions import Now
from PIL import Image

from accounts.models import User
from processing import backgrounds, jobs, masks, rendition_requests, storage, tasks
from processing.backup import stored
from processing.mask_work import catch_up
from processing.models import Alpha, Job, MaskRevision, Rendition, Source
from processing.pipeline.recipe import Recipe
from tests import fakes, ledger

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]
WRITES = ("INSERT", "UPDATE", "DELETE")


class Doubt:
    """Reports one write as failed, the `number`th of all, after it was done."""

    def __init__(self, number: int) -> None:
        self.number, self.seen = number, 0

    def pass_on(self) -> None:
        self.seen += 1
        if self.seen == self.number:
            raise OperationalError("server closed the connection unexpectedly")

    def statement(self, execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        done = execute(sql, *rest)
        if not connection.in_atomic_block and sql.lstrip().upper().startswith(WRITES):
            self.pass_on()
        return done

    @contextmanager
    def about(self, patch: pytest.MonkeyPatch) -> Iterator[None]:
        commit = BaseDatabaseWrapper.commit

        def doubtful(its: BaseDatabaseWrapper) -> None:
            commit(its)
            self.pass_on()

        with patch.context() as patched, connection.execute_wrapper(self.statement):
            patched.setattr(BaseDatabaseWrapper, "commit", doubtful)
            yield


def grey(width: int, height: int) -> bytes:
    file = io.BytesIO()
    Image.new("L", (width, height), 200).save(file, "PNG")
    return file.getvalue()


def upload(owner: User, shade: int) -> None:
    jobs.submit(owner, jobs.Upload("photo.png", fakes.photo(shade=shade)), Recipe())


def background(owner: User, shade: int) -> None:
    backgrounds.keep(owner, fakes.photo(shade=shade))


def work(owner: User, shade: int) -> None:
    tasks.run_job(str(Job.objects.get(owner=owner).pk))


def given(owner: User, shade: int) -> None:
    job = Job.objects.get(owner=owner)
    masks.give(job, 0, 0, MaskRevision.Kind.MASK, grey(job.source.width, job.source.height))
    catch_up(job.pk)


def another_size(owner: User, shade: int) -> None:
    job = Job.objects.get(owner=owner)
    row = rendition_requests.order(job, Recipe(max_side=20))
    tasks.render(row.pk)


STEPS = {
    "upload": upload,
    "background": background,
    "work": work,
    "given": given,
    "another size": another_size,
}
BEFORE = {"work": [upload], "given": [upload, work], "another size": [upload, work]}


@pytest.mark.parametrize("step", STEPS)
def test_no_row_names_a_file_that_is_gone(step, model, bell, files, monkeypatch, transactional_db) -> None:
    number = 0
    while True:
        number += 1
        owner = User.objects.create_user(f"{number}@example.org", is_unlimited=True)
        for earlier in BEFORE.get(step, []):
            earlier(owner, number)
        doubt = Doubt(number)
        with doubt.about(monkeypatch), suppress(OperationalError):
            STEPS[step](owner, number)
        assert stored.report(set(storage.names_under("u"))).missing == [], f"write {number}"
        ledger.check()
        if doubt.seen < number:
            break
    assert number > 1, "or nothing was written"


def test_a_matte_without_its_file_is_made_again(user, model, bell, files) -> None:
    upload(user, 1)
    work(user, 1)
    alpha = Alpha.objects.get()
    storage.delete([alpha.file])
    job = jobs.again(Source.objects.get(), "photo.png", alpha.model, Recipe(background="white"))
    looks = model.looks
    tasks.run_job(str(job.pk))
    job.refresh_from_db()
    healed = Alpha.objects.get()
    assert (job.status, model.looks - looks) == (Job.Status.SUCCEEDED, looks)
    assert healed.file != alpha.file
    assert healed.file in files()
    assert Rendition.objects.filter(job=job).exists()
    assert Job.objects.filter(alpha=healed, finished__lte=Now()).count() == 2
