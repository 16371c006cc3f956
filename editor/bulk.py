"""What the page of a batch shows: how far it is, a window of its rows, and which of them are not as they were shown.

A thousand rows are shown a hundred at a time. A poll brings the signs of the rows that the page has, and is answered
with those that have another one by now.
"""

from __future__ import annotations

import uuid
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import F, Q
from django.http import HttpRequest, QueryDict
from django.shortcuts import get_object_or_404

from accounts import guests
from processing import batch_results, batches, jobs
from processing.models import Batch, BatchItem, Job
from processing.models.batches import BatchItemQuerySet, BatchQuerySet
from processing.pipeline import LOW_CONFIDENCE

ROWS = 100
LISTED = 30  # batches on a page of their list
SHOWN: dict[str, tuple[str, tuple[str, ...]]] = {
    "": ("All", ()),
    "working": ("In work", BatchItem.UNFINISHED),
    "done": ("Done", ("succeeded",)),
    "check": ("To check", ("succeeded",)),
    "failed": ("Without a result", ("failed", "refused", "cancelled")),
}
UNSURE = Q(
    job__confidence__lt=LOW_CONFIDENCE, job__revision=0, reviewed=False, job__status=Job.Status.SUCCEEDED
)
ITEM_WORDS = {
    "loading": "Loading",
    "queued": "Waiting",
    "running": "Working",
    "succeeded": "Done",
    "failed": "Failed",
    "cancelled": "Cancelled",
    "refused": "Not taken",
    "deleted": "Deleted",
}
MISSING = "interrupted"  # announced, and it did not arrive
PAYS = frozenset({"insufficient_credits"})


def own_batches(request: HttpRequest) -> BatchQuerySet:
    return Batch.objects.for_owner(guests.owner(request))


def batch_or_404(request: HttpRequest, batch_id: uuid.UUID) -> Batch:
    return get_object_or_404(own_batches(request).select_related("owner", "folder"), pk=batch_id)


def item_or_404(batch: Batch, position: int) -> BatchItem:
    position = position if position < 2**31 else 0  # no column holds it
    return get_object_or_404(batch.items.select_related("job__source", "source"), position=position)


@dataclass(frozen=True, slots=True)
class Window:
    """Which rows are asked for."""

    show: str = ""
    page: int = 1

    @classmethod
    def parse(cls, data: QueryDict) -> Window:
        show, page = data.get("show", ""), data.get("page", "1")
        number = int(page) if page.isascii() and page.isdigit() and len(page) < 6 else 1
        return cls(show if show in SHOWN else "", max(1, number))

    def rows(self, batch: Batch) -> Page[BatchItem]:
        found = matching(batch, self.show).select_related("job").defer("job__made_by", "job__recipe")
        return Paginator(found.order_by("position"), ROWS).get_page(self.page)

    def address(self, page: int | None = None) -> str:
        query = QueryDict(mutable=True)
        query.update({key: str(value) for key, value in (("show", self.show), ("page", page or "")) if value})
        return f"?{query.urlencode()}"


def matching(batch: Batch, show: str) -> BatchItemQuerySet:
    """While a batch receives, what was named and is not here yet counts as in work."""
    items, states = batch.items.all(), SHOWN[show][1]
    found = items.in_states(*states) if states else items
    awaited = Q(job=None, error_code=MISSING)
    if show == "check":
        return found.filter(UNSURE)
    if show == "working" and batch.takes_items:
        return items.in_states(*states, BatchItem.REFUSED).filter(~Q(state=BatchItem.REFUSED) | awaited)
    if show == "failed" and batch.takes_items:
        return found.exclude(awaited)
    return found


@dataclass(frozen=True, slots=True)
class Row:
    """An item as a row says it."""

    item: BatchItem
    receiving: bool  # the batch still takes items

    @property
    def state(self) -> str:
        if self.is_missing:
            return "awaited" if self.receiving else "missing"
        return self.item.condition

    @property
    def is_missing(self) -> bool:
        return self.item.job_id is None and self.item.error_code == MISSING

    @property
    def words(self) -> str:
        job = self.item.job
        if self.state == "running" and job and job.stage:
            return str(job.get_stage_display())
        if self.state == "queued" and job and job.held:
            return "Paused"
        own = {"awaited": "Not here yet", "missing": "Did not arrive"}
        return own.get(self.state) or ITEM_WORDS[self.state]

    @property
    def is_unsure(self) -> bool:
        return bool(self.item.job and self.item.job.is_doubtful and not self.item.reviewed)

    @property
    def seconds(self) -> float | None:
        job = self.item.job
        return (job.finished - job.started).total_seconds() if job and job.finished and job.started else None

    @property
    def why(self) -> str:
        return "" if self.state == "awaited" else batches.sentence(self.item)

    @property
    def retryable(self) -> bool:
        """Whether the photo is here, so that it can be taken up again as it is."""
        item = self.item
        kept = item.source_id is not None or item.job_id is not None or bool(item.url)
        return item.condition in BatchItem.TO_RETRY and kept

    @property
    def replaceable(self) -> bool:
        return self.item.job_id is None and self.item.condition == BatchItem.REFUSED and not self.is_missing

    @property
    def sign(self) -> str:
        job = self.item.job
        parts = [self.state, self.words, self.item.error_code, self.item.reviewed, self.item.source_id]
        parts += [job.pk, job.revision] if job else []
        return f"{zlib.crc32(repr(parts).encode()):x}"


