"""A month that never was: users, jobs, money and figures, to look at the operators' pages with something in them."""

from __future__ import annotations

import hashlib
import io
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from math import cos, pi
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from PIL import Image

from accounts import quotas
from accounts.models import CREDIT, CreditEntry, Payment, User
from processing import figures, storage, tally
from processing.models import Job, Source, Tally, UserDay

DAYS = 30
BATCH = 2000
MODELS = (
    ("u2net", 0.72, 1.9),
    ("isnet-general-use", 0.2, 2.8),
    ("bria-api", 0.08, 4.5),
)  # name, share, seconds
CODES = ("unknown_foreground", "unknown_foreground", "unreadable_image", "worker_crashed", "provider_timeout")
FAILING = 0.012
Kind = CreditEntry.Kind


@dataclass
class Month:
    """Counts while jobs are made, and writes the sums at the end."""

    rng: random.Random
    now: datetime
    tallies: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    days: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    spent: Counter[int] = field(default_factory=Counter)


@transaction.atomic
def make(users: int, jobs: int, seed: int = 7) -> None:
    month = Month(random.Random(seed), timezone.now())  # noqa: S311 (nothing secret)
    people = [_person(month, number, jobs) for number in range(users)]
    photos = [_photo(person) for person in people]
    made = _jobs(month, people, photos, jobs)
    for batch in iter(lambda: list(islice(made, BATCH)), []):
        Job.objects.bulk_create(batch)
        CreditEntry.objects.bulk_create(_entries(batch))
    _write(month)
    # Rows are written with the time they are written at; these began when their work did.
    Job.objects.filter(owner__in=people).update(created=F("started"))
    for photo in photos:
        Source.objects.filter(pk=photo.pk).update(
            created=month.now - timedelta(days=month.rng.uniform(0, 120))
        )
    figures.count_stored(again=True)


def _person(month: Month, number: int, jobs: int) -> User:
    plan = ("business", "pro", "pro", "free", "free")[number % 5]
    user = User(email=f"demo-{number + 1}@example.org", plan_name=plan)
    user.set_unusable_password()
    user.save()
    User.objects.filter(pk=user.pk).update(date_joined=month.now - timedelta(days=DAYS + 5))
    quotas.grant(user, (jobs + 200) * CREDIT, f"welcome:{user.pk}", "Welcome")
    for sold in range(0 if plan == "free" else 1 + number % 2):
        _payment(month, user, sold)
    return user


def _payment(month: Month, user: User, number: int) -> None:
    product, credits, amount = ("pack_500", 500, 4000) if number else (user.plan_name, user.plan.credits, 900)
    at = month.now - timedelta(days=month.rng.uniform(0, DAYS))
    key = f"demo_{user.pk}_{number}"
    Payment.objects.create(
        id=key, user=user, livemode=settings.STRIPE_LIVE, product=product, credits=credits * CREDIT,
        amount=amount if product != "business" else 4900, currency="eur", paid=at,
    )  # fmt: skip
    quotas.grant(user, credits * CREDIT, f"payment:{key}", product.capitalize())
    CreditEntry.objects.filter(key=f"payment:{key}").update(created=at)


def _photo(user: User) -> Source:
    file = io.BytesIO()
    Image.new("RGB", (64, 48), (200, 120, 60)).save(file, "PNG")
    data = file.getvalue() + str(user.pk).encode()  # each another content, as each has another name
    sha256 = hashlib.sha256(data).hexdigest()
    name = storage.save(storage.source_name(user.pk, sha256, "image/png"), data)
    size = 2_400_000 * (1 + user.pk % 7)
    return Source.objects.create(
        owner=user, sha256=sha256, file=name, media_type="image/png", size=size, width=64, height=48
    )


def _jobs(month: Month, people: list[User], photos: list[Source], count: int) -> Iterator[Job]:
    weights = [1 / (rank + 1) for rank in range(len(people))]  # few use much
    whose = month.rng.choices(range(len(people)), weights, k=count)
    for number, who in enumerate(whose):
        yield _job(month, photos[who], _moment(month), f"photo-{number + 1:05d}.jpg")


