"""One's data: how long it is kept, all of it as one ZIP, and the end of the account."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import billing, limits, purchases, retention
from accounts.plans import HOUR, Rate
from editor.account.forms import Goodbye, Retention
from editor.account.responses import person
from editor.account.sudo import sent_from, sudo
from editor.responses import refused
from processing import export, owners
from processing.errors import Refused, refusing

EXPORTS = (Rate(6, HOUR),)  # each reads every file there is
ERRORS = (billing.BillingOff, billing.Declined, billing.Missing, billing.Unavailable, purchases.CannotBuy)


@require_safe
@sudo
def page(request: HttpRequest) -> HttpResponse:
    return _page(request)


@sent_from("account:data")
@sudo
def keep(request: HttpRequest) -> HttpResponse:
    user = person(request)
    form = Retention(retention.days_of(user.plan), request.POST)
    if not form.is_valid():
        return _page(request, retention_form=form, status=400)
    owners.keep_for(user, form.cleaned_data["days"])
    messages.success(
        request, f"Photos and results are kept for {retention.kept(user).days} days from now on."
    )
    return redirect("account:data")


@sent_from("account:data")
@sudo
def take_along(request: HttpRequest) -> HttpResponseBase:
    """The ZIP is written while it is loaded, so it may be of any size."""
    user = person(request)
    try:
        with refusing(limits.TooManyRequests, limits.LimiterAway):
            limits.hit_all(limits.rough(), f"export:{user.pk}", EXPORTS)
    except Refused as refusal:
        return refused(request, refusal)
    answer = StreamingHttpResponse(export.archive(user), content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="my-data-{timezone.now():%Y-%m-%d}.zip"'
    answer["Cache-Control"] = "private, no-store"
    return answer


@sent_from("account:data")
@sudo
def leave(request: HttpRequest) -> HttpResponse:
    user = person(request)
    form = Goodbye(user, request.POST)
    if not form.is_valid():
        return _page(request, goodbye=form, status=400)
    try:
        with refusing(*ERRORS):
            owners.leave(user)
    except Refused as refusal:
        return refused(request, refusal)
    logout(request)
    return render(request, "accounts/gone.html")


def _page(request: HttpRequest, status: int = 200, **facts: Any) -> HttpResponse:
    user = person(request)
    most = retention.days_of(user.plan)
    context = {
        "retention_form": Retention(most, initial={"days": user.keep_days}),
        "goodbye": Goodbye(user),
        "most": most,
        "kept": retention.kept(user).days,
        "holdings": export.holdings(user),
        **facts,
    }
    return render(request, "accounts/data.html", context, status=status)
