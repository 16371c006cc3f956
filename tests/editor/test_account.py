"""The pages of the account: what is shown once, what is asked before, and what goes into the ZIP."""

from __future__ import annotations

import io
import json
import re
import time
import zipfile
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.test import Client
from django.utils import timezone

from accounts import keys, provider_keys
from accounts.models import ApiKey, User
from editor.models import Preset
from processing import export, owners
from processing.models import Job, KeyDay
from webhooks import endpoints
from webhooks.models import Delivery, Endpoint

HTMX = {"HX-Request": "true"}
SECRET = "a long enough secret"


@pytest.fixture
def proved(alice: User, client: Client) -> Client:
    """Alice with a password, who signed in just now."""
    return signed_in(alice, client, time.time())


def signed_in(user: User, client: Client, at: float) -> Client:
    user.set_password(SECRET)
    user.save(update_fields=["password"])
    assert client.post("/accounts/login/", {"login": user.email, "password": SECRET}).status_code == 302
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": at}]
    session.save()
    return client


def shown_secret(answer, pattern: str) -> str:
    found = re.search(pattern, answer.content.decode())
    assert found, answer.content.decode()[-2000:]
    return found[0]


def test_a_second_factor_where_nobody_can_confirm_an_address(proved: Client, alice: User, settings) -> None:
    """Mail is printed on a new installation, and an account has its address unconfirmed for good."""
    EmailAddress.objects.update_or_create(user=alice, email=alice.email, defaults={"verified": False})
    assert not settings.EMAIL_URL
    again = "/accounts/reauthenticate/?next=/accounts/2fa/totp/activate/"
    answer = proved.post(again, {"password": SECRET}, follow=True)
    assert (answer.status_code, 'name="code"' in answer.content.decode()) == (200, True)


# --- Keys --------------------------------------------------------------------------------------------------

KEY = r"(?:bg_live|test)_\w{8}_\w{43}"
ASKED = {"name": "Shop", "scopes": ["read", "write"], "days": "30", "per_minute": "12"}


def test_a_key_is_shown_once_and_works(proved: Client, alice: User) -> None:
    made = proved.post("/account/keys", ASKED, headers=HTMX)
    text = shown_secret(made, KEY)
    assert b"<html" not in made.content
    found = keys.find(text)
    assert found and (found.user, found.name, found.scopes, found.per_minute) == (
        alice,
        "Shop",
        ["read", "write"],
        12,
    )
    assert found.expires and timedelta(days=29) < found.expires - timezone.now() < timedelta(days=31)
    again = proved.get("/account/keys").content.decode()
    assert text not in again and text[:16] in again


def test_a_key_is_replaced_with_an_overlap(proved: Client, alice: User) -> None:
    old, old_text = keys.issue(alice, "Shop", scopes=["read"])
    fresh = shown_secret(proved.post(f"/account/keys/{old.pk}/rotate", {"hours": "24"}), KEY)
    assert keys.find(old_text) and keys.find(fresh).scopes == ["read"]
    old.refresh_from_db()
    assert old.expires and timedelta(hours=23) < old.expires - timezone.now() < timedelta(hours=25)
    assert proved.post(f"/account/keys/{old.pk}/rotate", {"hours": "-1"}).status_code == 409


def test_a_key_is_revoked_for_good(proved: Client, alice: User) -> None:
    key, text = keys.issue(alice)
    proved.post(f"/account/keys/{key.pk}/revoke", headers=HTMX)
    assert keys.find(text) is None
    assert proved.post(f"/account/keys/{key.pk}/rotate", {"hours": "0"}).status_code == 409
    assert ApiKey.objects.count() == 1


WRONG = [{"name": ""}, {"scopes": []}, {"scopes": ["root"]}, {"days": "0"}, {"per_minute": "-1"}]


