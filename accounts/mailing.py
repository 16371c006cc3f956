"""One look for every mail: the plain words as they are, and a page made of the same words beside them.

Whoever writes a mail writes text. A paragraph whose last line is an address becomes a button that is called what
stands before it, and the address stays readable below for those who cannot press it.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph; `address` is where its button leads, "" for none, and `label` what is on the button."""

    text: str
    address: str = ""
    label: str = ""


def composed(subject: str, text: str, to: list[str], sender: str | None = None) -> EmailMultiAlternatives:
    """A mail of both parts (multipart/alternative)."""
    mail = EmailMultiAlternatives(subject, text, sender, to)
    mail.attach_alternative(page(subject, text), "text/html")
    return mail


def page(subject: str, text: str) -> str:
    facts = {"site_name": settings.SITE_NAME, "site_url": settings.SITE_URL}
    return render_to_string("mail/letter.html", {**facts, "subject": subject, "blocks": blocks(text)})


def blocks(text: str) -> list[Block]:
    parts = text.replace("\r\n", "\n").strip().split("\n\n")
    return [_block(part.strip()) for part in parts if part.strip()]


def _block(part: str) -> Block:
    before, _, last = part.rpartition("\n")
    if not last.startswith(("https://", "http://")) or " " in last:
        return Block(part)
    *words, label = before.split("\n")
    if not label.endswith(":"):
        return Block(part)
    return Block("\n".join(words), address=last, label=label[:-1])
