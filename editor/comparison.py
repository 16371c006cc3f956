"""One photo cut out in several ways, side by side: each way is a job, priced as such, and asked for once."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import CREDIT, User
from editor import progress
from editor.model_choices import WORDS, ways
from editor.owned import job_or_404, own_jobs
from editor.views import private
from processing import admission, jobs, selection
from processing.errors import Refused
from processing.models import Job
from processing.pipeline.recipe import Recipe

LEAST, MOST = 2, 4


@require_http_methods(["GET", "HEAD", "POST"])
@private
def choose(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """What can be compared, with price, speed and licence; then the jobs that are missing are made."""
    job = job_or_404(request, job_id)
    refusal, chosen = None, request.POST.getlist("way")
    if request.method == "POST":
        try:
            made = start(job, chosen)
            return redirect(reverse("editor:compared") + "?" + "&".join(f"job={each.pk}" for each in made))
        except Refused as error:
            refusal = error
    found = list(ways(job))
    facts = {"job": job, "ways": found, "chosen": chosen or [way.key for way in found if way.made][:MOST]}
    facts |= {"refusal": refusal, "least": LEAST, "most": MOST, "price": jobs.PRICE / CREDIT}
    return render(request, "editor/compare.html", facts, status=refusal.status if refusal else 200)


@require_safe
@private
def compared(request: HttpRequest) -> HttpResponse:
    """The chosen results beside each other; those of somebody else are not among them."""
    found = own_jobs(request).filter(pk__in=_ids(request)).select_related("source", "owner", "alpha")
    rows = sorted(found, key=lambda job: job.created)
    same = [job for job in rows if job.source_id == rows[0].source_id][:MOST]
    return render(request, "editor/compared.html", {"cells": [_cell(job) for job in same]})


@require_safe
@private
def cell(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """One of them; it asks for itself until it is there."""
    return render(request, "editor/_compared.html", _cell(job_or_404(request, job_id)))


def start(job: Job, keys: list[str]) -> list[Job]:
    """The jobs of these ways, made where there are none yet: all or none, and none twice.

    Refused: too_few_models, not_compared, insufficient_credits and what refuses a photo.
    """
    if not LEAST <= len(set(keys)) <= MOST:
        raise Refused("too_few_models", most=MOST)
    with transaction.atomic():
        # Sent twice at once, the second finds what the first one made.
        User.objects.select_for_update().get(pk=job.owner_id)
        offered = {way.key: way for way in ways(job)}
        unknown = next((key for key in keys if key not in offered), None)
        if unknown is not None:
            raise Refused("not_compared", name=unknown[:60])
        chosen = [offered[key] for key in dict.fromkeys(keys)]
        admission.admit(job.owner, sum(way.made is None for way in chosen))
        return [way.made or jobs.again(job.source, job.name, way.spec.name, way.recipe) for way in chosen]


def _cell(job: Job) -> dict[str, object]:
    facts = progress.context(job)
    spec = next((each.spec for each in selection.offers(job.owner) if each.spec.name == job.model), None)
    words = WORDS[Recipe.from_canonical(job.recipe).preset]
    return facts | {
        "spec": spec,
        "words": words,
        "looked": (job.made_by or {}).get("seconds", {}).get("looking"),
    }


def _ids(request: HttpRequest) -> list[uuid.UUID]:
    found = []
    for text in request.GET.getlist("job")[:MOST]:
        try:
            found.append(uuid.UUID(text))
        except ValueError:
            continue
    return found
