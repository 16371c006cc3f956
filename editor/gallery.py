"""One owner's photos, found again: search, filters, pages, and what they take up.

A page of a thousand is found as quickly as the first: a page that is scrolled to begins after the last photo of the
one before (`after`), and every order and filter has an index (processing.models.jobs).
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.core.paginator import Page, Paginator
from django.db.models import Q, Sum
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_date

from accounts.models import User
from processing.models import Batch, Folder, Job, JobQuerySet, Rendition, Source
from processing.pipeline import LOW_CONFIDENCE

PAGE = 60
MOST_SELECTED = 500
LONGEST_SEARCH = 100  # characters
COUNTED_AGAIN = 60  # seconds after which what is stored is summed up anew
STATES: dict[str, tuple[str, tuple[str, ...]]] = {
    "": ("Any state", ()),
    "done": ("Done", (Job.Status.SUCCEEDED,)),
    "working": ("In work", (Job.Status.QUEUED, Job.Status.RUNNING)),
    "failed": ("Failed", (Job.Status.FAILED,)),
    "cancelled": ("Cancelled", (Job.Status.CANCELLED,)),
}
BETWEEN = "between"
DATES: dict[str, tuple[str, int]] = {  # days, today included
    "": ("Any date", 0),
    "1": ("Today", 1),
    "7": ("Last 7 days", 7),
    "30": ("Last 30 days", 30),
    BETWEEN: ("Between …", 0),
}
SURE = {"": "Any confidence", "check": "To check", "sure": "Sure"}
NO_FOLDER = "none"


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for; anything that makes no sense counts as not asked."""

    text: str = ""
    folder: str = ""  # an id, or NO_FOLDER
    period: str = ""
    since: date | None = None  # with BETWEEN; both days are within
    until: date | None = None
    model: str = ""
    state: str = ""
    sure: str = ""
    batch: str = ""
    page: int = 1
    after: tuple[datetime, str] | None = None  # the last photo that was shown

    @classmethod
    def parse(cls, data: QueryDict) -> Query:
        def one_of(name: str, known: Any) -> str:
            value = data.get(name, "")
            return value if value in known else ""

        folder = data.get("folder", "")
        chosen = one_of("date", DATES)
        between = chosen == BETWEEN
        return cls(
            text=_text(data.get("q", ""), LONGEST_SEARCH),
            folder=folder if folder == NO_FOLDER or _is_number(folder) else "",
            period=chosen,
            since=_day(data.get("since", "")) if between else None,
            until=_day(data.get("until", "")) if between else None,
            model=_text(data.get("model", ""), 60),
            state=one_of("state", STATES),
            sure=one_of("sure", SURE),
            batch=_uuid(data.get("batch", "")),
            page=int(data.get("page", "")) if _is_number(data.get("page", "")) else 1,
            after=_after(data.get("after", "")),
        )

    @property
    def is_filtered(self) -> bool:
        return any([self.text, self.folder, self.period, self.model, self.state, self.sure, self.batch])

    def apply(self, jobs: JobQuerySet) -> JobQuerySet:
        found = jobs
        if self.text:
            found = found.filter(name__icontains=self.text)
        if self.folder:
            found = found.filter(folder=None if self.folder == NO_FOLDER else int(self.folder))
        if self.model:
            found = found.filter(model=self.model)
        if self.batch:
            found = found.filter(batch__pk=uuid.UUID(self.batch))
        if self.state:
            found = found.filter(status__in=STATES[self.state][1])
        if self.sure:
            found = found.doubtful() if self.sure == "check" else found.filter(confidence__gte=LOW_CONFIDENCE)
        begin, end = self._times()
        if begin:
            found = found.filter(created__gte=begin)
        return found.filter(created__lt=end) if end else found

    def _times(self) -> tuple[datetime | None, datetime | None]:
        days = DATES[self.period][1]
        if days:
            return _midnight(timezone.localdate() - timedelta(days=days - 1)), None
        end = _midnight(self.until + timedelta(days=1)) if self.until else None
        return _midnight(self.since) if self.since else None, end

    def address(self, **changes: Any) -> str:
        """The query string of this query with some parts changed; the page starts over unless given."""
        parts = {
            "q": self.text,
            "folder": self.folder,
            "date": self.period,
            "since": self.since or "",
            "until": self.until or "",
            "model": self.model,
            "state": self.state,
            "sure": self.sure,
            "batch": self.batch,
            **changes,
        }
        query = urlencode({key: value for key, value in parts.items() if value})
        return f"?{query}" if query else ""