@pytest.mark.parametrize("wrong", WRONG)
def test_a_form_that_is_wrong_says_where_and_makes_nothing(proved: Client, wrong: dict[str, object]) -> None:
    answer = proved.post("/account/keys", ASKED | wrong)
    page = answer.content.decode()
    assert answer.status_code == 400 and 'role="alert"' in page and 'aria-invalid="true"' in page
    assert not ApiKey.objects.exists()


# --- Sudo --------------------------------------------------------------------------------------------------


def test_an_old_session_is_asked_and_then_does_what_was_sent(alice: User, client: Client) -> None:
    stale = signed_in(alice, client, time.time() - 3600)
    assert stale.get("/account/keys").status_code == 200, "looking is free"
    away = stale.post("/account/keys", ASKED)
    assert away.status_code == 302 and away.url.startswith("/accounts/reauthenticate/")
    assert not ApiKey.objects.exists()
    made = stale.post(away.url, {"password": SECRET})
    assert keys.find(shown_secret(made, KEY))


def test_htmx_is_sent_away_as_a_whole_page_and_comes_back_to_one(alice: User, client: Client) -> None:
    stale = signed_in(alice, client, time.time() - 3600)
    away = stale.post("/account/keys", ASKED, headers=HTMX)
    assert (away.status_code, away.content) == (204, b"")
    made = stale.post(away["HX-Redirect"], {"password": SECRET})
    assert b"<html" in made.content and keys.find(shown_secret(made, KEY))


def test_a_wrong_password_opens_nothing(alice: User, client: Client) -> None:
    stale = signed_in(alice, client, time.time() - 3600)
    away = stale.post("/account/data/leave", {"email": alice.email})
    assert stale.post(away.url, {"password": "another"}).status_code == 200
    alice.refresh_from_db()
    assert alice.is_active


def test_opening_an_address_that_is_only_sent_to_leads_to_its_page(proved: Client) -> None:
    assert proved.get("/account/keys/1/rotate").url == "/account/keys"


# --- Usage -------------------------------------------------------------------------------------------------


def used(user: User, key: int, back: int, done: int) -> None:
    day = timezone.now().date() - timedelta(days=back)
    KeyDay.objects.create(user=user, key=key, day=day, done=done, failed=1, credits=done * 100)


def test_usage_by_day_and_key(hers: Client, alice: User, bob: User) -> None:
    key, _ = keys.issue(alice, "=Shop")
    used(alice, key.pk, 1, 7)
    used(alice, 0, 1, 3)
    used(alice, 0, 45, 100)
    used(bob, 0, 1, 999)
    page = hers.get("/account/usage").content.decode()
    assert "7 photos, =Shop" in page and "3 photos, On the pages" in page and "999" not in page
    assert page.count("<rect") == 2
    assert hers.get("/account/usage?days=90").content.decode().count("<rect") == 3
    rows = b"".join(hers.get("/account/usage.csv").streaming_content).decode().splitlines()
    assert rows[0] == "day,key,name,done,failed,credits" and len(rows) == 3
    assert "'=Shop,7,1,7.0" in rows[2]
    ledger = b"".join(hers.get("/account/ledger.csv").streaming_content).decode()
    assert ",grant,50.0," in ledger


@pytest.mark.parametrize("days", ["", "0", "-1", "31", "9999999999", "²", "x"])
def test_a_time_that_makes_no_sense_is_the_usual_one(hers: Client, days: str) -> None:
    assert hers.get("/account/usage", {"days": days}).status_code == 200


# --- Webhooks ----------------------------------------------------------------------------------------------

HOOK = {"url": "https://8.8.8.8/hook", "events": ["job.succeeded"], "description": "Shop"}


