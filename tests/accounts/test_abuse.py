"""What people do who mean no good, and what the site answers: floods of accounts, bursts of disposable addresses,
shared keys, lists of stolen passwords, guessing an operator's. The limits are the real ones. (8 s.)"""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts import keys, limits, quotas
from accounts.models import CREDIT, User
from accounts.signup import mailbox
from tests import ledger
from tests.fakes import photo
from tests.processing.conftest import bell  # noqa: F401

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough secret"


@pytest.fixture(autouse=True)
def nobody_was_here(settings):
    cache.clear()
    limits.rough.cache_clear()
    yield
    cache.clear()


def sign_up(email: str, address: str = "203.0.113.1") -> int:
    form = {"email": email, "password1": PASSWORD}
    return Client(REMOTE_ADDR=address).post("/accounts/signup/", form).status_code


def sign_in(email: str, password: str, address: str = "203.0.113.1"):
    return Client(REMOTE_ADDR=address).post("/accounts/login/", {"login": email, "password": password})


# --- Accounts --------------------------------------------------------------------------------------------


def test_a_flood_of_accounts_from_one_address_ends():
    answers = [sign_up(f"n{number}@example.org") for number in range(25)]
    assert answers == [302] * 20 + [429] * 5
    assert User.objects.count() == 20
    assert sign_up("neighbour@example.org", "203.0.113.2") == 302


def test_and_a_slow_one_by_the_day(settings):
    settings.ACCOUNT_RATE_LIMITS = {"signup": "20/m/ip,3/d/ip"}
    assert [sign_up(f"n{number}@example.org") for number in range(4)] == [302, 302, 302, 429]


def test_the_setting_makes_the_limit(settings):
    assert {"signup": f"20/m/ip,{settings.SIGNUPS_PER_DAY}/d/ip"} == settings.ACCOUNT_RATE_LIMITS


@pytest.mark.parametrize(
    "email", ["a@mailinator.com", "a@MAILINATOR.com", "a@x.y.mailinator.com", "b@trash.example"]
)
def test_disposable_addresses_are_refused(settings, email):
    settings.BLOCKED_MAIL_DOMAINS = ["mailinator.com", "trash.example"]
    page = Client().post("/accounts/signup/", {"email": email, "password1": PASSWORD}).content.decode()
    assert "not taken here" in page
    assert not User.objects.exists()


def test_a_name_that_only_ends_alike_is_taken(settings):
    settings.BLOCKED_MAIL_DOMAINS = ["mail.example"]
    assert sign_up("a@hotmail.example") == 302


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        ("alice@example.org", "alice+shop@example.org", True),
        ("a.li.ce@gmail.com", "alice+1@googlemail.com", True),
        ("a.lice@example.org", "alice@example.org", False),
        ("alice@example.org", "alice@example.com", False),
        ("+x@example.org", "+y@example.org", False),
    ],
)
def test_mailboxes(one, two, same):
    assert (mailbox(one) == mailbox(two)) is same


def test_one_mailbox_is_welcomed_once(settings):
    for number in range(6):
        assert sign_up(f"alice+{number}@example.org") == 302
    credits = sorted(user.credits for user in User.objects.all())
    assert credits == [0] * 5 + [settings.SIGNUP_CREDITS]
    ledger.check()


def test_nobody_learns_who_has_an_account(settings):
    """The same answer, whether the address is known or not."""
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    User.objects.create_user("alice@example.org", PASSWORD)
    answers = [Client().post(reverse("account_reset_password"), {"email": each}) for each in
               ("alice@example.org", "bob@example.org")]  # fmt: skip
    assert [(answer.status_code, answer["Location"]) for answer in answers] == [
        (302, "/accounts/password/reset/done/")
    ] * 2


# --- Passwords -------------------------------------------------------------------------------------------


def test_a_list_of_stolen_passwords_is_stopped_by_address():
    answers = [sign_in(f"user{number}@example.org", "stolen") for number in range(32)]
    assert ["Too many failed" in each.content.decode() for each in answers[:30]] == [False] * 10 + [True] * 20
    assert [each.status_code for each in answers[30:]] == [429] * 2  # before any password is looked at
    page = answers[31].content.decode()
    assert "Too many tries" in page and 'class="brand"' in page  # one of our own pages, with the way back


def test_guessing_one_password_is_stopped_from_anywhere():
    """Five wrong ones in five minutes; then the right one waits as well, so that a guesser learns nothing."""
    User.objects.create_user("alice@example.org", PASSWORD)
    for number in range(5):
        assert sign_in("alice@example.org", f"wrong {number}", f"203.0.113.{number}").status_code == 200
    late = sign_in("alice@example.org", PASSWORD, "203.0.113.99")
    assert late.status_code == 200 and "Too many failed" in late.content.decode()


@pytest.mark.parametrize("password", [PASSWORD, "wrong"])
def test_the_operators_door_has_the_same_limits(password):
    """/admin/login/ is no second way in."""
    User.objects.create_superuser("owner@example.org", PASSWORD)
    client = Client(REMOTE_ADDR="203.0.113.1")
    answer = client.post("/admin/login/", {"username": "owner@example.org", "password": password})
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/accounts/login/")
    assert client.get("/admin/").status_code == 302
    for number in range(5):
        sign_in("owner@example.org", f"wrong {number}", f"203.0.113.{number}")
    assert "Too many failed" in sign_in("owner@example.org", PASSWORD).content.decode()


# --- Keys ------------------------------------------------------------------------------------------------


def test_a_shared_key_has_one_limit_and_one_purse(bell, settings):  # noqa: F811
    """Whoever passes a key around shares the rate and the credits: forty addresses get what one would."""
    settings.RATE_LIMIT_URL = ""
    limits.exact.cache_clear()
    alice = User.objects.create_user("alice@example.org")
    quotas.grant(alice, 100 * CREDIT, "start")
    _, text = keys.issue(alice)
    _, second = keys.issue(alice)
    codes = []
    for number in range(14):
        program = Client(REMOTE_ADDR=f"203.0.113.{number}", headers={"X-Api-Key": (text, second)[number % 2]})
        file = SimpleUploadedFile("a.png", photo(shade=number), "image/png")
        codes.append(program.post("/api/v1/jobs", {"file": file}).status_code)
    assert codes.count(202) == 10 and codes.count(429) == 4
    alice.refresh_from_db()
    assert alice.credits == 90
    ledger.check()


def test_guessed_keys_are_all_the_same_refusal():
    alice = User.objects.create_user("alice@example.org")
    key, text = keys.issue(alice)
    keys.suspend(key)
    guesses = [text, text[:-1] + "x", "bg_live_00000000_" + "0" * 43, "nonsense"]
    answers = [Client(headers={"X-Api-Key": each}).get("/api/v1/account") for each in guesses]
    assert {(each.status_code, each.json()["code"]) for each in answers} == {(401, "invalid_key")}


def test_a_suspended_key_works_again_and_rotating_is_no_way_around():
    key, text = keys.issue(User.objects.create_user("alice@example.org"))
    keys.suspend(key)
    key.refresh_from_db()
    _, fresh = keys.rotate(key)
    assert keys.find(text) is None and keys.find(fresh) is None
    keys.let_in(key)
    assert keys.find(text) is None or keys.find(text).pk == key.pk
