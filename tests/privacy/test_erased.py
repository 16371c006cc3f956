"""Whoever goes leaves nothing: every store is searched for what was theirs."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import Payment, User
from processing import owners, tasks
from tests import ledger
from tests.privacy import person, traces

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def run(model: Any, bell: Any, files: Callable[[], list[str]]) -> Callable[[str], None]:
    return tasks.run_job


def test_nothing_is_left(run, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    user, browser = person.made(run)
    before = traces.found(person.NEEDLES, "")
    assert {each.partition(" in ")[0] for each in before} == person.NEEDLES.keys() - {"photo as Base64"}, (
        "all can be found"
    )

    owners.leave(user)
    assert owners.erase_leaving() == 1

    assert traces.found(person.NEEDLES, caplog.text) == []
    assert not User.objects.filter(pk=user.pk).exists()
    assert browser.get("/account/billing").status_code == 302
    ledger.check()


def test_what_the_law_wants_kept_names_nobody(run) -> None:
    user, _ = person.made(run)
    owners.erase(user)
    payment = Payment.objects.get()
    assert (payment.user_id, payment.amount, payment.document) == (None, 900, "")


def test_a_stranger_keeps_everything(run) -> None:
    other = User.objects.create_user("other@example.org")
    signed_in = Client()
    signed_in.force_login(other)
    user, _ = person.made(run)
    owners.erase(user)
    assert User.objects.filter(pk=other.pk).exists()
    assert signed_in.get("/account/billing").status_code == 200
