"""The operators' figures for a span of time: a few sums over what processing.tally counted, whatever the load was."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count, Min, QuerySet, Sum
from django.db.models.functions import TruncDay
from django.utils import timezone

from accounts.models import CREDIT, CreditEntry, Payment, User
from processing import jobs, messages, tally
from processing.models import Job, Rendition, Source, Tally, Worker

Kind = CreditEntry.Kind
TOP = 10  # rows of a list
SUMMED = ("count", "seconds", "worked", "fee", "credits")
STORAGE_SECONDS = 600  # for which the sums of all files may be out of date


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time up to now, in steps of so many hours."""

    name: str
    title: str
    hours: int
    step: int

    def begins(self, now: datetime) -> datetime:
        """The first step's beginning: whole hours, or days."""
        hour = now.replace(minute=0, second=0, microsecond=0)
        return (hour if self.step < 24 else hour.replace(hour=0)) - timedelta(hours=self.hours - self.step)

    def steps(self, now: datetime) -> list[datetime]:
        begin = self.begins(now)
        return [begin + timedelta(hours=n) for n in range(0, self.hours, self.step)]


SPANS = {
    span.name: span
    for span in (
        Span("24h", "24 hours", 24, 1),
        Span("7d", "7 days", 7 * 24, 6),
        Span("30d", "30 days", 30 * 24, 24),
    )
}


@dataclass
class Ended:
    """What ended within a step, or for a model, or in all."""

    done: int = 0
    failed: int = 0
    at_fault: int = 0  # failed for a reason on our side
    slow: int = 0
    seconds: float = 0.0
    worked: float = 0.0
    fee: float = 0.0
    used: int = 0
    back: int = 0
    counts: list[int] = field(default_factory=lambda: [0] * (len(tally.BOUNDS) + 1))

    def add(self, row: Tally) -> None:
        if row.code:
            self.failed += row.count
            self.at_fault += row.count if messages.message(row.code).status >= 500 else 0
            self.back += row.credits
        else:
            self.done += row.count
            self.slow += row.count if row.bucket > tally.ABOVE_10 else 0
            self.seconds += row.seconds
            self.used += row.credits
            self.counts[row.bucket] += row.count
        self.worked += row.worked
        self.fee += row.fee

    @property
    def p50(self) -> float:
        return tally.percentile(self.counts, 0.5)

    @property
    def p95(self) -> float:
        return tally.percentile(self.counts, 0.95)

    @property
    def slow_share(self) -> float:
        return self.slow / self.done if self.done else 0.0

    @property
    def good_share(self) -> float:
        """Of all that ended, what did not fail through a fault of ours. 1.0 when nothing ended."""
        ended = self.done + self.failed
        return 1 - self.at_fault / ended if ended else 1.0

    @property
    def cost(self) -> float:
        """US dollars for one photo that was done: time of the processor and fees, also of those that failed."""
        hours = self.worked / 3600 * settings.INFERENCE_THREADS
        return (hours * settings.COST_PER_CORE_HOUR + self.fee) / self.done if self.done else 0.0


@dataclass(frozen=True, slots=True)
class Figures:
    span: Span
    now: datetime
    steps: list[datetime]
    total: Ended
    by_step: list[Ended]
    by_model: dict[str, Ended]
    by_code: dict[str, int]


def of(span: Span) -> Figures:
    now = timezone.now()
    steps = span.steps(now)
    total, by_step = Ended(), [Ended() for _ in steps]
    by_model: dict[str, Ended] = defaultdict(Ended)
    by_code: dict[str, int] = defaultdict(int)
    for row in _rows(span, steps[0]):
        number = int((row.hour - steps[0]) / timedelta(hours=span.step))
        for each in (total, by_step[min(number, len(steps) - 1)], by_model[row.model]):
            each.add(row)
        if row.code:
            by_code[row.code] += row.count
    models = dict(sorted(by_model.items(), key=lambda item: -item[1].done))
    return Figures(
        span, now, steps, total, by_step, models, dict(sorted(by_code.items(), key=lambda c: -c[1]))
    )


def _rows(span: Span, begin: datetime) -> Iterable[Tally]:
    """The tallies since then; of a month, whose steps are days, summed by day, so that it is some hundred rows."""
    found = Tally.objects.filter(hour__gte=begin).order_by()
    if span.step < 24:
        yield from found
        return
    kinds = found.annotate(day=TruncDay("hour")).values("day", "model", "code", "bucket")
    for row in kinds.annotate(**{f"{name}_": Sum(name) for name in SUMMED}):
        facts = {name.rstrip("_"): value for name, value in row.items() if name != "day"}
        yield Tally(hour=row["day"], **facts)


