"""The one door for photos of people: a form without script, and the script's own requests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from accounts import guests
from accounts.models import User
from editor import landing, responses, samples
from processing import downloads, jobs
from processing.errors import Refused, refusing
from processing.fetch import fetch_image
from processing.jobs import Upload
from processing.models import Job
from processing.pipeline.errors import PipelineError
from processing.pipeline.recipe import RULES, Recipe
from processing.uploads import refusals

Read = Callable[[User], Upload]  # for its owner


@dataclass
class Outcome:
    """What became of the photos of one request."""

    jobs: list[Job] = field(default_factory=list)
    refused: list[tuple[str, Refused]] = field(default_factory=list)  # (file's name, why)


@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    try:
        recipe, photos = _recipe(request), list(_photos(request))
        owner, is_new = owner_of(request)
    except Refused as refusal:
        return _refused(request, refusal)
    outcome = Outcome(refused=[("", refusal) for refusal in refusals(request)])
    for name, read in photos:
        _submit(owner, name, read, recipe, outcome)
    if is_new and not outcome.jobs:
        guests.dismiss(request, owner)
    return _answer(request, outcome)


def _recipe(request: HttpRequest) -> Recipe:
    with refusing(PipelineError):
        return Recipe.parse({name: request.POST[name] for name in (*RULES, "layout") if name in request.POST})


def _photos(request: HttpRequest) -> Iterator[tuple[str, Read]]:
    """Name and reader of each photo, so that one is in memory at a time."""
    files = request.FILES.getlist("photos")
    if len(files) > settings.DATA_UPLOAD_MAX_NUMBER_FILES:
        raise Refused("too_many_files", limit=settings.DATA_UPLOAD_MAX_NUMBER_FILES)
    for file in files:
        name = file.name or ""
        yield name, lambda _, file=file, name=name: Upload(name, file.read())  # type: ignore[misc]
    url, sample = request.POST.get("url", "").strip(), request.POST.get("sample")
    if url:
        yield url, lambda owner: _fetched(owner, url)
    if sample:
        yield "", lambda _: samples.upload(sample)
    if not (files or url or sample or refusals(request)):
        raise Refused("missing_source")


def _fetched(owner: User, url: str) -> Upload:
    with downloads.turn(f"user:{owner.pk}"):
        return fetch_image(url)


def owner_of(request: HttpRequest) -> tuple[User, bool]:
    """Who pays and keeps; (a guest made now, True) for a visitor."""
    owner = guests.owner(request)
    if isinstance(owner, User):
        return owner, False
    with refusing(guests.TooManyGuests):
        return guests.admit(request), True


def _submit(owner: User, name: str, read: Read, recipe: Recipe, outcome: Outcome) -> None:
    try:
        outcome.jobs.append(jobs.submit(owner, read(owner), recipe))
    except Refused as refusal:
        outcome.refused.append((jobs.display_name(name), refusal))


def _answer(request: HttpRequest, outcome: Outcome) -> HttpResponse:
    if not outcome.jobs and len(outcome.refused) == 1:
        return _refused(request, outcome.refused[0][1], outcome.refused[0][0])
    if responses.wants_json(request):
        return _json(outcome)
    for name, refusal in outcome.refused:
        messages.error(request, f"{name}: {refusal}" if name else str(refusal))
    return redirect(outcome.jobs[0] if len(outcome.jobs) == 1 else "editor:gallery")


def _json(outcome: Outcome) -> HttpResponse:
    """201 with the job; with several photos, one entry for each."""
    made = [{"id": str(job.pk), "url": job.get_absolute_url()} for job in outcome.jobs]
    if len(made) == 1 and not outcome.refused:
        return JsonResponse(made[0], status=201)
    failed = [{"name": name, "code": why.code, "detail": str(why)} for name, why in outcome.refused]
    return JsonResponse({"jobs": made, "refused": failed}, status=201 if made else failed and 400)


def _refused(request: HttpRequest, refusal: Refused, name: str = "") -> HttpResponse:
    """The first screen again with the reason on it, so that the next try is one gesture away."""
    if responses.wants_json(request):
        return responses.refusal_json(refusal)
    context = landing.context() | {"refusal": refusal, "refused_name": name}
    return render(request, "editor/landing.html", context, status=refusal.status)
