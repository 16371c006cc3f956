"""Numbers of the operators' pages as people read them, each with its unit."""

from __future__ import annotations

from math import floor, log10

from accounts.models import User


def seconds(value: float) -> str:
    if value < 10:
        return f"{value:.1f} s"
    if value < 120:
        return f"{value:.0f} s"
    return f"{value / 60:.0f} min" if value < 7200 else f"{value / 3600:.0f} h"


def percent(share: float | None) -> str:
    """Never rounded up to 100 % while something is missing; a dash where there is nothing to have a share of."""
    if share is None:
        return "–"
    return "100 %" if share == 1 else f"{int(share * 10_000) / 100:.2f} %"


def whole(value: float) -> str:
    return f"{value:,.0f}"


def dollars(value: float) -> str:
    """Below a dollar, digits enough to tell something: $0.000029, $0.0014, $0.0181; else cents: $1.25."""
    if 0 < value < 1:
        return f"${value:.{min(max(4, 1 - floor(log10(value))), 9)}f}"
    return f"${value:,.2f}"


def size(count: int) -> str:
    """Bytes."""
    if not count:
        return "none"
    return f"{count / 1e9:,.2f} GB" if count >= 1e9 else f"{count / 1e6:,.1f} MB"


def who(user: User) -> str:
    return f"Guest {user.pk}" if user.is_guest else user.email
