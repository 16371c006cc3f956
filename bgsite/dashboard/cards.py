"""The numbers on top of the operators' first page, each against what it should be."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from accounts.models import CREDIT
from accounts.money import money
from bgsite.dashboard.formatting import dollars, percent, seconds, whole
from bgsite.dashboard.formatting import size as bytes_words
from editor.models import Feedback
from processing import figures
from processing.figures import Figures

COST = 0.05  # US dollars for one photo, at most
AVAILABLE = 0.999  # of what ended, not failed through a fault of ours
SATISFIED = 0.85  # of those who said what they think
WAIT = 60  # seconds that the oldest photo may have waited


@dataclass(frozen=True, slots=True)
class Card:
    """One number with its unit. `good`: whether it is what it should be; None where there is no such thing."""

    title: str
    value: str
    detail: str
    good: bool | None = None
    link: str = ""


def cards(found: Figures) -> list[Card]:
    return [*_now(), *_promises(found), *_money(found)]


def _now() -> list[Card]:
    queue, doubtful, stored = figures.queue(), figures.doubtful(), figures.stored()
    silent = f"{queue.silent} silent" if queue.silent else "all answer" if queue.workers else "none was seen"
    jobs = reverse("admin:processing_job_changelist")
    kept = f"counted at {stored.at:%H:%M} UTC" if stored else "a worker counts it every ten minutes"
    return [
        Card("Waiting", whole(queue.waiting), f"photos; oldest {seconds(queue.oldest)}, {queue.running} running",
             queue.oldest < WAIT, f"{jobs}?status__exact=queued"),
        Card("Photos a minute", f"{queue.a_minute:,.1f}", "over the last 5 minutes", None, f"{jobs}?since=1"),
        Card("Workers", f"{queue.workers}", silent, queue.workers > 0, reverse("admin:processing_worker_changelist")),
        Card("Doubtful results", "1,000 or more" if doubtful == 1000 else whole(doubtful), "wait for a look",
             None, reverse("admin:processing_doubtful_changelist")),
        Card("Stored", bytes_words(stored.total) if stored else "–", kept),
    ]  # fmt: skip


def _promises(found: Figures) -> list[Card]:
    total, said = found.total, Feedback.objects.satisfaction(*found.period)
    return [
        Card("Half within", seconds(total.p50), f"95 % within {seconds(total.p95)}"),
        Card("Above 10 s", percent(total.slow_share), f"{total.slow:,} of {total.done:,} photos; wanted: none",
             not total.slow),
        Card("Availability", percent(total.good_share), "ended without a fault of ours; wanted: 99.9 %",
             total.good_share >= AVAILABLE),
        Card("Satisfied", percent(said.rate), f"{said.good:,} of {said.good + said.bad:,} who said; wanted: 85 %",
             None if said.rate is None else said.rate >= SATISFIED),
        Card("Cost of a photo", dollars(total.cost), f"wanted: at most ${COST:.2f}", total.cost <= COST),
    ]  # fmt: skip


def _money(found: Figures) -> list[Card]:
    total, given = found.total, figures.given(*found.period)
    income = ", ".join(money(amount, currency) for currency, amount in figures.revenue(*found.period))
    payments = reverse("admin:accounts_payment_changelist")
    return [
        Card("Income", income or "–", "less refunds", None, payments),
        Card("Credits sold", whole(given.sold), f"{whole(given.granted)} granted, {whole(given.taken)} taken back"),
        Card("Credits used", whole(total.used / CREDIT), "for photos that were done"),
        Card("Credits refunded", whole(total.back / CREDIT), f"for {total.failed:,} photos that failed"),
        Card("From earlier results", whole(total.cached), "photos, answered at once and free"),
    ]  # fmt: skip
