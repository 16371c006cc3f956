"""The verbs on endpoints: make, change, rotate the secret, switch on and off. Secrets are sealed here."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts import letters
from accounts.encryption import Seal, Unreadable
from accounts.models import ApiKey, User
from processing import fetch
from processing.errors import Refused
from webhooks import signing
from webhooks.events import EVENTS
from webhooks.models import Delivery, Endpoint, JobHook

MOST = 10  # endpoints of one user
LONGEST_OVERLAP = timedelta(days=7)
_seal = Seal(b"bgsite: secrets of webhooks")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a user says about an endpoint."""

    url: str
    events: tuple[str, ...]
    description: str = ""


def make(user: User, wanted: Wanted, pk: uuid.UUID | None = None) -> tuple[Endpoint, str]:
    """(the row, its secret, which is shown this once). Refused: invalid_webhook_url, too_many_webhooks. With an id
    that is there already, nothing is made and the secret is ""."""
    known = Endpoint.objects.for_owner(user).filter(pk=pk).first() if pk else None
    if known:
        return known, ""
    check(wanted.url)
    secret = signing.new_secret()
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)  # two at once must not pass the limit together
        if Endpoint.objects.for_owner(user).count() >= MOST:
            raise Refused("too_many_webhooks", limit=MOST)
        row = Endpoint.objects.create(
            id=pk or uuid.uuid4(), user=user, secret=_seal.close(secret), **_facts(wanted)
        )
    return row, secret


def change(endpoint: Endpoint, wanted: Wanted) -> None:
    """Another address, other events, other words. What waits goes to the new address."""
    if wanted.url != endpoint.url:
        check(wanted.url)
    Endpoint.objects.filter(pk=endpoint.pk).update(**_facts(wanted), resting_until=None)
    endpoint.refresh_from_db()


def _facts(wanted: Wanted) -> dict[str, object]:
    events = [name for name in EVENTS if name in wanted.events]
    return {"url": wanted.url, "events": events, "description": wanted.description[:200]}


def rotate(endpoint: Endpoint, overlap: timedelta = timedelta(0)) -> str:
    """A new secret, shown this once. Until the overlap is over the old one signs as well."""
    secret, end = signing.new_secret(), timezone.now() + min(overlap, LONGEST_OVERLAP)
    Endpoint.objects.filter(pk=endpoint.pk).update(
        secret=_seal.close(secret),
        old_secret=endpoint.secret if overlap else "",
        old_secret_until=end if overlap else None,
    )
    endpoint.refresh_from_db()
    return secret


def secrets_of(endpoint: Endpoint) -> list[str]:
    """What signs now, the newest first. Raises Unreadable after a careless change of SECRET_KEY."""
    sealed = [endpoint.secret]
    if endpoint.old_secret and endpoint.old_secret_until and endpoint.old_secret_until > timezone.now():
        sealed.append(endpoint.old_secret)
    return [_seal.open(each) for each in sealed]


def reseal() -> tuple[int, int]:
    """Encrypts every secret again under the present SECRET_KEY; how many were, and how many nobody opens."""
    done = lost = 0
    for row in Endpoint.objects.all():
        try:
            fresh = {"secret": _seal.renew(row.secret)}
            if row.old_secret:
                fresh["old_secret"] = _seal.renew(row.old_secret)
        except Unreadable:
            lost += 1
            continue
        done += Endpoint.objects.filter(pk=row.pk, secret=row.secret).update(**fresh)
    return done, lost


# --- On and off ------------------------------------------------------------------------------------------


def enable(endpoint: Endpoint) -> None:
    """As if it had never failed."""
    fresh = {"failures": 0, "failing_since": None, "resting_until": None}
    Endpoint.objects.filter(pk=endpoint.pk).update(enabled=True, disabled_why="", **fresh)
    endpoint.refresh_from_db()


def switched_on(endpoint: Endpoint) -> Endpoint:
    """Refused: webhook_disabled."""
    if not endpoint.enabled:
        raise Refused("webhook_disabled")
    return endpoint


@transaction.atomic
def disable(endpoint: Endpoint, why: str = Endpoint.Disabled.OWNER) -> bool:
    """Nothing is sent any more; what waited has failed and can be replayed. Its owner hears of it by mail when it
    was not the owner who did it. False when it was off already."""
    if not Endpoint.objects.filter(pk=endpoint.pk, enabled=True).update(enabled=False, disabled_why=why):
        return False
    endpoint.refresh_from_db()
    endpoint.deliveries.waiting().update(state=Delivery.State.FAILED, ended=Now())
    if why != Endpoint.Disabled.OWNER:
        letters.write(
            endpoint.user, "webhook_disabled", url=endpoint.url, why=endpoint.get_disabled_why_display()
        )
    return True


# --- Addresses -------------------------------------------------------------------------------------------


def check(url: str) -> None:
    """Refused unless the address could be one of the public internet; its name is resolved when something is sent,
    each time anew."""
    try:
        fetch.check(url, settings.WEBHOOK_INTERNAL_HOSTS)
    except Refused as refusal:
        if refusal.facts.get("reason") != "name":  # a name that is not known yet is no mistake in the address
            raise Refused("invalid_webhook_url") from None


# --- Requests in Bria's format ---------------------------------------------------------------------------


def bria_hook(key: ApiKey, token: str, url: str) -> Callable[[uuid.UUID], None]:
    """Keeps, for the job of an id, the address to tell its end to; called when the job is accepted. Refused:
    invalid_webhook_url."""
    check(url)
    sealed = _seal.close(signing.bria_key(token))
    # It stands for all webhooks of one key in this format, and keeps what they are signed with.
    row, _ = Endpoint.objects.get_or_create(
        api_key=key, defaults={"user": key.user, "kind": Endpoint.Kind.BRIA, "secret": sealed}
    )
    return lambda job_id: JobHook(job_id=job_id, endpoint=row, url=url).save(force_insert=True)
