"""Everything that is kept of a person, as one ZIP to take along (the right of GDPR, article 20).

Rows are JSON, one file for a table, without what only opens doors (digests, sealed secrets) and without what only
this machine needs (leases). Files are the photos as they came, the results, and every mask.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, QuerySet, Sum
from django.utils import timezone

from accounts.models import User
from processing import renditions, storage, zip_stream
from processing.models import Alpha, Job, MaskRevision, Rendition, Source
from processing.packing import safe_part
from processing.pipeline.recipe import Recipe
from processing.zip_stream import Content

# What opens doors, or tells only this machine something.
HIDDEN = frozenset(
    """password digest encrypted secret old_secret session_key lease_token lease_until rung told_used refill
    allowance held turn queue""".split()
)
# Table and the way from it to its owner. tests/privacy holds it to the models: each is here or in LEFT_OUT.
TABLES: dict[str, str] = {
    "account.EmailAddress": "user",
    "usersessions.UserSession": "user",
    "accounts.CreditEntry": "user",
    "accounts.CreditDebt": "user",
    "accounts.ApiKey": "user",
    "accounts.ProviderKey": "user",
    "accounts.KeyAddress": "key__user",
    "accounts.Letter": "user",
    "accounts.StripeCustomer": "user",
    "accounts.Subscription": "user",
    "accounts.Payment": "user",
    "processing.Source": "owner",
    "processing.Alpha": "source__owner",
    "processing.Job": "owner",
    "processing.Rendition": "job__owner",
    "processing.Mask": "job__owner",
    "processing.MaskRevision": "job__owner",
    "processing.Batch": "owner",
    "processing.Folder": "owner",
    "processing.BatchItem": "batch__owner",
    "processing.UserDay": "user",
    "processing.KeyDay": "user",
    "webhooks.Endpoint": "user",
    "webhooks.Message": "user",
    "webhooks.Delivery": "endpoint__user",
    "webhooks.Attempt": "delivery__endpoint__user",
    "webhooks.JobHook": "endpoint__user",
    "editor.Preset": "owner",
    "editor.Trial": "job__owner",
    "editor.Share": "job__owner",
    "editor.Feedback": "owner",
}
LEFT_OUT = {
    "mfa.Authenticator": "the secrets of the second factor open this account",
    "accounts.KeptAnswer": "repeats answers for a day, all of whose facts are in other tables",
    "account.EmailConfirmation": "keys of links in letters",
    "accounts.AuditEntry": "what operators did, in a log of the site",
    "admin.LogEntry": "what operators did is theirs; it names nobody else",
    "processing.BatchArchive": "ZIPs whose photos are on their way into a batch, where each is a row and a photo",
    "processing.Doubtful": "another list of processing.Job",
}
README = """This is everything that {site} keeps of {email}, as of {now:%d %B %Y, %H:%M} UTC.

originals/  the photos, and pictures for backgrounds, exactly as they came
results/    what was made of them
masks/      the soft mattes of the models, and every edited mask, as 16-bit PNG
rows/       the rest: account, keys (without secrets), credits, jobs with their recipes, strokes of edits, webhooks

Times are UTC; amounts of credits are hundredths. A file that was deleted while this was loaded is named in
not-included.txt.
"""


@dataclass(frozen=True, slots=True)
class Holdings:
    """How much there is."""

    photos: int
    results: int
    bytes: int


def holdings(user: User) -> Holdings:
    sources = Source.objects.filter(owner=user)
    made = Rendition.objects.made().filter(job__owner=user)
    size = sum(rows.aggregate(sum=Sum("size", default=0))["sum"] for rows in (sources, made))
    return Holdings(sources.count(), user.jobs.filter(status=Job.Status.SUCCEEDED).count(), size)


def archive(user: User) -> Iterator[bytes]:
    """The ZIP's bytes; what they are made of is read while they are."""
    return zip_stream.stream(_entries(user))


def _entries(user: User) -> Iterator[tuple[str, Content]]:
    lost: list[str] = []
    words = README.format(site=settings.SITE_NAME, email=user.email, now=timezone.now())
    yield "README.txt", words.encode()
    yield "rows/account.json", _json([_row(user)])
    for label, owner in TABLES.items():
        yield f"rows/{label.lower()}.json", _json([_row(each) for each in _of(label, owner, user)])
    for name, file in files(user):
        try:
            content = storage.open_file(file)
        except OSError:  # deleted since the download began
            lost.append(name)
            continue
        yield name, content
    if lost:
        yield "not-included.txt", "\n".join(lost).encode()


def files(user: User) -> Iterator[tuple[str, str]]:
    """(name in the ZIP, name in the storage) of every file, each once. Small previews are left out."""
    jobs = {job.pk: job for job in user.jobs.order_by("created")}
    names = {job.source_id: job.name for job in jobs.values()}
    for source in Source.objects.filter(owner=user).order_by("created"):
        yield (
            _name("originals", names.get(source.pk, "background"), source.sha256[:8], source.file),
            source.file,
        )
    for alpha in Alpha.objects.filter(source__owner=user).order_by("pk"):
        name = names.get(alpha.source_id, "photo")
        yield _name("masks", name, f"{alpha.model}-{alpha.pk}", alpha.file), alpha.file
    for mask in MaskRevision.objects.filter(job__owner=user):
        name, mark = jobs[mask.job_id].name, str(mask.job_id)[:8]
        for word, file in (("edit", mask.file), ("given", mask.given)):
            if file:
                yield _name("masks", name, f"{mark}-{word}-{mask.number}", file), file
    for made in Rendition.objects.made().filter(job__owner=user).order_by("pk"):
        job = jobs.get(made.job_id)
        if job and made.file and not _is_small(job, made):
            yield _name("results", job.name, f"{str(job.pk)[:8]}-{made.pk}", made.file), made.file


def _is_small(job: Job, made: Rendition) -> bool:
    """Made to be shown by pages, of a result that is there as well."""
    shown = renditions.shown(Recipe.from_canonical(job.recipe))
    small = [*shown, *map(renditions.source_preview, (True, False))]
    return made.recipe in {each.canonical() for each in small}


def _name(folder: str, name: str, mark: str, file: str) -> str:
    stem = safe_part(PurePosixPath(name.replace("\\", "/")).stem or "photo")[:80]
    return f"{folder}/{stem}-{safe_part(mark)}{PurePosixPath(file).suffix}"


def _of(label: str, owner: str, user: User) -> QuerySet[Any]:
    model: type[Any] = apps.get_model(label)
    rows: QuerySet[Any] = model._default_manager.filter(**{owner: user})
    return rows.order_by("pk")


def _row(row: Model) -> dict[str, Any]:
    return {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if field.attname not in HIDDEN
    }


def _json(rows: list[dict[str, Any]]) -> bytes:
    return json.dumps(rows, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1).encode()
