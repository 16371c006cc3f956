"""Photos that go straight to the store: bounded by the address, checked at the door, swept if nobody names them."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
import requests
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from accounts import keys, quotas
from accounts.models import CREDIT, User
from processing import direct, owners, storage
from processing.models import Job
from tests import fakes

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]
STORE = bool(settings.S3_BUCKET)


@pytest.fixture
def alice(transactional_db) -> User:
    user = User.objects.create_user("alice@example.org")
    quotas.grant(user, 10 * CREDIT, "test")
    return user


@pytest.fixture
def ask(client, alice):
    _, key = keys.issue(alice)

    def asked(path: str, body: dict, key: str = key):
        return client.post(
            f"/api/v1/{path}", body, content_type="application/json", headers={"X-Api-Key": key}
        )

    yield asked
    for prefix in ("u", "incoming"):
        storage.delete(list(storage.names_under(prefix)))


def send(begun: dict, data: bytes, **fields: str) -> requests.Response:
    form = begun["fields"] | fields
    return requests.post(begun["url"], data=form, files={"file": ("a.png", data)}, timeout=20)


def put(owner: User, data: bytes) -> str:
    """What a store holds that was given a photo, without the way there."""
    upload_id = str(uuid.uuid4())
    default_storage.save(f"incoming/{owner.pk}/{upload_id}", ContentFile(data))
    return upload_id


def test_a_type_that_is_none_is_refused(ask) -> None:
    answer = ask("uploads", {"media_type": "text/html"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")


def test_without_a_store_there_are_none(ask, monkeypatch) -> None:
    monkeypatch.setattr(settings, "S3_BUCKET", "")
    for path, body in (("uploads", {"media_type": "image/png"}), ("jobs", {"upload": str(uuid.uuid4())})):
        answer = ask(path, body)
        assert (answer.status_code, answer.json()["code"]) == (404, "uploads_unavailable")


def test_a_photo_goes_to_the_store_and_becomes_a_job(ask) -> None:
    begun = ask("uploads", {"media_type": "image/png"})
    if not STORE:
        assert begun.status_code == 404
        return
    assert begun.status_code == 201
    assert send(begun.json(), fakes.photo()).status_code in (200, 204)
    made = ask("jobs", {"upload": begun.json()["id"], "name": "mine.png"})
    assert (made.status_code, made.json()["name"]) == (202, "mine.png")
    assert list(storage.names_under("incoming")) == []
    assert storage.read(Job.objects.get().source.file) == fakes.photo()
    again = ask("jobs", {"upload": begun.json()["id"]})
    assert (again.status_code, again.json()["code"]) == (404, "unknown_upload")


def test_the_address_says_how_large_it_may_be_and_of_which_type(ask) -> None:
    begun = ask("uploads", {"media_type": "image/png"})
    if not STORE:
        assert begun.status_code == 404
        return
    import base64
    import json

    policy = json.loads(base64.b64decode(begun.json()["fields"]["policy"]))
    assert ["content-length-range", 1, settings.IMAGE_LIMITS.max_bytes] in policy["conditions"]
    assert {"Content-Type": "image/png"} in policy["conditions"]
    assert {"key": begun.json()["fields"]["key"]} in policy["conditions"]


@pytest.fixture
def as_with_a_store(monkeypatch) -> None:
    """On both configurations: what happens once the photo is there needs no S3."""
    monkeypatch.setattr(settings, "S3_BUCKET", settings.S3_BUCKET or "bgsite")


@pytest.mark.parametrize(
    ("data", "code", "status"),
    [
        (b"<html>", "unsupported_format", 415),
        (fakes.photo()[:150], "unreadable_image", 422),
        (b"", "empty_file", 400),
        (b"x" * (settings.IMAGE_LIMITS.max_bytes + 1), "file_too_large", 413),
    ],
)
def test_what_was_sent_is_checked_at_the_door(ask, alice, as_with_a_store, data, code, status) -> None:
    answer = ask("jobs", {"upload": put(alice, data)})
    assert answer.json()["code"] == code
    assert 400 <= answer.status_code < 500
    assert (Job.objects.count(), list(storage.names_under("u"))) == (0, [])


def test_nobody_takes_anothers(ask, alice, as_with_a_store) -> None:
    other = User.objects.create_user("bob@example.org")
    upload_id = put(other, fakes.photo())
    for name in (upload_id, f"../{other.pk}/{upload_id}", "x", "%00"):
        answer = ask("jobs", {"upload": name})
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_upload")


def test_one_photo_from_one_place(ask, alice, as_with_a_store) -> None:
    answer = ask("jobs", {"upload": put(alice, fakes.photo()), "url": "https://example.org/a.png"})
    assert answer.json()["code"] == "multiple_sources"


def test_what_nobody_names_goes_after_a_day(alice, ask, as_with_a_store, monkeypatch) -> None:
    put(alice, fakes.photo())
    assert direct.sweep() == 0
    monkeypatch.setattr(direct, "UNCLAIMED", timedelta(0))
    assert direct.sweep() == 1
    assert list(storage.names_under("incoming")) == []


def test_it_goes_with_its_owner(alice, ask, as_with_a_store) -> None:
    put(alice, fakes.photo())
    owners.erase(alice)
    assert list(storage.names_under("incoming")) == []
