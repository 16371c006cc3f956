"""Sends what the outbox holds: signed, at least once, with the same id each time, for three days.

One worker at a time speaks to an endpoint (a lease on its row), one delivery after the other. So a slow endpoint
holds up nothing but itself, two workers do not send the same thing, and one that was killed is followed by another
when its lease is over. What was sent but not yet noted is then sent again: receivers know it by its id.
"""

from __future__ import annotations

import logging
import time
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from accounts.encryption import Unreadable
from processing import fetch, log_context
from processing.errors import Refused
from webhooks import endpoints, signing
from webhooks.models import Attempt, Delivery, Endpoint, JobHook, Message

log = logging.getLogger(__name__)

# When to try again after the first, second, … try failed: Standard Webhooks' schedule, 75 hours in all.
AGAIN = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 300, 1800, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
)
LEASE = timedelta(seconds=60)  # of an endpoint; renewed before each delivery, which takes 15 s at most
LONGEST_REST = timedelta(hours=1)
LATEST_RETRY = timedelta(hours=24)  # as much of a Retry-After is honoured
GIVE_UP = timedelta(days=3)  # an endpoint that failed for so long and lost a delivery is switched off
KEEP_LOG = timedelta(days=30)
KEPT_BYTES = 1024  # of an answer
AT_ONCE = 50  # deliveries in one go, and endpoints in one round
ASKS_FOR_REST = {429, 502, 503, 504}
GONE = 410


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one try went. `status` None: no answer, and `error` says why."""

    url: str
    at: datetime
    seconds: float
    status: int | None = None
    error: str = ""
    answer: str = ""
    wait: timedelta = timedelta(0)

    @property
    def delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def endpoints_due() -> list[uuid.UUID]:
    """Endpoints for which something waits and that may be spoken to."""
    waiting = Delivery.objects.due().order_by().values("endpoint_id")
    return list(
        Endpoint.objects.ready().filter(pk__in=waiting).order_by().values_list("pk", flat=True)[:AT_ONCE]
    )


def serve(pk: uuid.UUID) -> int:
    """Sends what waits for one endpoint, until one fails; returns how many were tried. 0 when another worker is
    there."""
    token, tried = uuid.uuid4(), 0
    if not Endpoint.objects.claim(pk, token, LEASE):
        return 0
    mine = Endpoint.objects.held_by(pk, token)
    try:
        while tried < AT_ONCE and mine.filter(enabled=True).update(lease_until=Now() + LEASE):
            delivery = (
                Delivery.objects.due()
                .filter(endpoint_id=pk)
                .select_related("message")
                .order_by("due", "id")
                .first()
            )
            if delivery is None:
                break
            tried += 1
            if not deliver(delivery):
                break
    finally:
        mine.update(lease_token=None, lease_until=None)
    return tried


def deliver(delivery: Delivery) -> bool:
    """One try, noted; whether the endpoint may be sent the next one now. All that is logged names the job."""
    job_id = delivery.message.job_id
    with log_context.about(**({"job": job_id} if job_id else {})):
        return _deliver(delivery)


def _deliver(delivery: Delivery) -> bool:
    endpoint = Endpoint.objects.get(pk=delivery.endpoint_id)
    outcome = _send(endpoint, delivery)
    with transaction.atomic():
        Attempt.objects.create(
            delivery=delivery,
            at=outcome.at,
            url=outcome.url,
            seconds=round(outcome.seconds, 3),
            status=outcome.status,
            error=outcome.error,
            answer=outcome.answer,
        )
        if outcome.delivered:
            _note_success(endpoint, delivery)
        else:
            _note_failure(endpoint, delivery, outcome)
    return outcome.delivered


def replay(delivery: Delivery) -> None:
    """Sends it again, from the first try, with the same id. Refused: webhook_disabled."""
    endpoints.switched_on(delivery.endpoint)
    Delivery.objects.filter(pk=delivery.pk).update(
        state=Delivery.State.WAITING, tries=0, due=Now(), ended=None
    )
    # Somebody asks for it now, so a rest after a failure is over too.
    Endpoint.objects.filter(pk=delivery.endpoint_id).update(resting_until=None)


def forget_old() -> int:
    """Deletes messages past their time with all that is known of their delivery; returns how many."""
    old = Message.objects.filter(created__lt=Now() - KEEP_LOG)
    keys = list(old.exclude(deliveries__state=Delivery.State.WAITING).values_list("pk", flat=True)[:1000])
    Message.objects.filter(pk__in=keys).delete()
    JobHook.objects.filter(created__lt=Now() - KEEP_LOG).delete()
    return len(keys)


# --- One try ---------------------------------------------------------------------------------------------


def _send(endpoint: Endpoint, delivery: Delivery) -> Outcome:
    message, url = delivery.message, delivery.url or endpoint.url
    now, began = timezone.now(), time.monotonic()
    body = message.body.encode()
    try:
        headers = _headers(endpoint, message, int(now.timestamp()), body)
        answer = fetch.post(url, body, headers, KEPT_BYTES, settings.WEBHOOK_INTERNAL_HOSTS)
    except Refused as refusal:
        error = refusal.facts.get("reason") or "address"
        return Outcome(url, now, time.monotonic() - began, error=str(error))
    except Unreadable:
        return Outcome(url, now, 0.0, error="secret")
    text = answer.start.decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
    wait = (
        _asked_for(answer.headers.get("retry-after", "")) if answer.status in ASKS_FOR_REST else timedelta(0)
    )
    return Outcome(url, now, time.monotonic() - began, answer.status, answer=text, wait=wait)


def _headers(endpoint: Endpoint, message: Message, timestamp: int, body: bytes) -> dict[str, str]:
    known = endpoints.secrets_of(endpoint)
    if endpoint.kind == Endpoint.Kind.BRIA:
        signed = signing.bria(known[0], message.pk, timestamp, body)
    else:
        signed = signing.standard(known, message.pk, timestamp, body)
    return {"Content-Type": "application/json", "User-Agent": f"{settings.SITE_NAME}-webhooks", **signed}


def _asked_for(retry_after: str) -> timedelta:
    """Seconds or a date, as HTTP has them; nothing for anything else."""
    try:
        if retry_after.strip().isdecimal():
            wanted = timedelta(seconds=int(retry_after))
        else:
            wanted = parsedate_to_datetime(retry_after) - timezone.now()
    except (ValueError, TypeError, OverflowError):
        return timedelta(0)
    return min(max(wanted, timedelta(0)), LATEST_RETRY)


# --- What came of it ---------------------------------------------------------------------------------------


def _note_success(endpoint: Endpoint, delivery: Delivery) -> None:
    log.info("Webhook %s delivered", delivery.message_id)
    Delivery.objects.filter(pk=delivery.pk).update(
        state=Delivery.State.DELIVERED, tries=F("tries") + 1, ended=Now()
    )
    if endpoint.failures:
        Endpoint.objects.filter(pk=endpoint.pk).update(failures=0, failing_since=None, resting_until=None)


def _note_failure(endpoint: Endpoint, delivery: Delivery, outcome: Outcome) -> None:
    log.info("Webhook %s not delivered: %s", delivery.message_id, outcome.status or outcome.error)
    last = delivery.tries >= len(AGAIN) or outcome.status == GONE
    if last:
        changes = {"state": Delivery.State.FAILED, "ended": Now()}
    else:
        changes = {"due": Now() + max(AGAIN[delivery.tries], outcome.wait)}
    Delivery.objects.filter(pk=delivery.pk).update(tries=F("tries") + 1, **changes)
    if endpoint.kind == Endpoint.Kind.OWN:  # of other kinds each delivery has an address of its own
        _rest(endpoint, outcome)
        _consider(endpoint, outcome, last)


def _rest(endpoint: Endpoint, outcome: Outcome) -> None:
    """After a failure nothing is sent for a while that doubles, so that a thousand waiting messages do not each
    wait for an endpoint that is away."""
    pause = min(AGAIN[0] * 2 ** min(endpoint.failures, 20), LONGEST_REST)
    Endpoint.objects.filter(pk=endpoint.pk).update(
        failures=F("failures") + 1,
        failing_since=Coalesce("failing_since", Now()),
        resting_until=Now() + max(pause, outcome.wait),
    )


def _consider(endpoint: Endpoint, outcome: Outcome, last: bool) -> None:
    if outcome.status == GONE:
        endpoints.disable(endpoint, Endpoint.Disabled.GONE)
    elif last and Endpoint.objects.filter(pk=endpoint.pk, failing_since__lt=Now() - GIVE_UP).exists():
        endpoints.disable(endpoint, Endpoint.Disabled.FAILING)
