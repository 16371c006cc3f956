"""Operators' pages open with a second factor alone, where the site demands one. (1 s.)"""

from __future__ import annotations

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client

from accounts.models import User
from tests.operators import person

pytestmark = pytest.mark.django_db
PAGES = [
    "/admin/",
    "/admin/figures.csv",
    "/admin/switches",
    "/admin/accounts/user/",
    "/admin/accounts/auditentry/",
]


@pytest.fixture(autouse=True)
def demanded(settings):
    settings.OPERATOR_MFA = True


@pytest.mark.parametrize("role", ["viewer", "owner"])
@pytest.mark.parametrize("page", PAGES)
def test_without_one_nothing_opens(role, page):
    _, client = person(role)
    answer = client.get(page)
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/2fa/totp/activate/")
    assert client.post("/admin/switches/pause", {"reason": "x"})["Location"] == "/accounts/2fa/totp/activate/"
    assert client.get("/metrics").status_code == 401


def test_the_way_there_is_said(settings):
    _, client = person("viewer")
    page = client.get("/admin/", follow=True).content.decode()
    assert "Operators need a second factor" in page


def test_with_one_they_open():
    user, client = person("owner")
    TOTP.activate(user, generate_totp_secret())
    assert client.get("/admin/").status_code == 200
    assert client.get("/metrics").status_code == 200


def test_the_sign_in_then_asks_for_it():
    """A password alone is not signed in: what a stolen one opens is the question for the code."""
    owner = User.objects.create_superuser("owner@example.org", "a long enough secret")
    TOTP.activate(owner, generate_totp_secret())
    client = Client()
    client.post("/accounts/login/", {"login": owner.email, "password": "a long enough secret"})
    assert client.get("/admin/").status_code == 302
    assert client.get("/admin/", follow=True).redirect_chain[-1][0] == "/accounts/2fa/authenticate/"


def test_nobody_else_is_asked():
    _, client = person()
    assert client.get("/account/billing").status_code == 200


def test_where_it_is_not_demanded(settings):
    settings.OPERATOR_MFA = False
    assert person("viewer")[1].get("/admin/").status_code == 200
