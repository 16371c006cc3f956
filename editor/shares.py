"""Links to one result for whoever has them: made, listed, revoked by the owner; opened by anybody.

The token is in the link alone, here is its digest: who reads the database cannot open anything. The public page
knows the picture and nothing else, not even the photo's name.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from datetime import timedelta
from typing import Any, TypeVar

from django.contrib import messages
from django.db.models.functions import Now
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from editor import files, panel, responses, trials
from editor.models import Share
from editor.owned import job_or_404
from editor.views import private
from processing import rendition_requests, renditions, storage
from processing.errors import Refused
from processing.models import Job, Rendition

Answer = TypeVar("Answer", bound=HttpResponseBase)

SHOWN_HEIGHT = 560  # pixels of a page
MOST = 20  # links of one photo that work
# How long a link works: what people choose from.
TERMS: dict[str, tuple[str, timedelta | None]] = {
    "hour": ("1 hour", timedelta(hours=1)),
    "day": ("1 day", timedelta(days=1)),
    "week": ("7 days", timedelta(days=7)),
    "month": ("30 days", timedelta(days=30)),
    "kept": ("as long as the photo is kept", None),
}


def context(job: Job) -> dict[str, Any]:
    terms = [(key, words) for key, (words, _) in TERMS.items()]
    return {"shares": list(Share.objects.filter(job=job)[: 2 * MOST]), "terms": terms}


@require_POST
def make(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    job = job_or_404(request, job_id)
    try:
        link = request.build_absolute_uri(_made(job, request))
    except Refused as refusal:
        return _answer(request, job, refusal=refusal)
    return _answer(request, job, link=link)


@require_POST
def revoke(request: HttpRequest, job_id: uuid.UUID, pk: int) -> HttpResponse:
    """Ends a link at once; a second time changes nothing."""
    job = job_or_404(request, job_id)
    share = get_object_or_404(Share, job=job, pk=pk)
    Share.objects.filter(pk=share.pk, revoked__isnull=True).update(revoked=Now())
    return _answer(request, job)


@require_safe
@private
def show(request: HttpRequest, token: str) -> HttpResponse:
    """The public page of a link."""
    share = _found(token)
    if not share.is_usable:
        return public(
            render(request, "editor/share_over.html", {"refusal": Refused("share_over")}, status=410)
        )
    found = _rendition(share)
    if request.method == "GET":
        Share.objects.count_open(share.pk)
    suffix = storage.suffix(found.media_type).upper() if found else ""
    shown = found is not None and found.media_type in files.SHOWN
    facts: dict[str, Any] = {
        "token": token,
        "found": found,
        "format_name": suffix,
        "shown": shown,
        "share": share,
    }
    facts |= {"place": _place(found)} if found else {}
    return public(render(request, "editor/share.html", facts))


@require_safe
def file(request: HttpRequest, token: str) -> HttpResponseBase:
    """The picture itself: to look at with `?show=1`, else to keep."""
    share = _found(token)
    try:
        if not share.is_usable:
            raise Refused("share_over")
        found = _rendition(share)
        if found is None:
            raise Refused("not_ready")
        shown = "show" in request.GET and found.media_type in files.SHOWN
        suffix = storage.suffix(found.media_type)
        answer = files.of_rendition(found, "" if shown else f"cutout.{suffix}")
    except Refused as refusal:
        return public(responses.refused(request, refusal, "editor/share_over.html"))
    answer["Cache-Control"] = "private, no-store"  # a link that was revoked shows nothing any more
    return public(answer)


def public(response: Answer) -> Answer:
    """Not to be found by search engines, and not told to where its links lead."""
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response["Referrer-Policy"] = "no-referrer"
    return response


def _made(job: Job, request: HttpRequest) -> str:
    """The address of a new link.

    Refused: invalid_parameter, too_many_shares, and what `rendition_requests.order` refuses.
    """
    term = request.POST.get("term", "week")
    if term not in TERMS:
        raise Refused("invalid_parameter", field="term", value=term[:20], expected=", ".join(TERMS))
    sent = request.POST.get("recipe")
    recipe = trials.current(job) if sent is None else panel.canonical(sent)
    if Share.objects.usable().filter(job=job).count() >= MOST:
        raise Refused("too_many_shares", limit=MOST)
    if renditions.find(job, recipe) is None:
        rendition_requests.order(job, recipe)
    token, length = secrets.token_urlsafe(32), TERMS[term][1]
    Share.objects.create(
        job=job,
        digest=_digest(token),
        recipe=recipe.canonical(),
        expires=timezone.now() + length if length else None,
    )
    return reverse("editor:share", args=[token])


def _answer(request: HttpRequest, job: Job, refusal: Refused | None = None, link: str = "") -> HttpResponse:
    """The list of links in its place; without script, on the photo's page."""
    status = refusal.status if refusal else 200
    if request.headers.get("HX-Request"):
        facts = {
            "job": job,
            "share_refusal": refusal,
            "new_link": link,
            "recipe": trials.current(job).canonical(),
        }
        return render(request, "editor/_shares.html", context(job) | facts, status=status)
    if refusal:
        messages.error(request, str(refusal))
    elif link:
        messages.success(request, f"The link, which is shown only now: {link}")
    return redirect(f"{job.get_absolute_url()}#shares")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _found(token: str) -> Share:
    share = Share.objects.select_related("job__owner").filter(digest=_digest(token)).first()
    if share is None or not share.job.owner.is_active:
        raise Http404
    return share


def _place(found: Rendition) -> tuple[int, int]:
    """Width and height in which the page shows it, so that its place is there before the picture is."""
    scale = min(1.0, SHOWN_HEIGHT / max(1, found.height))
    return round(found.width * scale), round(found.height * scale)


def _rendition(share: Share) -> Rendition | None:
    """The shared picture with the mask as it is now; ordered again after an edit, None until it is made."""
    recipe = panel.canonical(share.recipe)
    found = renditions.find(share.job, recipe)
    if found is None:
        ordered = rendition_requests.order(share.job, recipe)
        return ordered if ordered.status == Rendition.Status.MADE else None
    return found
