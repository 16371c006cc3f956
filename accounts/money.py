"""Amounts of money as people read them."""

from __future__ import annotations

# Currencies without a smaller unit, as Stripe counts them.
WHOLE = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf ugx vnd vuv xaf xof xpf".split())
SIGNS = {"eur": "€", "usd": "$", "gbp": "£", "jpy": "¥"}


def major(amount: int, currency: str) -> float:
    """1234, "eur" -> 12.34; 500, "jpy" -> 500."""
    return amount if currency in WHOLE else amount / 100


def money(amount: int, currency: str) -> str:
    """1234, "eur" -> "€12.34"; 500, "jpy" -> "¥500"; 1234, "chf" -> "12.34 CHF"."""
    number = f"{amount:,}" if currency in WHOLE else f"{amount / 100:,.2f}"
    sign = SIGNS.get(currency)
    if sign is None:
        return f"{number} {currency.upper()}".strip()
    return f"−{sign}{number[1:]}" if amount < 0 else f"{sign}{number}"
