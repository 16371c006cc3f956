"""What comes out of a batch: how far it is, a table of its items, and one ZIP of its results."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Max, Min, QuerySet
from django.utils import timezone

from accounts.models import CREDIT
from processing import batches, packing, rendition_requests, renditions, storage
from processing.errors import Refused
from processing.models import Batch, BatchItem, Job, Rendition
from processing.pipeline import LOW_CONFIDENCE
from processing.pipeline.recipe import Recipe

PACE = 20  # the last so many results tell how fast it goes
STALLED_SECONDS = 120
COLUMNS = (
    "position", "name", "state", "file", "confidence", "check", "width", "height", "bytes", "model", "seconds",
    "credits", "code", "message", "job",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Progress:
    """Counts by state, and how long the rest takes at the pace of the last results; None when nobody can say."""

    counts: dict[str, int]
    seconds_left: float | None

    @property
    def total(self) -> int:
        return sum(self.counts.values()) - self.counts["deleted"]

    @property
    def ended(self) -> int:
        return self.total - self.left

    @property
    def left(self) -> int:
        return sum(self.counts[state] for state in BatchItem.UNFINISHED)

    @property
    def share(self) -> float:
        return self.ended / self.total if self.total else 0.0


def progress(batch: Batch) -> Progress:
    counts = batch.items.counts()
    left = sum(counts[state] for state in BatchItem.UNFINISHED)
    return Progress(counts, _seconds_left(batch, left) if left else None)


def _seconds_left(batch: Batch, left: int) -> float | None:
    """The time between results lately, times what is left. None with too few, when paused, or when nothing came
    for long."""
    if batch.status == Batch.Status.PAUSED:
        return None
    last = batch.jobs.exclude(finished=None).order_by("-finished").values("finished")[:PACE]
    span = Job.objects.filter(batch=batch, finished__in=last).aggregate(Min("finished"), Max("finished"))
    count = len(last)
    if count < 3:
        return None
    took = (span["finished__max"] - span["finished__min"]).total_seconds()
    if (timezone.now() - span["finished__max"]).total_seconds() > STALLED_SECONDS:
        return None
    return float(took / (count - 1) * left)


# --- The table -------------------------------------------------------------------------------------------


def report(batch: Batch) -> Iterator[str]:
    """Lines of CSV, one for each item, under a head. No cell begins as a formula of a spreadsheet would."""
    writer = csv.writer(_Echo())
    yield str(writer.writerow(COLUMNS))
    names = {item.pk: name for item, _, name in _named(batch, None)}
    for item in items_of(batch):
        yield str(writer.writerow([_cell(value) for value in _row(item, names.get(item.pk, ""))]))


def items_of(batch: Batch) -> QuerySet[BatchItem]:
    """All items with their jobs and results, in order."""
    return batch.items.select_related("job__source").prefetch_related("job__renditions").order_by("position")


def _row(item: BatchItem, file: str) -> list[object]:
    job = item.job
    made = job.made_by if job else {}
    result = renditions.find(job, Recipe.from_canonical(job.recipe)) if job else None
    size = [result.width, result.height, result.size] if result else ["", "", ""]
    sure = made.get("confidence")
    doubt = "yes" if sure is not None and sure < LOW_CONFIDENCE and not item.reviewed else ""
    seconds = round(sum(made.get("seconds", {}).values()), 2) if made else ""
    spent = job.cost / CREDIT if job and job.status == Job.Status.SUCCEEDED else 0
    code = item.error_code or (job.error_code if job else "")
    return [
        item.position, item.name, item.condition, file, "" if sure is None else round(sure, 3), doubt, *size,
        made.get("model", ""), seconds, spent, code, batches.sentence(item), str(job.pk) if job else "",
    ]  # fmt: skip


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


class _Echo:
    """A file for csv.writer that gives each line back."""

    def write(self, text: str) -> str:
        return text


# --- Other versions ---------------------------------------------------------------------------------------


def order(batch: Batch, recipe: Recipe) -> tuple[int, int]:
    """Asks for every result in another recipe, without a charge; (results, those that are made already)."""
    done = batch.jobs.filter(status=Job.Status.SUCCEEDED).select_related("owner")
    made = [rendition_requests.order(job, recipe, told=False).status == Rendition.Status.MADE for job in done]
    if not made:
        raise Refused("nothing_made")
    return len(made), sum(made)


# --- The archive -----------------------------------------------------------------------------------------


def archive(batch: Batch, recipe: Recipe | None = None) -> Iterator[bytes]:
    """The ZIP's bytes: every result in this recipe (None: each in its own), and the report.

    Refused before the first byte: nothing_made, versions_missing.
    """
    files = [(name, rendition.file) for _, rendition, name in _named(batch, recipe)]
    made = batch.jobs.filter(status=Job.Status.SUCCEEDED).count()
    if not made:
        raise Refused("nothing_made")
    if len(files) < made:
        raise Refused(
            "versions_missing", items=made, made=len(files), seconds=max(2, (made - len(files)) // 4)
        )
    return packing.packed(files, [("report.csv", lambda: "".join(report(batch)).encode("utf-8-sig"))])


def _named(batch: Batch, recipe: Recipe | None) -> Iterator[tuple[BatchItem, Rendition, str]]:
    """Each item that has a result in this recipe, with the result and a name that no other one has."""
    taken = {"report.csv", packing.LOST}
    for item in items_of(batch):
        if item.job is None or item.job.status != Job.Status.SUCCEEDED:
            continue
        found = renditions.find(item.job, recipe or Recipe.from_canonical(item.job.recipe))
        if found is not None:
            yield item, found, packing.unique(item.name, storage.suffix(found.media_type), taken)
