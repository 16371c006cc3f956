"""One owner's photos, found again: search, filter, pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.http import QueryDict

from processing.models import Job, JobQuerySet

PAGE = 24
STATES: dict[str, tuple[str, tuple[str, ...]]] = {
    "": ("All", tuple(Job.Status.values)),
    "done": ("Done", (Job.Status.SUCCEEDED,)),
    "working": ("In work", (Job.Status.QUEUED, Job.Status.RUNNING)),
    "failed": ("Failed", (Job.Status.FAILED, Job.Status.CANCELLED)),
}


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for; anything that makes no sense counts as not asked."""

    text: str = ""
    state: str = ""
    page: int = 1

    @classmethod
    def parse(cls, data: QueryDict) -> Query:
        state, number = data.get("state", ""), data.get("page", "1")
        return cls(
            text=data.get("q", "").replace("\0", "").strip()[:100],
            state=state if state in STATES else "",
            page=int(number) if number.isascii() and number.isdigit() and len(number) < 7 else 1,
        )

    @property
    def is_filtered(self) -> bool:
        return bool(self.text or self.state)

    def apply(self, jobs: JobQuerySet) -> JobQuerySet:
        found = jobs.filter(status__in=STATES[self.state][1])
        return found.filter(name__icontains=self.text) if self.text else found

    def address(self, **changes: Any) -> str:
        """The query string of this query with some parts changed; the page starts over unless given."""
        parts = {"q": self.text, "state": self.state, **changes}
        return "?" + urlencode({key: value for key, value in parts.items() if value})


def page(jobs: JobQuerySet, query: Query) -> Page[Job]:
    """The asked page, or the nearest there is; each job with its source, in one query."""
    found = query.apply(jobs).select_related("source").order_by("-created")
    return Paginator(found, PAGE).get_page(query.page)
