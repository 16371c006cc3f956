"""Every mail has its words twice: as text, and as a page made of the same text."""

from __future__ import annotations

import re

import pytest
from allauth.account.adapter import get_adapter
from django.core import mail
from django.urls import reverse

from accounts import letters, mailing
from accounts.mailing import Block

pytestmark = pytest.mark.django_db


def test_an_address_with_a_name_becomes_a_button() -> None:
    found = mailing.blocks(
        "Hello.\n\nPlan and credits:\nhttps://a.example/billing\n\nhttps://alone.example\n"
    )
    assert found == [
        Block("Hello."),
        Block("", "https://a.example/billing", "Plan and credits"),
        Block("https://alone.example"),
    ]


def test_words_above_a_button_stay_words() -> None:
    assert mailing.blocks("One.\nTwo:\nhttp://a.example/x?y=1&z=2") == [
        Block("One.", "http://a.example/x?y=1&z=2", "Two")
    ]


def test_what_somebody_typed_is_no_markup() -> None:
    page = mailing.page("<b>", '<script>1</script>\n\n<i>:\nhttps://a.example/"><img>')
    assert not {"<b>", "<script>", "<i>", "<img>"} & set(re.findall(r"<[a-z]+>", page))


def test_signing_up_sends_both_parts_with_the_same_link(client) -> None:
    form = {
        "email": "fresh@example.org",
        "password1": "a long enough secret",
        "password2": "a long enough secret",
    }
    client.post(reverse("account_signup"), form)
    [sent] = mail.outbox
    assert "Confirm your address" in sent.subject
    [link] = re.findall(r"^https?://\S+$", sent.body, re.M)
    assert link in parts(sent)
    assert client.get(link.split("testserver")[-1]).status_code == 200


def test_a_forgotten_password_sends_both_parts(client, alice) -> None:
    client.post(reverse("account_reset_password"), {"email": alice.email})
    [sent] = mail.outbox
    [link] = re.findall(r"^https?://\S+$", sent.body, re.M)
    assert ">Choose a new password</a>" in parts(sent)
    assert link in parts(sent)


@pytest.mark.parametrize("kind", ["password_changed", "email_changed", "unknown_account"])
def test_other_mails_of_the_account_look_the_same(rf, alice, kind) -> None:
    facts = {"user": alice, "ip": "203.0.113.9", "user_agent": "<b>agent</b>", "timestamp": "now"}
    facts |= {
        "email": alice.email,
        "signup_url": "http://testserver/accounts/signup/",
        "request": rf.get("/"),
    }
    sent = get_adapter().render_mail(f"account/email/{kind}", alice.email, facts)
    assert sent.body.strip() and "<b>agent" not in parts(sent)


def test_a_farewell_has_both_parts() -> None:
    letters.farewell("gone@example.org")
    [sent] = mail.outbox
    assert "is deleted" in sent.subject and "photo" in parts(sent)


def parts(sent) -> str:
    [page] = sent.alternatives
    assert page.mimetype == "text/html" and page.content.startswith("<!DOCTYPE html>")
    return str(page.content)
