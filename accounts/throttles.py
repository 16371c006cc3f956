"""Rates by plan for the API. A refusal is TooManyRequests; the API's one exception handler has the words."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts import limits
from accounts.client_address import client_address
from accounts.limits import Decision, RateLimiter, TooManyRequests
from accounts.models import ApiKey, User
from accounts.plans import ANONYMOUS, DAY, MINUTE, Plan, Rate


class RequestThrottle(BaseThrottle):
    """Requests of any kind: against loops, so roughly and without a write."""

    def allow_request(self, request: Request, view: Any) -> bool:
        count_request(request._request, request.user)
        return True


class ImageThrottle(BaseThrottle):
    """Photos: exact. Counts one before the body is read; `weigh` adds the rest when the size is known."""

    def allow_request(self, request: Request, view: Any) -> bool:
        if request.method not in SAFE_METHODS and getattr(view, "takes_photos", False):
            count_photo(request)
        return True


def count_request(http: HttpRequest, user: User | AnonymousUser) -> None:
    """Raises TooManyRequests."""
    if not _is_unlimited(user):
        _hit(http, limits.rough(), f"requests:{_name(http, user)}", (_plan(user).requests,))


def count_photo(request: Request, cost: int = 1) -> None:
    """Raises TooManyRequests, or LimiterAway: what costs is not let through uncounted."""
    if _is_unlimited(request.user):
        return
    for key, rates in _photo_rates(request):
        _hit(request._request, limits.exact(), key, rates, cost)


def weigh(request: Request, megapixels: float) -> None:
    """Adds a large photo's weight to the one it was counted as, on plans that weigh."""
    more = -int(-megapixels // 1) - 1
    if _plan(request.user).weighs and more > 0:
        count_photo(request, more)


def who(request: Request) -> str:
    """The user, else the address."""
    return _name(request._request, request.user)


def tightest(request: HttpRequest) -> Decision | None:
    """What the answer's headers tell: of photos where photos were counted, else of requests."""
    decisions: list[Decision] = getattr(request, "rate_decisions", [])
    return min(decisions[1:] or decisions, key=lambda decision: decision.remaining, default=None)


def _name(http: HttpRequest, user: User | AnonymousUser) -> str:
    return f"user:{user.pk}" if isinstance(user, User) else f"address:{client_address(http)}"


def _plan(user: User | AnonymousUser) -> Plan:
    return user.plan if isinstance(user, User) else ANONYMOUS


def _hit(http: HttpRequest, limiter: RateLimiter, key: str, rates: tuple[Rate, ...], cost: int = 1) -> None:
    try:
        _note(http, limits.hit_all(limiter, key, rates, cost))
    except TooManyRequests as refusal:
        _note(http, refusal.decision)
        raise


def _note(http: HttpRequest, decision: Decision) -> None:
    http.rate_decisions = [*getattr(http, "rate_decisions", []), decision]  # type: ignore[attr-defined]


def _is_unlimited(user: User | AnonymousUser) -> bool:
    return isinstance(user, User) and user.is_unlimited


def _photo_rates(request: Request) -> list[tuple[str, tuple[Rate, ...]]]:
    """The key's own limit first, then the user's, so that a key which is used up takes nothing from the rest."""
    rates = []
    key = request.auth
    if isinstance(key, ApiKey) and key.per_minute:
        rates.append((f"key:{key.pk}", (Rate(key.per_minute, MINUTE),)))
    if isinstance(key, ApiKey) and key.is_test:
        rates.append((f"test:{who(request)}", (Rate(settings.TEST_KEY_PHOTOS, DAY),)))
    return [*rates, (f"photos:{who(request)}", _plan(request.user).images)]
