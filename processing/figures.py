"""The operators' figures for a span of time: a few sums over what processing.tally counted, whatever the load was."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count, Min, Q, Sum
from django.db.models.functions import TruncDay
from django.utils import timezone

from accounts import reconcile
from accounts.models import CREDIT, CreditEntry, Payment, User
from processing import jobs, messages, tally
from processing.models import Doubtful, Job, Rendition, Source, Tally, UserDay, Worker

Kind = CreditEntry.Kind
TOP = 10  # rows of a list
SUMMED = ("count", "seconds", "worked", "fee", "credits", "cached")
STORED, STORAGE_SECONDS = "figures-stored", 600  # for which the sums of all files may be out of date


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time in steps of so many hours: up to now, or to the `end` that was chosen."""

    name: str
    title: str
    hours: int
    step: int
    end: datetime | None = None

    def begins(self, now: datetime) -> datetime:
        """The first step's beginning: whole hours, or days."""
        if self.end:
            return self.end - timedelta(hours=self.hours)
        hour = now.replace(minute=0, second=0, microsecond=0)
        return (hour if self.step < 24 else hour.replace(hour=0)) - timedelta(hours=self.hours - self.step)

    def ends(self, now: datetime) -> datetime:
        return self.end or now

    def steps(self, now: datetime) -> list[datetime]:
        begin = self.begins(now)
        return [begin + timedelta(hours=n) for n in range(0, self.hours, self.step)]


SPANS = {
    span.name: span
    for span in (
        Span("24h", "24 hours", 24, 1),
        Span("7d", "7 days", 7 * 24, 6),
        Span("30d", "30 days", 30 * 24, 24),
        Span("52w", "A year", 52 * 7 * 24, 7 * 24),
    )
}
LONGEST = timedelta(days=3 * 366)


