"""Requests of the catalogue that no other test sends."""

from __future__ import annotations

import base64
import time
from typing import Any

import pytest
from django.contrib.auth import hashers
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from accounts.models import User
from processing.models import Job
from tests import fakes
from tests.api.compat.conftest import Caller
from tests.api.compat.conftest import file as photo_file
from tests.api.conftest import alice, bell, limiters, worker  # noqa: F401
from tests.processing.pipeline.pictures import gradient, saved

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "a long enough passphrase"


def signed_in(email: str = "alice@example.org") -> Client:
    client = Client()
    client.force_login(User.objects.get(email=email), "allauth.account.auth_backends.AuthenticationBackend")
    return client


# --- Files and their names -------------------------------------------------------------------------------


@pytest.mark.parametrize("said", ["text/html", "image/jpeg", "application/x-php", "", 'a/b; c="d', "x" * 300])
def test_what_a_file_is_said_to_be_does_not_count(alice, bell, said: str) -> None:  # noqa: F811
    sent = SimpleUploadedFile("cup.png", fakes.photo(), said)
    assert alice.post("jobs", {"file": sent}).status_code == 202
    assert Job.objects.get().source.media_type == "image/png"


@pytest.mark.parametrize(
    "name", ["x.php.jpg", "x.jpg.html", "shell.jpg%00.php", "CON.png", "photo.svg", "a.png."]
)
def test_a_result_is_named_and_typed_by_what_it_is(alice, worker, name: str) -> None:  # noqa: F811
    made = alice.post(
        "jobs?wait=5", {"base64": base64.b64encode(fakes.photo()).decode(), "name": name}
    ).json()
    answer = signed_in().get(f"/jobs/{made['id']}/download")
    assert (answer.status_code, answer["Content-Type"], answer["X-Content-Type-Options"]) == (
        200,
        "image/png",
        "nosniff",
    )
    assert answer["Content-Disposition"].rstrip('"').endswith("-cutout.png")
    assert not {"\r", "\n", "\0"} & set(answer["Content-Disposition"])


def test_words_in_a_photo_are_shown_nowhere(alice, worker) -> None:  # noqa: F811
    exif = Image.Exif()
    exif[0x013B] = exif[0x010E] = "<script>alert('artist')</script>"
    made = alice.upload(saved(gradient(96, 64), "JPEG", exif=exif), path="jobs?wait=5").json()
    pages = signed_in()
    for path in (f"/jobs/{made['id']}", "/gallery", f"/jobs/{made['id']}/edit"):
        assert b"alert('artist')" not in pages.get(path, follow=True).content
    assert "artist" not in alice.get(f"jobs/{made['id']}").content.decode()


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
def test_a_part_of_nothing_but_white_space(alice, bell, encoding: str) -> None:  # noqa: F811
    """CVE-2026-33033: each chunk of such a part was read again and again."""
    part = f'Content-Disposition: form-data; name="file"; filename="a.png"\r\nContent-Transfer-Encoding: {encoding}'
    body = b"--x\r\n" + part.encode() + b"\r\n\r\n" + b" \r\n\t" * 1_000_000 + b"\r\n--x--\r\n"
    begun = time.process_time()
    answer = alice("post", "jobs", data=body, content_type="multipart/form-data; boundary=x")
    assert time.process_time() - begun < 5
    assert 400 <= answer.status_code < 500 and "code" in answer.json()
    assert not Job.objects.exists()


def test_what_removebg_does_not_know_it_ignores(alice, worker) -> None:  # noqa: F811
    fields = {"image_file": photo_file(), "wings": "2", "__proto__": "x"}
    assert Caller(alice.key).form("/v1.0/removebg", fields).status_code == 200


# --- Words to search for ---------------------------------------------------------------------------------

SEARCHED = [
    "%",
    "_",
    "\\",
    "' OR '1'='1",
    "(a+)+$",
    "\0",
    "a\0b",
    "\ud800",
    "%00",
    "x" * 10_000,
    "٣",
    "../..",
]


@pytest.mark.both
@pytest.mark.parametrize("words", SEARCHED, ids=range(len(SEARCHED)))
def test_signs_in_a_search_are_letters(alice, bell, words: str) -> None:  # noqa: F811
    alice.upload()
    here, sent = signed_in(), words.encode("utf-8", "surrogatepass")
    everywhere = dict.fromkeys(("q", "status", "folder", "model", "page", "after", "sort"), sent)
    for path in ("/gallery", "/batches"):
        assert here.get(path, everywhere).status_code < 500, path
    found = here.get("/gallery", {"q": sent})
    assert found.status_code == 200
    if words.strip("\0"):  # nothing asked for is everything shown
        assert f"/jobs/{Job.objects.get().pk}" not in found.content.decode()


# --- Sessions and sign-in --------------------------------------------------------------------------------


@pytest.fixture
def counted(settings: Any) -> None:
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "hostile"}
    }
    cache.clear()


def test_other_sessions_end_with_the_password(alice) -> None:  # noqa: F811
    here, elsewhere = signed_in(), signed_in()
    assert here.get("/api/v1/account").status_code == 200
    alice.user.set_password(PASSWORD)
    alice.user.save()
    assert [client.get("/api/v1/account").status_code for client in (here, elsewhere)] == [401, 401]


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Referer": "https://evil.example/"}, {}],
)
def test_forms_from_elsewhere_are_refused(alice, headers: dict[str, str]) -> None:  # noqa: F811
    strict = Client(enforce_csrf_checks=True, headers={"Host": "testserver"})
    strict.force_login(alice.user, "allauth.account.auth_backends.AuthenticationBackend")
    strict.get("/accounts/login/")
    for more in ({}, {"HX-Request": "true"}):
        answer = strict.post("/upload", {"url": "https://example.org/a.png"}, headers=headers | more)
        assert answer.status_code == 403
    assert not Job.objects.exists()


def test_who_is_unknown_costs_as_much_as_who_is_known(counted: None, monkeypatch: Any) -> None:
    """A password is hashed for both, so that the time says nothing."""
    User.objects.create_user("alice@example.org", PASSWORD)
    hashed: list[str] = []
    encode = hashers.MD5PasswordHasher.encode
    monkeypatch.setattr(
        hashers.MD5PasswordHasher, "encode", lambda *args: hashed.append("x") or encode(*args)
    )
    counts, texts = [], []
    for email in ("alice@example.org", "nobody@example.org"):
        hashed.clear()
        answer = Client().post("/accounts/login/", {"login": email, "password": "wrong"})
        counts.append(len(hashed))
        texts.append(answer.content.decode().replace(email, "").partition("<form")[2].partition("csrf")[0])
    assert counts[0] == counts[1] > 0
    assert texts[0] == texts[1]


def test_nobody_signs_up_as_more_than_they_are(counted: None, settings: Any) -> None:
    form = {"email": "eve@example.org", "password1": PASSWORD, "is_staff": "on", "is_superuser": "on",
            "balance": "999999", "credits": "999999", "plan_name": "business", "is_unlimited": "on"}  # fmt: skip
    Client().post("/accounts/signup/", form)
    eve = User.objects.get(email="eve@example.org")
    assert (eve.is_staff, eve.is_superuser, eve.is_unlimited, eve.plan_name) == (False, False, False, "free")
    assert eve.credits == settings.SIGNUP_CREDITS
