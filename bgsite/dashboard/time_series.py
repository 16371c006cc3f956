"""What came in over the chosen time, step by step: money by currency, and what people said of results."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import Count, Q, Sum
from django.db.models.functions import Trunc

from accounts.models import Payment
from editor.models import Feedback
from processing.figures import Figures

Steps = list[int]  # a number for each step of the figures


def income(found: Figures) -> dict[str, Steps]:
    """Currency -> what came in and stayed, in its smallest unit, of the present mode; counted when it was paid."""
    begin, end = found.period
    paid = Payment.objects.filter(paid__gte=begin, paid__lt=end, livemode=settings.STRIPE_LIVE)
    rows = paid.annotate(at=_hours(found, "paid")).order_by("currency").values_list("at", "currency")
    sums = rows.annotate(Sum("amount"), Sum("amount_back"))
    return _spread(found, ((at, currency, amount - back) for at, currency, amount, back in sums))


def opinions(found: Figures) -> dict[str, Steps]:
    """Of each word, "good" and "not good", how many said it."""
    said = Feedback.objects.said(*found.period).annotate(at=_hours(found, "changed")).order_by()
    good, bad = Count("pk", filter=Q(good=True)), Count("pk", filter=Q(good=False))
    rows = list(said.values_list("at").annotate(good_=good, bad_=bad))
    both = [(at, "good", yes) for at, yes, _ in rows] + [(at, "not good", no) for at, _, no in rows]
    return _spread(found, both)


def _hours(found: Figures, field: str) -> Trunc:
    return Trunc(field, "hour" if found.span.step < 24 else "day", tzinfo=UTC)


def _spread(found: Figures, rows: Iterable[tuple[datetime, str, int]]) -> dict[str, Steps]:
    spread: dict[str, Steps] = {}
    for at, kind, value in rows:
        number = int((at - found.steps[0]) / timedelta(hours=found.span.step))
        spread.setdefault(kind, [0] * len(found.steps))[min(number, len(found.steps) - 1)] += value
    return spread