def between(first: date, last: date) -> Span | None:
    """The days from `first` to `last`, both with it; None for none or too many."""
    days = (last - first).days + 1
    if not (0 < days <= LONGEST.days and first.year >= 2000 and last.year <= 2999):
        return None
    end = timezone.make_aware(datetime.combine(last + timedelta(days=1), time.min), UTC)
    step = next(hours for most, hours in ((2, 1), (14, 6), (100, 24), (LONGEST.days, 168)) if days <= most)
    hours = -(-days * 24 // step) * step
    return Span(f"{first}..{last}", f"{first:%-d %b %Y} to {last:%-d %b %Y}", hours, step, end)


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
    cached: int = 0  # answered from an earlier result, and in no other count
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
            self.cached += row.cached
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
        hours = self.worked / 3600 * settings.CORES_EACH
        return (hours * settings.COST_PER_CORE_HOUR + self.fee) / self.done if self.done else 0.0


@dataclass(frozen=True, slots=True)
class Figures:
    span: Span
    now: datetime
    steps: list[datetime]
    total: Ended
    by_step: list[Ended]
    by_model: dict[str, Ended]
    by_size: dict[tuple[str, int], Ended]  # model and tally.size_of
    by_code: dict[str, int]

    @property
    def period(self) -> tuple[datetime, datetime]:
        return self.steps[0], self.span.ends(self.now)


def of(span: Span) -> Figures:
    """All figures of a span, from processing.tally's counts alone."""
    now = timezone.now()
    steps = span.steps(now)
    total, by_step = Ended(), [Ended() for _ in steps]
    by_model: dict[str, Ended] = defaultdict(Ended)
    by_size: dict[tuple[str, int], Ended] = defaultdict(Ended)
    by_code: dict[str, int] = defaultdict(int)
    for row in _rows(span, steps[0], span.ends(now)):
        number = min(int((row.hour - steps[0]) / timedelta(hours=span.step)), len(steps) - 1)
        for each in (total, by_step[number], by_model[row.model], by_size[row.model, row.size]):
            each.add(row)
        if row.code:
            by_code[row.code] += row.count
    models = dict(sorted(by_model.items(), key=lambda item: -item[1].done))
    codes = dict(sorted(by_code.items(), key=lambda item: -item[1]))
    return Figures(span, now, steps, total, by_step, models, dict(sorted(by_size.items())), codes)


def _rows(span: Span, begin: datetime, end: datetime) -> Iterable[Tally]:
    """The tallies since then; of a month, whose steps are days, summed by day, so that it is some hundred rows."""
    found = Tally.objects.filter(hour__gte=begin, hour__lt=end).order_by()
    if span.step < 24:
        yield from found
        return
    kinds = found.annotate(day=TruncDay("hour", tzinfo=UTC)).values("day", "model", "code", "bucket", "size")
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


def given(begin: datetime, end: datetime) -> Given:
    came = CreditEntry.objects.filter(kind__in=[Kind.GRANT, Kind.TAKE], created__gte=begin, created__lt=end)
    found = came.aggregate(
        sold=Sum("amount", filter=Q(kind=Kind.GRANT, key__startswith="payment:"), default=0),
        all=Sum("amount", filter=Q(kind=Kind.GRANT), default=0),
        taken=Sum("amount", filter=Q(kind=Kind.TAKE), default=0),
    )
    granted = found["all"] - found["sold"]
    return Given(found["sold"] / CREDIT, granted / CREDIT, -found["taken"] / CREDIT)


def revenue(begin: datetime, end: datetime) -> list[tuple[str, int]]:
    """(currency, amount in its smallest unit) that came in and stayed, of the present mode."""
    paid = Payment.objects.filter(paid__gte=begin, paid__lt=end, livemode=settings.STRIPE_LIVE)
    sums = paid.order_by("currency").values_list("currency").annotate(Sum("amount"), Sum("amount_back"))
    return [(currency, amount - back) for currency, amount, back in sums]


# --- Users and results -----------------------------------------------------------------------------------


def top_users(begin: datetime, end: datetime) -> list[tuple[User, int, int, float]]:
    """(user, done, failed, seconds of a worker), who had most done first."""
    days = UserDay.objects.filter(day__gte=begin.date(), day__lte=end.date()).order_by().values_list("user")
    sums = days.annotate(done=Sum("done"), failed=Sum("failed"), worked=Sum("worked")).order_by(
        "-done", "user"
    )
    rows = list(sums[:TOP])
    users = User.objects.in_bulk([pk for pk, *_ in rows])
    return [(users[pk], done, failed, worked) for pk, done, failed, worked in rows]


def doubtful() -> int:
    """Results at which an operator should look, up to a thousand."""
    return Doubtful.objects.waiting().order_by()[:1000].count()  # unordered: from its own small index


# --- What takes long to count: counted by a worker now and then ---------------------------------------------

AGES = {"up to a day": 1, "up to a week": 7, "up to 30 days": 30, "up to 90 days": 90}


@dataclass(frozen=True, slots=True)
class Stored:
    """Bytes of photos and results. `owners`: who has most first."""

    at: datetime
    owners: list[tuple[int, int]]
    ages: dict[str, int]
    unbalanced: int  # users whose balance is not the sum of their entries

    @property
    def total(self) -> int:
        return sum(self.ages.values())


def stored() -> Stored | None:
    """As it was counted last; None while nobody did."""
    found: Stored | None = cache.get(STORED)
    return found


def count_stored(again: bool = False) -> None:
    """Reads every row, so one worker does it every ten minutes, and no page."""
    if cache.add(f"{STORED}-turn", 1, STORAGE_SECONDS) or again:
        found = Stored(timezone.now(), _storage(), _ages(), reconcile.unbalanced().count())
        cache.set(STORED, found, 24 * 3600)


def _ages() -> dict[str, int]:
    now = timezone.now()
    bounds = [now - timedelta(days=days) for days in AGES.values()]
    sums = {f"n{n}": Sum("size", filter=Q(created__gte=bound), default=0) for n, bound in enumerate(bounds)}
    rows = [each.objects.aggregate(**sums, all=Sum("size", default=0)) for each in (Source, Rendition)]
    within = [sum(row[name] for row in rows) for name in (*sums, "all")]
    parts = [most - less for most, less in zip(within, [0, *within], strict=False)]
    return dict(zip([*AGES, "older"], parts, strict=True))


def _storage() -> list[tuple[int, int]]:
    sizes: dict[int, int] = defaultdict(int)
    for pk, size in Source.objects.order_by().values_list("owner").annotate(Sum("size")):
        sizes[pk] += size
    for pk, size in Rendition.objects.order_by().values_list("job__owner").annotate(Sum("size")):
        sizes[pk] += size
    return sorted(sizes.items(), key=lambda item: -item[1])[:TOP]