def _text(value: str, most: int) -> str:
    return value.replace("\0", "").strip()[:most]


def _is_number(text: str) -> bool:
    """Of a size that a database holds and that is worth a look."""
    return text.isascii() and text.isdigit() and int(text[:10]) > 0 and len(text) < 10


def _day(text: str) -> date | None:
    try:
        found = parse_date(text)
    except ValueError:  # well formed, and no day of any month
        return None
    return found if found and 1970 <= found.year < 9000 else None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def _uuid(text: str) -> str:
    clean = text.replace("-", "").lower()
    return clean if len(clean) == 32 and all(char in "0123456789abcdef" for char in clean) else ""


def _after(text: str) -> tuple[datetime, str] | None:
    """What `mark` wrote."""
    micros, _, pk = text.partition("_")
    if not (micros.isascii() and micros.isdigit() and len(micros) < 18 and _uuid(pk)):
        return None
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(micros)), _uuid(pk)


def mark(job: Job) -> str:
    """Where the next page begins when this is the last photo of one."""
    since_1970 = job.created - datetime(1970, 1, 1, tzinfo=UTC)
    return f"{since_1970 // timedelta(microseconds=1)}_{job.pk.hex}"


# --- Finding ---------------------------------------------------------------------------------------------


def ordered(jobs: JobQuerySet, query: Query) -> JobQuerySet:
    """The newest first, with what a cell of the grid shows, in one query."""
    found = query.apply(jobs).select_related("source", "batch_item")
    return found.defer("made_by", "recipe", "source__file").order_by("-created", "-pk")


def page(jobs: JobQuerySet, query: Query) -> Page[Job]:
    """The asked page, or the nearest there is."""
    return Paginator(ordered(jobs, query), PAGE).get_page(query.page)


def behind(jobs: JobQuerySet, query: Query) -> JobQuerySet:
    """The photos after `query.after`; all without it."""
    found = ordered(jobs, query)
    if not query.after:
        return found
    created, pk = query.after
    return found.filter(Q(created__lt=created) | Q(created=created, pk__lt=pk), created__lte=created)


def following(jobs: JobQuerySet, query: Query) -> tuple[list[Job], bool]:
    """A page of the photos after `query.after`, and whether there are more behind them."""
    rows = list(behind(jobs, query)[: PAGE + 1])
    return rows[:PAGE], len(rows) > PAGE


# --- What there is ---------------------------------------------------------------------------------------


def models_of(jobs: JobQuerySet) -> list[str]:
    """The models that an owner's photos were made by, from an index alone."""
    return list(jobs.order_by("model").values_list("model", flat=True).distinct())


def folders_of(owner: User | AnonymousUser) -> list[Folder]:
    return list(Folder.objects.for_owner(owner))


def batch_of(owner: User | AnonymousUser, query: Query) -> Batch | None:
    return Batch.objects.for_owner(owner).filter(pk=query.batch).first() if query.batch else None


def stored(owner: User) -> int:
    """Bytes of an owner's photos and results; a minute old at most, as ten thousand take a moment to add up. That
    there is nothing is no answer for a minute: it is what a new account says before its first photo."""
    key = f"stored:{owner.pk}"
    known = cache.get(key)
    if not known:
        photos = Source.objects.filter(owner=owner).aggregate(total=Sum("size"))["total"] or 0
        results = Rendition.objects.filter(job__owner=owner).aggregate(total=Sum("size"))["total"] or 0
        known = photos + results
        cache.set(key, known, COUNTED_AGAIN)
    return int(known)
