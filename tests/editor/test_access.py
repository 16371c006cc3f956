"""Nobody but the owner reaches a job, by any address: others get the same 404 as for a job that never was."""

from __future__ import annotations

from uuid import uuid4

import pytest

from processing.models import Job

READ = [
    "",
    "/card",
    "/download",
    "/files/source-preview",
    "/files/preview",
    "/files/thumbnail",
    "/files/result",
]
WRITE = ["/cancel", "/retry", "/delete"]


@pytest.mark.parametrize("path", READ)
def test_the_owner_reads(hers, done, path) -> None:
    assert hers.get(done.get_absolute_url() + path).status_code == 200


@pytest.mark.parametrize("path", READ)
def test_others_do_not(his, visitor, done, path) -> None:
    assert his.get(done.get_absolute_url() + path).status_code == 404
    assert visitor.get(done.get_absolute_url() + path).status_code == 404
    assert his.get(f"/jobs/{uuid4()}{path}").status_code == 404


@pytest.mark.parametrize("path", WRITE)
def test_others_change_nothing(his, visitor, waiting, path) -> None:
    assert his.post(waiting.get_absolute_url() + path).status_code == 404
    assert visitor.post(waiting.get_absolute_url() + path).status_code == 404
    waiting.refresh_from_db()
    assert waiting.status == Job.Status.QUEUED


@pytest.mark.parametrize("path", WRITE)
def test_a_link_changes_nothing(hers, waiting, path) -> None:
    assert hers.get(waiting.get_absolute_url() + path).status_code == 405
    assert Job.objects.filter(pk=waiting.pk, status=Job.Status.QUEUED).exists()


def test_a_gallery_holds_ones_own(hers, his, visitor, done) -> None:
    assert done.name in hers.get("/gallery").content.decode()
    assert done.name not in his.get("/gallery").content.decode()
    assert done.name not in visitor.get("/gallery").content.decode()


def test_operators_pages_are_for_operators(hers, visitor) -> None:
    assert hers.get("/admin/processing/job/").status_code in {302, 403}
    assert visitor.get("/admin/processing/job/").status_code == 302