def rows_of(batch: Batch, page: Iterable[BatchItem]) -> list[Row]:
    return [Row(item, batch.takes_items) for item in page]


def signs(rows: list[Row]) -> str:
    """What a page has, for the poll to bring: position-sign pairs."""
    return ".".join(f"{row.item.position}-{row.sign}" for row in rows)


def read_signs(text: str) -> dict[int, str]:
    pairs = (part.partition("-") for part in text.split(".")[: 2 * ROWS])
    return {int(position): sign for position, _, sign in pairs if position.isascii() and position.isdigit()}


@dataclass(frozen=True, slots=True)
class Summary:
    """Totals on top of the rows."""

    batch: Batch
    progress: batch_results.Progress
    unsure: int
    missing: int
    unpaid: int
    kept: int  # of the refused: those whose photo is here

    @property
    def counts(self) -> dict[str, int]:
        return self.progress.counts

    @property
    def done(self) -> int:
        return self.counts["succeeded"]

    @property
    def without(self) -> int:
        """Of what came: items that ended without a result."""
        return self.counts["failed"] + self.counts["refused"] + self.counts["cancelled"] - self.awaited

    @property
    def awaited(self) -> int:
        return self.missing if self.batch.takes_items else 0

    @property
    def to_retry(self) -> int:
        return self.counts["failed"] + self.counts["cancelled"] + self.kept

    @property
    def ended(self) -> int:
        return self.progress.ended - self.awaited

    @property
    def time_left(self) -> str:
        seconds = self.progress.seconds_left
        if seconds is None:
            return ""
        if seconds < 60:
            return f"about {max(1, round(seconds))} s left"
        minutes = round(seconds / 60)
        return f"about {minutes} min left" if minutes < 90 else f"about {round(minutes / 60)} h left"

    @property
    def is_working(self) -> bool:
        """Its last word comes a moment after its last result."""
        return self.progress.left > 0 or not self.batch.is_final


def summary(batch: Batch) -> Summary:
    items = batch.items
    refused = items.filter(job=None)
    return Summary(
        batch,
        batch_results.progress(batch),
        unsure=items.filter(UNSURE).count(),
        missing=refused.filter(error_code=MISSING).count(),
        unpaid=refused.filter(error_code__in=PAYS).count(),
        kept=refused.exclude(error_code="").exclude(source=None, url="").count(),
    )


def tabs(window: Window, found: Summary) -> list[tuple[str, str, int, str]]:
    """(key, words, how many, address); those without any are left out, but for all and the one that is open."""
    numbers = {
        "": found.progress.total,
        "working": found.progress.left + found.awaited,
        "done": found.done,
        "check": found.unsure,
        "failed": found.without,
    }
    return [
        (key, words, numbers[key], Window(key).address())
        for key, (words, _) in SHOWN.items()
        if not key or numbers[key] or key == window.show
    ]


def context(batch: Batch, window: Window) -> dict[str, Any]:
    """Everything of a batch's page."""
    found, page = summary(batch), window.rows(batch)
    rows = rows_of(batch, page.object_list)
    return {
        "batch": batch,
        "summary": found,
        "tabs": tabs(window, found),
        "window": window,
        "page": page,
        "rows": rows,
        "poll": poll_address(window, rows, found),
        "workers_alive": not found.progress.left or jobs.workers_alive(),
        "previous_address": page.has_previous() and window.address(page.number - 1),
        "next_address": page.has_next() and window.address(page.number + 1),
    }


def poll_address(window: Window, rows: list[Row], found: Summary) -> str:
    query = QueryDict(mutable=True)
    query.update(
        {"show": window.show, "page": str(window.page), "known": signs(rows), "top": top_sign(found)}
    )
    return f"?{query.urlencode()}"


def top_sign(found: Summary) -> str:
    """Of the totals, as they are shown."""
    parts = [found.batch.status, found.counts, found.unsure, found.missing, found.time_left]
    return f"{zlib.crc32(repr(parts).encode()):x}"


def changes(batch: Batch, window: Window, data: QueryDict) -> dict[str, Any] | None:
    """What a poll is answered with; None when the page is as it should be."""
    found, page = summary(batch), window.rows(batch)
    rows, known = rows_of(batch, page.object_list), read_signs(data.get("known", ""))
    there = {row.item.position for row in rows}
    answer = {
        "changed": [row for row in rows if known.get(row.item.position, row.sign) != row.sign],
        "added": [row for row in rows if row.item.position not in known],
        "gone": [position for position in known if position not in there],
    }
    if not any(answer.values()) and data.get("top") == top_sign(found):
        return None
    return answer | context_of_poll(batch, window, rows, found)


def context_of_poll(batch: Batch, window: Window, rows: list[Row], found: Summary) -> dict[str, Any]:
    return {
        "batch": batch,
        "summary": found,
        "tabs": tabs(window, found),
        "window": window,
        "poll": poll_address(window, rows, found),
        "workers_alive": not found.progress.left or jobs.workers_alive(),
    }


def by_doubt(batch: Batch) -> list[int]:
    """Positions of all results, the least sure first: the order of the review, whatever was accepted meanwhile."""
    done = batch.items.filter(job__status=Job.Status.SUCCEEDED)
    rows = done.order_by(F("job__confidence").asc(nulls_last=True), "position")
    return list(rows.values_list("position", flat=True))