def test_a_webhook_from_its_secret_to_its_end(proved: Client) -> None:
    secret = shown_secret(proved.post("/account/webhooks", HOOK, headers=HTMX), r"whsec_[\w+/=]{40,}")
    endpoint = Endpoint.objects.get()
    assert endpoints.secrets_of(endpoint) == [secret]
    here = f"/account/webhooks/{endpoint.pk}"
    assert secret not in proved.get(here).content.decode()

    fresh = shown_secret(proved.post(f"{here}/secret", {"hours": "24"}), r"whsec_[\w+/=]{40,}")
    endpoint.refresh_from_db()
    assert endpoints.secrets_of(endpoint) == [fresh, secret]

    assert b"webhook.test" in proved.post(f"{here}/test", headers=HTMX).content
    sent = Delivery.objects.get()
    Delivery.objects.filter(pk=sent.pk).update(state="failed")
    proved.post(f"{here}/deliveries/{sent.pk}/replay")
    sent.refresh_from_db()
    assert sent.state == "waiting"

    proved.post(f"{here}/switch", {"on": "no"})
    assert proved.post(f"{here}/test").status_code == 409
    proved.post(f"{here}/switch", {"on": "yes"})
    assert proved.post(here, HOOK | {"events": ["job.failed"]}).status_code == 200
    endpoint.refresh_from_db()
    assert endpoint.events == ["job.failed"] and endpoint.enabled
    assert proved.post(f"{here}/delete", headers=HTMX)["HX-Redirect"] == "/account/webhooks"
    assert not Endpoint.objects.exists()


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "ftp://8.8.8.8/", "https://user:word@8.8.8.8/", "no address"]
)
def test_an_address_that_cannot_be_is_refused_at_its_field(proved: Client, url: str) -> None:
    answer = proved.post("/account/webhooks", HOOK | {"url": url})
    assert answer.status_code == 400 and b"This address cannot be used" in answer.content
    assert not Endpoint.objects.exists()


# --- Other services, presets, sessions ---------------------------------------------------------------------


def test_a_providers_key_is_kept_encrypted_and_never_shown(proved: Client, alice: User) -> None:
    proved.post("/account/providers/bria/keep", {"key": "my-own-key-at-bria"})
    assert provider_keys.opened(alice, "bria") == "my-own-key-at-bria"
    page = proved.get("/account/providers").content.decode()
    assert "my-own-key" not in page and "<code>bria</code>" in page
    wrong = proved.post("/account/providers/bria/keep", {"key": "with a space"})
    assert wrong.status_code == 400 and b"with a space" not in wrong.content
    assert proved.post("/account/providers/nobody/keep", {"key": "x"}).status_code == 404
    proved.post("/account/providers/bria/forget")
    assert not provider_keys.has(alice, "bria")


def test_presets_are_renamed_and_deleted(hers: Client, alice: User) -> None:
    one, two = (Preset.objects.create(owner=alice, name=name) for name in ("One", "Two"))
    assert hers.post(f"/account/presets/{one.pk}/rename", {"name": "Two"}).status_code == 409
    assert hers.post(f"/account/presets/{one.pk}/rename", {"name": " \n"}).status_code == 400
    assert hers.post(f"/account/presets/{one.pk}/rename", {"name": "Three"}, headers=HTMX).status_code == 200
    hers.post(f"/account/presets/{two.pk}/delete")
    assert list(Preset.objects.values_list("name", flat=True)) == ["Three"]


def test_other_sessions_end(proved: Client, alice: User) -> None:
    others = [Client(headers={"User-Agent": "Mozilla/5.0 (Windows) Firefox/140.0"}) for _ in range(3)]
    for other in others:
        other.force_login(alice)
        other.get("/account/")
    page = proved.get("/account/sessions").content.decode()
    assert page.count("Firefox on Windows</strong>") == 3
    proved.post(shown_secret(proved.get("/account/sessions"), r"/account/sessions/\d+/end"))
    assert sum(other.get("/account/").status_code == 200 for other in others) == 2
    proved.post("/account/sessions/end-others")
    assert [other.get("/account/").status_code for other in others] == [302, 302, 302]
    assert proved.get("/account/").status_code == 200