def _moment(month: Month) -> datetime:
    """Some time of the month: more by day than by night, and more lately."""
    while True:
        at = month.now - timedelta(days=DAYS * month.rng.random() ** 1.3, minutes=2)
        by_day = 0.55 - 0.45 * cos((at.hour + at.minute / 60 - 2) / 24 * 2 * pi)
        if month.rng.random() < by_day * (0.5 if at.weekday() > 4 else 1):
            return at


def _job(month: Month, photo: Source, at: datetime, name: str) -> Job:
    rng = month.rng
    model, _, typical = rng.choices(MODELS, [share for _, share, _ in MODELS])[0]
    waited, worked = rng.expovariate(1 / 0.4), typical * rng.lognormvariate(0, 0.35)
    code = rng.choice(CODES) if rng.random() < FAILING else ""
    ended = at + timedelta(seconds=waited + worked)
    fee = settings.BRIA_COST_USD if model == "bria-api" and not code else 0.0
    _count(
        month,
        photo.owner_id,
        ended,
        (model, code, tally.bucket_of(waited + worked), 1 + photo.owner_id % len(tally.SIZES)),
        waited + worked,
        worked,
        fee,
    )
    return Job(
        id=UUID(int=rng.getrandbits(128), version=4), owner_id=photo.owner_id, source=photo, name=name, model=model,
        cost=CREDIT, status=Job.Status.FAILED if code else Job.Status.SUCCEEDED, attempt=1, error_code=code,
        created=at, started=at + timedelta(seconds=waited), finished=ended,
        expires=month.now + settings.KEEP_RESULTS, made_by={} if code else {"model": model},
        confidence=None if code else round(1 - 0.6 * rng.random() ** 6, 3),
    )  # fmt: skip


def _count(
    month: Month,
    owner: int,
    ended: datetime,
    kind: tuple[str, str, int, int],
    took: float,
    worked: float,
    fee: float,
) -> None:
    model, code, bucket, size = kind
    hour = ended.replace(minute=0, second=0, microsecond=0)
    more = {"count": 1, "seconds": took, "worked": worked, "fee": fee, "credits": CREDIT}
    for name, value in more.items():
        month.tallies[hour, model, code, bucket, size, name] += value  # type: ignore[assignment]
    month.days[owner, ended.date(), "failed" if code else "done"] += 1
    month.days[owner, ended.date(), "worked"] += worked  # type: ignore[assignment]
    month.spent[owner] += 0 if code else CREDIT


def _entries(batch: list[Job]) -> Iterator[CreditEntry]:
    for job in batch:
        close = Kind.REFUND if job.error_code else Kind.SETTLE
        back = job.cost if job.error_code else 0
        yield CreditEntry(user_id=job.owner_id, kind=Kind.RESERVE, amount=-job.cost, key=f"reserve:{job.pk}")
        yield CreditEntry(user_id=job.owner_id, kind=close, amount=back, key=f"close:{job.pk}")


def _write(month: Month) -> None:
    """The sums; and the balances, which so many entries at once went past."""
    Tally.objects.bulk_create(
        Tally(hour=key[0], model=key[1], code=key[2], bucket=key[3], size=key[4], **row)
        for key, row in _rows(month.tallies)
    )
    UserDay.objects.bulk_create(UserDay(user_id=key[0], day=key[1], **row) for key, row in _rows(month.days))
    for owner, spent in month.spent.items():
        user = User.objects.get(pk=owner)
        User.objects.filter(pk=owner).update(balance=user.balance - spent)


def _rows(counter: Counter[tuple[Any, ...]]) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
    """(…, name): value -> (…): {name: value}"""
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    for (*key, name), value in counter.items():
        rows.setdefault(tuple(key), {})[name] = value
    return list(rows.items())
