"""What is done to photos that were selected in the gallery: packed, moved, made again, deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from editor import folders, panel, responses
from editor.forms import selected
from editor.gallery import MOST_SELECTED
from editor.presets import own_presets
from processing import admission, batches, jobs, packing, renditions, storage
from processing.batches import Asked
from processing.errors import Refused
from processing.models import Batch, Job, JobQuerySet
from processing.pipeline.recipe import Recipe

Act = Callable[[HttpRequest, JobQuerySet], HttpResponseBase]
AT_ONCE = 100  # photos deleted in one request, of all that a search found
AS_IT_WAS = "same"  # for the settings of what is made again


def on_selection(act: Act) -> Callable[[HttpRequest], HttpResponseBase]:
    """A POST with ticked photos; refusals lead back to the gallery, or are JSON for its script."""

    @require_POST
    @wraps(act)
    def view(request: HttpRequest) -> HttpResponseBase:
        try:
            return act(request, selected(request))
        except Refused as refusal:
            return responses.refused_in_gallery(request, refusal)

    return view


@on_selection
def delete(request: HttpRequest, chosen: JobQuerySet) -> HttpResponse:
    """Of very many the first part: the script asks again as long as something is `left`."""
    most = AT_ONCE if request.POST.get("everything") else MOST_SELECTED
    found = list(chosen[:most])
    for job in found:
        jobs.delete(job)
    left = chosen.count() if len(found) == AT_ONCE else 0
    return _done(request, len(found), "deleted", left)


@on_selection
def move(request: HttpRequest, chosen: JobQuerySet) -> HttpResponse:
    owner = chosen.select_related("owner")[0].owner
    folder = folders.chosen(owner, request.POST)
    count = folders.move(chosen, folder)
    return _done(request, count, f"in “{folder.name}” now" if folder else "in no folder now")


@on_selection
def archive(request: HttpRequest, chosen: JobQuerySet) -> HttpResponseBase:
    """One ZIP of the results that are there, each in its own recipe."""
    done = chosen.filter(status=Job.Status.SUCCEEDED).prefetch_related("renditions").order_by("created")
    files = list(_files(done))
    if not files:
        raise Refused("nothing_to_pack")
    name = f"cutouts {timezone.localtime():%Y-%m-%d %H.%M}.zip"
    return responses.streamed(packing.packed(files), "application/zip", name)


@on_selection
def again(request: HttpRequest, chosen: JobQuerySet) -> HttpResponse:
    """The photos once more, by another model or in other settings; what is there stays. One photo is a job of its
    own, more are a batch."""
    found = list(chosen.select_related("source", "owner").order_by("created"))
    model = request.POST.get("model", "")[:60] or settings.DEFAULT_MODEL
    recipe = _recipe(request, found[0])
    if len(found) == 1:
        return redirect(_one_again(found[0], model, recipe or _recipe_of(found[0])))
    return redirect(_batch_again(found, model, recipe))


def _one_again(job: Job, model: str, recipe: Recipe) -> Job:
    jobs.check(job.owner, recipe, model)
    admission.admit(job.owner)
    return jobs.again(job.source, job.name, model, recipe, jobs.Terms(folder_id=job.folder_id))


def _batch_again(found: list[Job], model: str, recipe: Recipe | None) -> Batch:
    owner, most = found[0].owner, batches.limit(found[0].owner)
    if len(found) > most:
        raise Refused("batch_too_large", limit=most)
    asked = Asked(recipe or _recipe_of(found[0]), model, expected=len(found))
    batch = batches.open_batch(owner, f"{len(found)} photos again with {model}", asked)
    for job in found:
        batches.adopt(batch, job, f"job:{job.pk.hex}", recipe or _recipe_of(job))
    batches.close(batch)
    return batch


def _recipe(request: HttpRequest, job: Job) -> Recipe | None:
    """None: that of each photo. Refused: unknown_preset."""
    asked = request.POST.get("preset", AS_IT_WAS)
    if asked == AS_IT_WAS:
        return None
    if not asked:
        return Recipe()
    preset = (
        own_presets(job.owner).filter(pk=int(asked)).first()
        if asked.isdecimal() and len(asked) < 18
        else None
    )
    if preset is None:
        raise Refused("unknown_preset")
    return panel.canonical(preset.recipe)


def _recipe_of(job: Job) -> Recipe:
    return Recipe.from_canonical(job.recipe)


def _files(done: JobQuerySet) -> Iterator[tuple[str, str]]:
    taken = {packing.LOST}
    for job in done:
        found = renditions.find(job, _recipe_of(job))
        if found is not None:
            yield packing.unique(job.name, storage.suffix(found.media_type), taken), found.file


def _done(request: HttpRequest, count: int, what: str, left: int = 0) -> HttpResponse:
    words = f"1 photo is {what}." if count == 1 else f"{count} photos are {what}."
    if responses.wants_json(request):
        return JsonResponse({"count": count, "left": left, "words": words, "url": reverse("editor:gallery")})
    messages.success(request, words)
    return responses.back_to_gallery(request)
