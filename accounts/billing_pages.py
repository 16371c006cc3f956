"""The pages about money: prices for everybody, and one's own plan, balance and ledger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts import allowance, billing, limits, purchases, quotas, subscriptions
from accounts.models import CREDIT, CreditEntry, User
from accounts.money import money
from accounts.plans import DEFAULT, MINUTE, PLANS, Plan, Rate
from accounts.products import Product, sold
from editor.responses import refused
from processing.errors import Refused, refusing

ENTRIES = 20  # of the ledger on one page
ASKING = (Rate(20, MINUTE),)  # how often one user may make us ask Stripe
ERRORS = (
    limits.TooManyRequests,
    purchases.CannotBuy,
    billing.BillingOff,
    billing.Declined,
    billing.Missing,
    billing.Unavailable,
)


@dataclass(frozen=True, slots=True)
class Offer:
    """A product with its price in words; "" while Stripe does not tell it."""

    product: Product
    price: str
    each: str = ""


@dataclass(frozen=True, slots=True)
class PlanOffer:
    plan: Plan
    offer: Offer | None  # None: not sold here


@require_GET
def pricing(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/pricing.html", _shop() | {"current": _plan_of(request)})


@never_cache
@login_required
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    if "checkout" in request.GET:
        return _came_back(request, request.user, request.GET["checkout"])
    if allowance.give(request.user):
        request.user.refresh_from_db(fields=["balance"])
    return render(request, "accounts/billing.html", _shop() | _own(request, request.user))


@login_required
@require_POST
def buy(request: HttpRequest) -> HttpResponse:
    """Sends the buyer to Stripe's page."""
    return _doing(request, lambda user, name, nonce: purchases.buy(user, name, nonce))


@login_required
@require_POST
def portal(request: HttpRequest) -> HttpResponse:
    return _doing(request, lambda user, name, nonce: purchases.portal(user))


@login_required
@require_POST
def change(request: HttpRequest) -> HttpResponse:
    def verb(user: User, name: str, nonce: str) -> None:
        purchases.change(user, name, nonce)
        messages.success(request, "The plan is changed.")

    return _doing(request, verb)


@login_required
@require_POST
def end(request: HttpRequest) -> HttpResponse:
    def verb(user: User, name: str, nonce: str) -> None:
        purchases.end(user, at_period_end=True)
        messages.success(request, "The plan ends with the month that is paid. Your credits stay.")

    return _doing(request, verb)


@login_required
@require_POST
def resume(request: HttpRequest) -> HttpResponse:
    def verb(user: User, name: str, nonce: str) -> None:
        purchases.end(user, at_period_end=False)
        messages.success(request, "The plan goes on.")

    return _doing(request, verb)


def _doing(request: HttpRequest, verb: Callable[[User, str, str], str | None]) -> HttpResponse:
    """Runs a verb of purchases; goes where it says, else back to the page."""
    assert isinstance(request.user, User)
    try:
        with refusing(*ERRORS):
            _bounded(request.user)
            to = verb(request.user, request.POST.get("product", ""), _nonce(request))
    except Refused as refusal:
        return refused(request, refusal)
    return HttpResponseRedirect(to) if to else redirect("billing")


def _nonce(request: HttpRequest) -> str:
    """The number of the form, which makes its repetition known; a new one when it is none."""
    try:
        return UUID(request.POST.get("nonce", "")).hex
    except ValueError:
        return uuid4().hex


def _came_back(request: HttpRequest, user: User, session: str) -> HttpResponse:
    """From Stripe's page. The address proves nothing: Stripe is asked what became of the checkout."""
    before = user.balance
    try:
        if (
            billing.is_on()
            and session.isascii()
            and session.replace("_", "").isalnum()
            and len(session) < 200
        ):
            _bounded(user)
            purchases.came_back(user, session)
    except ERRORS:
        messages.info(request, "The payment is being confirmed. Reload this page in a moment.")
        return redirect("billing")
    user.refresh_from_db(fields=["balance"])
    if user.balance > before:
        messages.success(request, f"Thank you. {(user.balance - before) / CREDIT:,g} credits are there.")
    return HttpResponseRedirect(reverse("billing"))


def _bounded(user: User) -> None:
    limits.hit_all(limits.rough(), f"billing:{user.pk}", ASKING)


def _shop() -> dict[str, Any]:
    plans = {offer.product.name: offer for offer in map(_offer, sold(is_plan=True))}
    return {
        "billing_on": billing.is_on(),
        "billing_live": settings.STRIPE_LIVE,
        "plans": [PlanOffer(plan, plans.get(plan.name)) for plan in PLANS.values()],
        "packs": [_offer(product) for product in sold(is_plan=False)],
        "nonce": uuid4(),
        "terms_url": settings.TERMS_URL,
        "default_plan": DEFAULT,
    }


def _offer(product: Product) -> Offer:
    try:
        price = billing.price(product.price)
    except ERRORS:
        return Offer(product, "")
    amount, currency = price["unit_amount"] or 0, price["currency"]
    return Offer(product, money(amount, currency), money(round(amount / product.credits), currency))


def _own(request: HttpRequest, user: User) -> dict[str, Any]:
    entries = user.credit_entries.exclude(kind=CreditEntry.Kind.SETTLE).order_by("-id")
    return {
        "subscription": subscriptions.current(user) if billing.is_on() else None,
        "owed": quotas.owed(user) / CREDIT,
        "page": Paginator(entries, ENTRIES).get_page(request.GET.get("page")),
        "payments": [
            (payment, money(payment.amount, payment.currency), money(payment.amount_back, payment.currency))
            for payment in user.payments.filter(livemode=settings.STRIPE_LIVE)[:12]
        ],
        "current": user.plan_name,
    }


def _plan_of(request: HttpRequest) -> str:
    return request.user.plan_name if isinstance(request.user, User) else ""
