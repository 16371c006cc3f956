"""The plans: what each gives. One literal table; prices are the payment provider's affair."""

from __future__ import annotations

from dataclasses import dataclass

MINUTE, HOUR, DAY = 60, 3600, 86_400  # seconds


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `limit` units within any `seconds` seconds."""

    limit: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Plan:
    """`images` are the rates of photos, shortest window first; with `weighs` a photo counts its megapixels,
    rounded up. `models` empty means every model that is installed. `priority`: less is served earlier."""

    name: str
    title: str
    credits: int  # a month
    images: tuple[Rate, ...]
    requests: Rate  # of any kind
    weighs: bool
    keep_days: int
    batch: int  # items in one batch
    unfinished: int  # photos that may wait or run at once
    priority: int
    models: frozenset[str] = frozenset()


_TABLE = (
    Plan(
        "free", "Free", 0, (Rate(10, MINUTE), Rate(50, HOUR), Rate(200, DAY)), Rate(300, MINUTE),
        weighs=False, keep_days=30, batch=50, unfinished=50, priority=9,
    ),
    Plan(
        "pro", "Pro", 500, (Rate(500, MINUTE),), Rate(1200, MINUTE),
        weighs=True, keep_days=90, batch=500, unfinished=1000, priority=5,
    ),
    Plan(
        "business", "Business", 5000, (Rate(2000, MINUTE),), Rate(6000, MINUTE),
        weighs=True, keep_days=365, batch=1000, unfinished=5000, priority=1,
    ),
)  # fmt: skip

PLANS: dict[str, Plan] = {plan.name: plan for plan in _TABLE}
DEFAULT = "free"

# Whoever sends no key, counted by address.
ANONYMOUS = Plan(
    "anonymous", "Visitor", 0, (Rate(5, MINUTE), Rate(20, HOUR)), Rate(60, MINUTE),
    weighs=False, keep_days=1, batch=1, unfinished=5, priority=9,
)  # fmt: skip


def get_plan(name: str) -> Plan:
    """The plan of this name; a name that is no longer in the table counts as the default."""
    return PLANS.get(name, PLANS[DEFAULT])
