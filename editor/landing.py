"""What the first page says beside the drop zone: samples, figures as measured, plans."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db.models import Sum
from django.utils import timezone

from accounts.plans import PLANS
from editor import samples
from processing import tally
from processing.models import Tally

KEPT = 300  # seconds that the figure of this server may be out of date
ENOUGH = 20  # photos that make a figure


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, what it is, and what it is held against."""

    number: str
    what: str
    against: str


# The usual preset, with the same u2net weights; docs/quality.md has the whole table and how it flatters.
FIGURES = (
    Figure("78 %", "of photos with a matte that overlaps the true one by 0.9 or more", "67 % with rembg"),
    Figure("0.926", "mean overlap (IoU) on 18 photos with hand-made masks", "0.904 with rembg"),
    Figure("4.6", "mean sum of absolute differences, in thousands; less is better", "6.2 with rembg"),
)


def context() -> dict[str, Any]:
    return {
        "sample": samples.available(),
        "samples": samples.listing(),
        "figures": FIGURES,
        "half_within": half_within(),
        "plans": PLANS.values(),
        "site_url": settings.SITE_URL,
    }


def half_within() -> float | None:
    """Seconds from upload to result within which half of this server's photos of the last week were done; None
    when there were too few."""
    kept: float = cache.get("landing:half", -1.0)
    if kept < 0:
        kept = _measured()
        cache.set("landing:half", kept, KEPT)
    return kept or None


def _measured() -> float:
    since = timezone.now() - timedelta(days=7)
    rows = (
        Tally.objects.filter(hour__gte=since, code="").values_list("bucket").annotate(Sum("count")).order_by()
    )
    counts = [0] * (len(tally.BOUNDS) + 1)
    for bucket, count in rows:
        counts[bucket] += count
    return round(tally.percentile(counts, 0.5), 1) if sum(counts) >= ENOUGH else 0.0
