"""Headers of every answer, and what browsers are told of pages, pictures and operators' pages."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth import get_user
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.access.actors import Stage
from tests.access.test_access import all_there  # noqa: F401
from tests.api.conftest import limiters, worker  # noqa: F401

PAGES = (
    "/",
    "/gallery",
    "/pricing",
    "/accounts/login/",
    "/accounts/signup/",
    "/nothing/here",
    "/api/v1/models",
)
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
FORBIDDEN = ("unsafe-inline", "unsafe-eval", "http:", "*")
PICTURES = ("default-src 'none'", "sandbox")


@pytest.mark.django_db
@pytest.mark.parametrize("path", PAGES)
def test_pages(client: Client, path: str) -> None:
    answer = client.get(path)
    assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS
    assert "camera=()" in answer["Permissions-Policy"] and "geolocation=()" in answer["Permissions-Policy"]
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert not any(word in policy for word in FORBIDDEN)
    assert "Server" not in answer.headers and "X-Powered-By" not in answer.headers


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/gallery", "/accounts/login/", "/pricing"])
def test_no_page_has_inline_script_or_style(client: Client, path: str) -> None:
    page = client.get(path).content.decode()
    assert re.search(r"<[^>]+\s(?:style|on[a-z]+)=", page) is None
    inline = [tag for tag in re.findall(r"<script\b[^>]*>", page) if " src=" not in tag]
    assert all("nonce=" in tag or 'type="application/json"' in tag for tag in inline)
    assert "<style" not in page


def test_pictures_are_shown_and_never_run(all_there: Stage) -> None:  # noqa: F811
    owner = all_there.clients["owner"]
    for address in (
        reverse("editor:file", kwargs={"job_id": all_there.job.pk, "kind": "result"}),
        reverse("editor:download", kwargs={"job_id": all_there.job.pk}),
        reverse("api:result", kwargs={"job_id": all_there.job.pk}),
    ):
        answer = owner.get(address)
        assert answer.status_code == 200 and answer["Content-Type"] == "image/png"
        assert all(word in answer["Content-Security-Policy"] for word in PICTURES)
        assert answer["X-Content-Type-Options"] == "nosniff"


def test_operators_pages_load_nothing_from_elsewhere(all_there: Stage) -> None:  # noqa: F811
    policy = all_there.clients["boss"].get("/admin/")["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "http" not in policy and "*" not in policy


@pytest.mark.django_db
def test_a_session_gets_another_key_when_somebody_signs_in(client: Client) -> None:
    """Session fixation: a key that was known before is worth nothing afterwards."""
    user = User.objects.create_user("alice@example.org", "secret words")
    client.get("/accounts/login/")
    session = client.session
    session["planted"] = True
    session.save()
    before = session.session_key
    client.post("/accounts/login/", {"login": user.email, "password": "secret words"})
    assert client.session.session_key != before
    thief = Client()
    thief.cookies["sessionid"] = before or ""
    assert get_user(thief).is_anonymous


@pytest.mark.django_db
def test_cookies_are_out_of_reach(client: Client) -> None:
    user = User.objects.create_user("alice@example.org", "secret words")
    answer = client.post("/accounts/login/", {"login": user.email, "password": "secret words"})
    cookie = answer.cookies["sessionid"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "javascript:alert(1)", "/\\evil.example"]
)
def test_signing_in_leads_nowhere_else(client: Client, target: str) -> None:
    User.objects.create_user("alice@example.org", "secret words")
    answer: Any = client.post(
        "/accounts/login/", {"login": "alice@example.org", "password": "secret words", "next": target}
    )
    assert answer.status_code == 302
    assert answer["Location"].startswith("/") and not answer["Location"].startswith(("//", "/\\"))


@pytest.mark.django_db
def test_a_host_that_is_not_ours_is_refused(client: Client, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["cutout.example"]
    assert client.get("/healthz", headers={"Host": "evil.example"}).status_code == 400
    forwarded = client.get("/", headers={"Host": "cutout.example", "X-Forwarded-Host": "evil.example"})
    assert forwarded.status_code == 200 and b"evil.example" not in forwarded.content
