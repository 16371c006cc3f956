"""Where Stripe rings: POST /billing/webhook. Answers 200 also for what is known or of no interest, 4xx for what is
not Stripe's, and 503 when Stripe itself cannot be asked, so that it rings again."""

from __future__ import annotations

import logging

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts import billing, stripe_events

log = logging.getLogger(__name__)

MAX_BYTES = 256_000


@csrf_exempt
@require_POST
def webhook(request: HttpRequest) -> HttpResponse:
    if not billing.is_on():
        return _refused(404, "billing_off")
    body = request.read(MAX_BYTES + 1)  # never more into memory, whatever the header says
    if len(body) > MAX_BYTES:
        return _refused(413, "request_too_large")
    try:
        event = billing.read_event(body, request.headers.get("Stripe-Signature", ""))
    except billing.BadEvent as bad:
        log.warning("A webhook was refused: %s", bad.code)
        return _refused(400, bad.code)
    try:
        outcome = stripe_events.receive(event)
    except billing.Unavailable:
        return _refused(503, "billing_unavailable")
    log.info("%s %s: %s", event.type, event.id, outcome)
    return JsonResponse({"outcome": outcome})


def _refused(status: int, code: str) -> JsonResponse:
    return JsonResponse({"code": code}, status=status)