# --- Now -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Queue:
    waiting: int
    running: int
    oldest: float  # seconds
    a_minute: float  # jobs that ended, over the last five minutes
    workers: int
    silent: int


def queue() -> Queue:
    now = timezone.now()
    waiting = Job.objects.queued().aggregate(count=Count("pk"), oldest=Min("created"))
    five = Job.objects.filter(finished__gte=now - timedelta(minutes=5)).count()
    seen = list(Worker.objects.values_list("seen", flat=True))
    alive = sum(at >= now - jobs.WORKER_SILENCE for at in seen)
    oldest = (now - waiting["oldest"]).total_seconds() if waiting["oldest"] else 0.0
    running = Job.objects.filter(status=Job.Status.RUNNING).count()
    return Queue(waiting["count"], running, max(0.0, oldest), five / 5, alive, len(seen) - alive)


def by_queue() -> dict[str, tuple[int, float]]:
    """(how many wait, seconds that the oldest has waited) of each queue in which somebody waits, held ones apart."""
    now = timezone.now()
    rows = Job.objects.claimable().order_by().values_list("queue").annotate(Count("pk"), Min("created"))
    return {queue: (count, max(0.0, (now - oldest).total_seconds())) for queue, count, oldest in rows}


def hit_ratio() -> float:
    """Of the results of the last day, the share that the result cache answered; 0.0 without any."""
    done = Tally.objects.filter(hour__gte=timezone.now() - timedelta(days=1), code="")
    sums = done.aggregate(count=Sum("count"), cached=Sum("cached"))
    cached, worked = sums["cached"] or 0, sums["count"] or 0
    return cached / (cached + worked) if cached else 0.0


# --- Credits and money -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Given:
    """Whole credits. `sold` came with a payment; `granted` from an operator or as a welcome."""

    sold: float
    granted: float
    taken: float


def given(begin: datetime) -> Given:
    entries = CreditEntry.objects.filter(created__gte=begin)
    sold = _total(entries.filter(kind=Kind.GRANT, key__startswith="payment:"))
    granted = _total(entries.filter(kind=Kind.GRANT)) - sold
    return Given(sold / CREDIT, granted / CREDIT, -_total(entries.filter(kind=Kind.TAKE)) / CREDIT)


def _total(entries: QuerySet[CreditEntry]) -> int:
    return entries.aggregate(total=Sum("amount"))["total"] or 0


def revenue(begin: datetime) -> list[tuple[str, int]]:
    """(currency, amount in its smallest unit) that came in and stayed, of the present mode."""
    paid = Payment.objects.filter(paid__gte=begin, livemode=settings.STRIPE_LIVE).order_by("currency")
    sums = paid.values_list("currency").annotate(Sum("amount"), Sum("amount_back"))
    return [(currency, amount - back) for currency, amount, back in sums]


# --- Users -----------------------------------------------------------------------------------------------


def top_users(begin: datetime) -> list[tuple[User, int, int, float]]:
    """(user, done, failed, seconds of a worker), who had most done first."""
    users = User.objects.filter(days__day__gte=begin.date()).annotate(
        done=Sum("days__done"), failed=Sum("days__failed"), worked=Sum("days__worked")
    )
    return [(user, user.done, user.failed, user.worked) for user in users.order_by("-done", "pk")[:TOP]]


def storage() -> list[tuple[User, int]]:
    """(user, bytes of photos and results), who has most first. Remembered for ten minutes, as it reads all rows."""
    sizes = _remembered("figures-storage", _storage)
    users = User.objects.in_bulk([pk for pk, _ in sizes])
    return [(users[pk], size) for pk, size in sizes if pk in users]


def _storage() -> list[tuple[int, int]]:
    sizes: dict[int, int] = defaultdict(int)
    for pk, size in Source.objects.order_by().values_list("owner").annotate(Sum("size")):
        sizes[pk] += size
    for pk, size in Rendition.objects.order_by().values_list("job__owner").annotate(Sum("size")):
        sizes[pk] += size
    return sorted(sizes.items(), key=lambda item: -item[1])[:TOP]


def _remembered(key: str, make: Callable[[], list[tuple[int, int]]]) -> list[tuple[int, int]]:
    return cache.get_or_set(key, make, STORAGE_SECONDS) or []
