"""Requests that end badly: words for people, codes for programs."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from editor import samples

JSON = {"accept": "application/json"}


def test_not_found(visitor) -> None:
    page = visitor.get("/nowhere")
    assert (page.status_code, "Not here" in page.content.decode()) == (404, True)
    answer = visitor.get("/nowhere", headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_who_is_signed_out_finds_the_way_back(visitor, hers) -> None:
    """The address of one's own photo, kept from before, opened by nobody in particular."""
    address = "/jobs/00000000-0000-0000-0000-000000000001?from=mail&x=1"
    back = "/accounts/login/?next=/jobs/00000000-0000-0000-0000-000000000001%3Ffrom%3Dmail%26x%3D1"
    assert back in visitor.get(address).content.decode()
    assert "/accounts/login/?next=" not in hers.get(address).content.decode()


def test_an_id_that_is_none(visitor) -> None:
    assert visitor.get("/jobs/1").status_code == 404
    assert visitor.get("/jobs/../../etc/passwd").status_code == 404


@pytest.fixture
def broken(client, monkeypatch):
    def fail() -> bool:
        raise RuntimeError("the disk is on fire")

    monkeypatch.setattr(samples, "available", fail)
    client.raise_request_exception = False
    return client


def test_a_failure_of_ours(broken) -> None:
    page = broken.get("/")
    assert page.status_code == 500
    assert "Something failed on our side" in page.content.decode()
    assert "fire" not in page.content.decode()
    answer = broken.get("/", headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")


def test_too_many_fields(hers) -> None:
    answer = hers.post("/upload", {f"field{number}": "x" for number in range(1100)})
    assert answer.status_code == 413
    assert "More was sent than is taken at once" in answer.content.decode()


def test_too_many_files(hers) -> None:
    files = [SimpleUploadedFile(f"{number}.png", b"x") for number in range(51)]
    answer = hers.post("/upload", {"photos": files}, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (413, "request_too_large")