# --- One's data --------------------------------------------------------------------------------------------


def test_everything_comes_along(proved: Client, alice: User, bob: User, done: Job) -> None:
    key, _ = keys.issue(alice, "Shop")
    endpoints.make(alice, endpoints.Wanted("https://8.8.8.8/hook", ("job.succeeded",)))
    provider_keys.keep(alice, "bria", "my-own-key-at-bria")
    keys.issue(bob, "Bob's")
    packed = io.BytesIO(b"".join(proved.post("/account/data/export").streaming_content))
    with zipfile.ZipFile(packed) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        files = {name: archive.read(name) for name in names}
    assert [name.split("/")[0] for name in names if "/" in name and not name.startswith("rows/")] == [
        "originals", "masks", "results",
    ]  # fmt: skip
    rows = {name: json.loads(data) for name, data in files.items() if name.endswith(".json")}
    assert [row["name"] for row in rows["rows/processing.job.json"]] == ["holiday photo.png"]
    assert [row["prefix"] for row in rows["rows/accounts.apikey.json"]] == [key.prefix]
    assert rows["rows/account.json"][0]["email"] == alice.email
    whole = b"".join(files.values())
    assert not any(
        secret in whole for secret in (b"my-own-key", b"whsec_", key.digest.encode(), alice.password.encode())
    )
    assert b"Bob" not in whole


def test_every_table_with_people_in_it_is_in_the_archive() -> None:
    """A new model that hangs on a user, a job, a batch or an endpoint has to be given or left out by name."""
    known = export.TABLES.keys() | export.LEFT_OUT.keys() | {"accounts.User"}
    hanging = {
        model._meta.label
        for model in apps.get_models()
        if not model._meta.proxy  # other lists of the same rows
        for field in model._meta.concrete_fields
        if field.many_to_one or field.one_to_one
        if field.related_model._meta.label in {"accounts.User", *export.TABLES}
    }
    assert hanging - known == set(), "add it to processing.export"
    for label, owner in export.TABLES.items():
        assert apps.get_model(label)._default_manager.filter(**{owner: 0}).count() == 0


def test_a_file_that_is_gone_is_named(proved: Client, alice: User, done: Job) -> None:
    from processing import storage

    storage.delete([done.source.file])
    packed = io.BytesIO(b"".join(proved.post("/account/data/export").streaming_content))
    with zipfile.ZipFile(packed) as archive:
        assert archive.read("not-included.txt").startswith(b"originals/holiday photo-")


def test_how_long_photos_are_kept(proved: Client, alice: User, done: Job) -> None:
    assert proved.post("/account/data/keep", {"days": "31"}).status_code == 400
    assert proved.post("/account/data/keep", {"days": "7"}).status_code == 302
    done.refresh_from_db()
    assert done.expires and timedelta(days=6) < done.expires - timezone.now() < timedelta(days=8)
    proved.post("/account/data/keep", {"days": ""})
    alice.refresh_from_db()
    assert alice.keep_days is None


def test_leaving(proved: Client, alice: User, mailoutbox) -> None:
    assert proved.post("/account/data/leave", {"email": "bob@example.org"}).status_code == 400
    gone = proved.post("/account/data/leave", {"email": "ALICE@example.org"})
    assert gone.status_code == 200 and b"is being deleted" in gone.content
    assert proved.get("/account/").status_code == 302
    assert owners.erase_leaving() == 1
    assert not User.objects.filter(pk=alice.pk).exists()
    assert [mail.to for mail in mailoutbox] == [["alice@example.org"]]


def test_profile(hers: Client, alice: User) -> None:
    assert hers.post("/account/", {"name": "Alice B."}, follow=True).status_code == 200
    alice.refresh_from_db()
    assert alice.name == "Alice B."
    assert hers.post("/account/", {"name": "x" * 200}).status_code == 400
