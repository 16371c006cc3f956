"""Webhooks: endpoints, secrets that are shown once, tests, and what was delivered, with replay."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from editor.account.forms import Overlap, Webhook
from editor.account.responses import answer, is_fragment, person, sent_to
from editor.account.sudo import sent_from, sudo, sudo_to_send
from processing.errors import Refused
from webhooks import delivery, endpoints, outbox
from webhooks.endpoints import Wanted
from webhooks.events import EVENTS
from webhooks.models import Delivery, Endpoint

PAGE = 20  # deliveries
Answer = Callable[..., HttpResponse]  # of a request and an endpoint


@require_http_methods(["GET", "HEAD", "POST"])
@sudo_to_send
def page(request: HttpRequest) -> HttpResponse:
    """All endpoints; what is sent here makes one."""
    if request.method != "POST":
        return _list(request)
    form = Webhook(request.POST)
    if not form.is_valid():
        return _list(request, form=form, status=400)
    try:
        endpoint, secret = endpoints.make(person(request), _wanted(form))
    except Refused as refusal:
        form.add_error("url" if refusal.code == "invalid_webhook_url" else None, str(refusal))
        return _list(request, form=form, status=refusal.status)
    return _list(request, fresh=endpoint, secret=secret)


@require_http_methods(["GET", "HEAD", "POST"])
@sudo_to_send
def one(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """An endpoint with its deliveries; what is sent here changes it."""
    endpoint = _own(request, pk)
    if request.method != "POST":
        return _one(request, endpoint)
    form = Webhook(request.POST)
    if not form.is_valid():
        return _one(request, endpoint, form=form, status=400)
    try:
        endpoints.change(endpoint, _wanted(form))
    except Refused as refusal:
        form.add_error("url", str(refusal))
        return _one(request, endpoint, form=form, status=refusal.status)
    return _one(request, endpoint, done="Saved. What waits goes to this address.")


def _doing(view: Answer) -> Callable[..., HttpResponseBase]:
    """A verb on one's own endpoint; refusals are told on its page."""

    @sent_from("account:webhooks")
    @sudo
    def guarded(request: HttpRequest, pk: uuid.UUID, **more: Any) -> HttpResponse:
        endpoint = _own(request, pk)
        try:
            return view(request, endpoint, **more)
        except Refused as refusal:
            return _one(request, endpoint, wrong=str(refusal), status=refusal.status)

    return guarded


@_doing
def rotate(request: HttpRequest, endpoint: Endpoint) -> HttpResponse:
    form = Overlap(request.POST)
    if not form.is_valid():
        return _one(request, endpoint, wrong="Choose from the list when the old secret ends.", status=400)
    return _one(request, endpoint, secret=endpoints.rotate(endpoint, form.length()))


@_doing
def switch(request: HttpRequest, endpoint: Endpoint) -> HttpResponse:
    """On or off, whichever the button says."""
    if request.POST.get("on") == "yes":
        endpoints.enable(endpoint)
        return _one(request, endpoint, done="Switched on.")
    endpoints.disable(endpoint)
    return _one(request, endpoint, done="Switched off. What waited can be replayed.")


@_doing
def test(request: HttpRequest, endpoint: Endpoint) -> HttpResponse:
    outbox.test_event(endpoints.switched_on(endpoint))
    return _one(request, endpoint, done="A test is on its way; how it goes is shown below.")


@_doing
def replay(request: HttpRequest, endpoint: Endpoint, delivery_id: int) -> HttpResponse:
    found = get_object_or_404(endpoint.deliveries.select_related("endpoint"), pk=delivery_id)
    delivery.replay(found)
    return _one(request, endpoint, done="It is sent again, with the same id.")


@_doing
def delete(request: HttpRequest, endpoint: Endpoint) -> HttpResponse:
    endpoint.delete()
    address = redirect("account:webhooks")
    return sent_to(address.url) if is_fragment(request) else address


@sudo_to_send
def log(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The deliveries alone; the page asks while something is on its way."""
    endpoint = _own(request, pk)
    return answer(request, "webhook", "_deliveries", _log(request, endpoint) | {"endpoint": endpoint})


def _wanted(form: Webhook) -> Wanted:
    asked = form.cleaned_data
    return Wanted(asked["url"], tuple(asked["events"]), asked["description"])


def _own(request: HttpRequest, pk: uuid.UUID) -> Endpoint:
    return get_object_or_404(Endpoint.objects.for_owner(person(request)), pk=pk)


def _list(request: HttpRequest, status: int = 200, **facts: Any) -> HttpResponse:
    own: QuerySet[Endpoint] = Endpoint.objects.for_owner(person(request))
    context = {"endpoints": own, "form": Webhook(initial={"events": list(EVENTS)}), "most": endpoints.MOST}
    return answer(request, "webhooks", "_webhooks", context | facts, status)


def _one(request: HttpRequest, endpoint: Endpoint, status: int = 200, **facts: Any) -> HttpResponse:
    now = {"url": endpoint.url, "events": endpoint.events, "description": endpoint.description}
    context = {
        "endpoint": endpoint,
        "form": Webhook(initial=now),
        "overlaps": Overlap.base_fields["hours"].choices,  # type: ignore[attr-defined]
        "two_secrets": bool(endpoint.old_secret_until and endpoint.old_secret_until > timezone.now()),
    }
    return answer(request, "webhook", "_webhook", context | _log(request, endpoint) | facts, status)


def _log(request: HttpRequest, endpoint: Endpoint) -> dict[str, Any]:
    state = request.GET.get("state", "")
    found = endpoint.deliveries.select_related("message").prefetch_related("attempts")
    if state in Delivery.State.values:
        found = found.filter(state=state)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    soon = timezone.now() + timedelta(seconds=15)
    return {
        "page": page,
        "state": state if state in Delivery.State.values else "",
        "states": Delivery.State.choices,
        "moving": any(each.state == Delivery.State.WAITING and each.due < soon for each in page),
    }
