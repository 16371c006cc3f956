"""Visitors: a few photos without an account, theirs alone, taken over on sign-up, gone after a while."""

from __future__ import annotations

from datetime import timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.models import CREDIT, CreditEntry, User
from processing import owners
from processing.models import Job
from tests import fakes

JSON = {"accept": "application/json"}


def drop(client: Client, data: bytes | None = None, shade: int = 40):
    photo = SimpleUploadedFile("photo.png", fakes.photo(shade=shade) if data is None else data)
    return client.post("/upload", {"photos": photo}, headers=JSON)


def test_it_works(visitor, run) -> None:
    url = drop(visitor).json()["url"]
    run(Job.objects.get())
    assert visitor.get(url).status_code == 200
    assert visitor.get(f"{url}/download").status_code == 200
    assert "photo.png" in visitor.get("/gallery").content.decode()
    assert "Kept for 60 minutes" in visitor.get(url).content.decode()


def test_one_guest_for_a_session_and_none_sees_another(visitor) -> None:
    first = drop(visitor).json()["url"]
    drop(visitor, shade=50)
    other = Client()
    drop(other)
    assert User.objects.filter(is_guest=True).count() == 2
    assert other.get(first).status_code == 404


def test_credits_run_out(visitor, settings) -> None:
    settings.GUEST_CREDITS = 2
    codes = [drop(visitor, shade=shade).status_code for shade in (1, 2, 3)]
    assert codes == [201, 201, 402]


def test_a_refused_photo_leaves_no_guest(visitor, files) -> None:
    assert drop(visitor, b"%PDF").status_code == 415
    assert not User.objects.exists()
    assert not CreditEntry.objects.exists()
    assert files() == []


def test_so_many_from_one_address(settings) -> None:
    settings.GUESTS_PER_HOUR = 2
    codes = [drop(Client()).status_code for _ in range(3)]
    assert codes == [201, 201, 429]
    assert User.objects.filter(is_guest=True).count() == 2


def test_an_operator_can_ask_for_accounts(visitor, settings) -> None:
    settings.GUEST_CREDITS = 0
    answer = drop(visitor)
    assert (answer.status_code, answer.json()["code"]) == (429, "guest_limit")
    assert not User.objects.exists()


def test_sign_up_takes_over(visitor, settings) -> None:
    url = drop(visitor).json()["url"]
    guest = User.objects.get()
    form = {"email": "carol@example.org", "password1": "a long enough secret"}
    assert visitor.post("/accounts/signup/", form).status_code == 302
    carol = User.objects.get()
    assert (carol.pk, carol.email, carol.is_guest) == (guest.pk, "carol@example.org", False)
    assert carol.has_usable_password()
    assert carol.balance == (settings.GUEST_CREDITS - 1 + settings.SIGNUP_CREDITS) * CREDIT
    assert visitor.get(url).status_code == 200


def test_sign_up_with_a_known_address_takes_nothing_over(visitor, alice) -> None:
    url = drop(visitor).json()["url"]
    visitor.post("/accounts/signup/", {"email": alice.email, "password1": "a long enough secret"})
    assert User.objects.filter(is_guest=True).count() == 1
    assert visitor.get(url).status_code == 200


def test_a_guest_cannot_sign_in(visitor) -> None:
    drop(visitor)
    guest = User.objects.get()
    other = Client()
    other.post("/accounts/login/", {"login": guest.email, "password": ""})
    assert "_auth_user_id" not in other.session


def test_they_go_after_a_while(visitor, run, files, django_capture_on_commit_callbacks) -> None:
    drop(visitor)
    run(Job.objects.get())
    assert owners.expire_guests() == 0
    User.objects.update(date_joined=timezone.now() - timedelta(hours=2))
    assert owners.expire_guests() == 0, "the latest photo is not an hour old"
    Job.objects.update(created=timezone.now() - timedelta(hours=2))
    with django_capture_on_commit_callbacks(execute=True):
        assert owners.expire_guests() == 1
    assert not User.objects.exists()
    assert files() == []


def test_an_account_does_not_go(alice, waiting) -> None:
    User.objects.update(date_joined=timezone.now() - timedelta(days=400))
    assert owners.expire_guests() == 0
    assert User.objects.filter(pk=alice.pk).exists()
