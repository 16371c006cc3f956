"""What allauth asks us about accounts."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.http import HttpRequest

from accounts import guests, mailing
from accounts.models import User


class Adapter(DefaultAccountAdapter):
    """Answers of this site to allauth's questions (ACCOUNT_ADAPTER)."""

    def clean_email(self, email: str) -> str:
        """Refuses addresses of the services that an operator does not want, and of their subdomains."""
        domain = email.rpartition("@")[2].lower().rstrip(".")
        parts = domain.split(".")
        if {".".join(parts[n:]) for n in range(len(parts))} & set(settings.BLOCKED_MAIL_DOMAINS):
            raise ValidationError("Addresses of this service are not taken here. Use another one.")
        return str(super().clean_email(email))

    def new_user(self, request: HttpRequest) -> User:
        """A guest who signs up keeps the row, and with it photos and results."""
        guest = guests.current(request)
        if guest is None:
            return User()
        guest.is_guest = False
        request.session.pop(guests.SESSION_KEY, None)
        return guest

    def render_mail(
        self, template_prefix: str, email: str | list[str], context: dict[str, Any],
        headers: dict[str, str] | None = None,
    ) -> EmailMultiAlternatives:  # fmt: skip
        """Its words are text (templates/account/email); the page beside them looks like that of every mail."""
        mail: EmailMultiAlternatives = super().render_mail(template_prefix, email, context, headers)
        mail.attach_alternative(mailing.page(str(mail.subject), str(mail.body)), "text/html")
        return mail
