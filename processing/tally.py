"""Counts what ended, so that figures of a month need no look at a million jobs and outlive those that are deleted.

Percentiles come from the counts by duration: exact at the bounds, and taken as even between two of them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import F
from django.utils import timezone

from processing.models import Job, KeyDay, Tally, UserDay

# Seconds; 10 is among them, as the share above it is a promise. The last bucket is everything longer.
BOUNDS = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 120.0, 300.0)
# Megapixels; what is larger has one number more. 0: counted before sizes were.
SIZES = (1, 4, 12, 25)
ABOVE_10 = BOUNDS.index(10.0)  # buckets with a greater number took longer


def note(job: Job, code: str, made_by: dict[str, Any]) -> None:
    """Counts a job that ends now. Last in the transaction that ends it: its row of the hour is locked until then."""
    now = timezone.now()
    seconds = max(0.0, (now - job.created).total_seconds())
    worked = max(0.0, (now - job.started).total_seconds()) if job.started else 0.0
    # A cost that the user pays to the provider is none of ours.
    fee = made_by.get("cost", 0.0) if made_by.get("paid_by") != "user" else 0.0
    key = {
        "hour": now.replace(minute=0, second=0, microsecond=0),
        "model": made_by.get("model", job.model),
        "code": code,
        "bucket": bucket_of(seconds),
        "size": size_of(job.source.width * job.source.height),
    }
    more = {"count": 1, "seconds": seconds, "worked": worked, "fee": fee, "credits": job.cost}
    _add(Tally, key, more)
    ended = {"failed": 1} if code else {"done": 1}
    _add(UserDay, {"user_id": job.owner_id, "day": now.date()}, ended | {"worked": worked})
    whose = {"user_id": job.owner_id, "key": job.api_key_id or 0, "day": now.date()}
    _add(KeyDay, whose, {**ended, "credits": 0 if code else job.cost})


def note_cached(job: Job, made_by: dict[str, Any]) -> None:
    """Counts a job that was answered from the result cache: apart, as it says nothing about how long work takes."""
    now = timezone.now()
    hour = now.replace(minute=0, second=0, microsecond=0)
    _add(Tally, {"hour": hour, "model": made_by["model"], "code": "", "bucket": 0, "size": 0}, {"cached": 1})
    _add(UserDay, {"user_id": job.owner_id, "day": now.date()}, {"done": 1})
    _add(KeyDay, {"user_id": job.owner_id, "key": job.api_key_id or 0, "day": now.date()}, {"done": 1})


def size_of(pixels: int) -> int:
    return 1 + bisect_left(SIZES, pixels / 1e6)


def size_words(size: int) -> str:
    if not size:
        return "not known"
    return f"above {SIZES[-1]} MP" if size > len(SIZES) else f"up to {SIZES[size - 1]} MP"


def bucket_of(seconds: float) -> int:
    return bisect_left(BOUNDS, seconds)


def percentile(counts: Sequence[int], share: float) -> float:
    """Seconds within which `share` (0..1) of those in the buckets ended; 0.0 when there are none."""
    rank = share * sum(counts)
    below = 0
    for bucket, count in enumerate(counts):
        if count and below + count >= rank:
            least = BOUNDS[bucket - 1] if bucket else 0.0
            most = BOUNDS[bucket] if bucket < len(BOUNDS) else BOUNDS[-1]
            return least + (most - least) * (rank - below) / count
        below += count
    return 0.0


def _add(model: Any, key: dict[str, Any], more: Mapping[str, float]) -> None:
    """Adds to the row of this key, made when it is the first; two at once both count."""
    sums = {name: F(name) + value for name, value in more.items()}
    if not model.objects.filter(**key).update(**sums):
        model.objects.bulk_create([model(**key)], ignore_conflicts=True)
        model.objects.filter(**key).update(**sums)
