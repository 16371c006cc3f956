"""Writes down what is to be told, inside the transaction in which it happens: neither is there without the other.

Knows nothing of jobs; who announces something brings its data.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from webhooks.events import TEST
from webhooks.models import Delivery, Endpoint, JobHook, Message

Data = dict[str, Any]


def announce(
    user_id: int, event: str, data: Callable[[], Data], job_id: uuid.UUID | None = None
) -> Message | None:
    """Tells every endpoint of the user that asked for the event; `data` is made only if there is one. The log names
    the job with every try."""
    wanted = [
        endpoint
        for endpoint in Endpoint.objects.subscribed(user_id).filter(kind=Endpoint.Kind.OWN)
        if event in endpoint.events
    ]
    return _write(user_id, event, standard_body(event, data()), wanted, job_id=job_id) if wanted else None


def hook_of(job_id: uuid.UUID) -> JobHook | None:
    """The address that came with one job's request."""
    return JobHook.objects.filter(pk=job_id).first()


def answer_hook(hook: JobHook, user_id: int, event: str, data: Data) -> None:
    """Tells the address that came with a job; once, as the hook goes with it."""
    with transaction.atomic():
        JobHook.objects.filter(pk=hook.pk).delete()
        _write(user_id, event, _json(data), [hook.endpoint], hook.url, hook.job_id)


def test_event(endpoint: Endpoint) -> Delivery:
    """An event that says nothing, for this endpoint alone."""
    data = {"endpoint": str(endpoint.pk), "message": "This is a test. Nothing has happened."}
    message = _write(endpoint.user_id, TEST, standard_body(TEST, data), [endpoint])
    return message.deliveries.get()


def standard_body(event: str, data: Data) -> str:
    return _json({"type": event, "timestamp": timezone.now(), "data": data})


@transaction.atomic
def _write(
    user_id: int,
    event: str,
    body: str,
    endpoints: Iterable[Endpoint],
    url: str = "",
    job_id: uuid.UUID | None = None,
) -> Message:
    message = Message.objects.create(user_id=user_id, type=event, body=body, job_id=job_id)
    Delivery.objects.bulk_create(
        Delivery(endpoint=endpoint, message=message, url=url, due=Now()) for endpoint in endpoints
    )
    return message


def _json(data: Data) -> str:
    return json.dumps(data, cls=DjangoJSONEncoder, separators=(",", ":"))
