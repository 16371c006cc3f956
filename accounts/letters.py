"""Mail that must not hold up what it tells of: written as a row where something happens, sent by a worker later.

A letter's words are templates/mail/<kind>.txt, whose first line is the subject; the HTML part is made of the same
text. A server that does not take it is tried again, for a day.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import F
from django.db.models.functions import Now
from django.template.loader import render_to_string

from accounts import mailing
from accounts.models import Letter, User

log = logging.getLogger(__name__)

TRIES = 12
FIRST_WAIT = timedelta(minutes=1)  # doubles; a dead worker's letter is taken up after it, too
AT_ONCE = 20


def write(user: User, kind: str, **facts: Any) -> None:
    """To nobody who has no mailbox here: guests have none."""
    if not user.is_guest and user.is_active:
        Letter.objects.create(user=user, kind=kind, facts=facts, due=Now())  # by the clock that is asked


def send_waiting() -> int:
    """Sends what is due; returns how many were sent. Two workers do not send the same letter: each try is claimed by
    counting it."""
    due = Letter.objects.filter(sent=None, due__lte=Now(), tries__lt=TRIES).select_related("user")
    return sum(_send(letter) for letter in due.order_by("due")[:AT_ONCE])


def forget_old() -> None:
    Letter.objects.filter(created__lt=Now() - timedelta(days=90)).delete()


def _send(letter: Letter) -> bool:
    mine = Letter.objects.filter(pk=letter.pk, tries=letter.tries, sent=None)
    if not mine.update(tries=F("tries") + 1, due=Now() + FIRST_WAIT * 2**letter.tries):
        return False
    try:
        compose(letter).send()
    except OSError as error:  # smtplib's errors are among them
        log.warning("Letter %s not sent: %s", letter.pk, type(error).__name__)
        return False
    Letter.objects.filter(pk=letter.pk).update(sent=Now())
    return True


def farewell(address: str) -> None:
    """To somebody whose account is gone, and with it every row that could remember a letter: tried once."""
    words = {"site_name": settings.SITE_NAME}
    subject, _, text = render_to_string("mail/farewell.txt", words).strip().partition("\n")
    try:
        mailing.composed(subject, text.strip(), [address]).send()
    except OSError as error:
        log.warning("A farewell was not sent: %s", type(error).__name__)


def compose(letter: Letter) -> EmailMultiAlternatives:
    facts = {**letter.facts, "site_name": settings.SITE_NAME, "site_url": settings.SITE_URL}
    subject, _, text = render_to_string(f"mail/{letter.kind}.txt", facts).strip().partition("\n")
    return mailing.composed(subject, text.strip(), [letter.user.email])
