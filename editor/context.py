"""What every page knows."""

from __future__ import annotations

from typing import Any, Literal

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts import guests
from accounts.models import User
from processing import switches


def site(request: HttpRequest) -> dict[str, Any]:
    limits = settings.IMAGE_LIMITS
    return {
        "site_name": settings.SITE_NAME,
        # Lazy, as most pages of an account need neither.
        "guest": SimpleLazyObject(lambda: _guest(request)),
        "notice": SimpleLazyObject(switches.notice),
        "guests_welcome": settings.GUEST_CREDITS > 0,
        "guest_credits": settings.GUEST_CREDITS,
        "signup_credits": settings.SIGNUP_CREDITS,
        "keep_guests_minutes": int(settings.KEEP_GUESTS.total_seconds() // 60),
        "keep_days": settings.KEEP_RESULTS.days,
        "photos_stay_here": not (settings.BRIA_API_TOKEN or settings.REMOVEBG_API_KEY),
        "limit_megabytes": limits.max_bytes // 1_000_000,
        "limit_megapixels": limits.max_pixels // 1_000_000,
        "limit_min_side": limits.min_side,
    }


def _guest(request: HttpRequest) -> User | Literal[""]:
    """The guest of this session, or an empty string (a lazy object cannot wrap None and stay falsy)."""
    if not hasattr(request, "user"):  # refused before anybody asked who it is, as for a foreign Host
        return ""
    return "" if request.user.is_authenticated else guests.current(request) or ""
