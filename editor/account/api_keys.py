"""API keys: made and rotated with the key shown once, revoked, and what each was used for last."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts import keys
from accounts.models import ApiKey
from editor.account.forms import NewKey, Overlap
from editor.account.responses import answer, person
from editor.account.sudo import sent_from, sudo, sudo_to_send

MOST_SHOWN = 100


@require_http_methods(["GET", "HEAD", "POST"])
@sudo_to_send
def page(request: HttpRequest) -> HttpResponse:
    """The list; what is sent here makes a key."""
    if request.method != "POST":
        return _answer(request)
    form = NewKey(request.POST)
    if not form.is_valid():
        return _answer(request, form=form, status=400)
    asked, life = form.cleaned_data, form.lifetime()
    row, text = keys.issue(
        person(request),
        asked["name"],
        asked["scopes"],
        timezone.now() + life if life else None,
        asked["test"],
        asked["per_minute"],
    )
    return _answer(request, fresh=row, text=text)


@sent_from("account:keys")
@sudo
def rotate(request: HttpRequest, pk: int) -> HttpResponse:
    """A key that has ended stays ended: another one is made by hand."""
    old, form = get_object_or_404(_own(request), pk=pk), Overlap(request.POST)
    if not form.is_valid() or not old.is_usable:
        return _answer(
            request, wrong="This key has ended, so it was not replaced. Make a new one.", status=409
        )
    row, text = keys.rotate(old, form.length())
    return _answer(request, fresh=row, text=text)


@sent_from("account:keys")
@sudo
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    key = get_object_or_404(_own(request), pk=pk)
    keys.revoke(key)
    return _answer(request, done=f"{key.name or key.shown} is revoked and opens nothing any more.")


def _own(request: HttpRequest) -> QuerySet[ApiKey]:
    return ApiKey.objects.filter(user=person(request)).select_related("user")


def _answer(request: HttpRequest, status: int = 200, **facts: Any) -> HttpResponse:
    found = list(_own(request).order_by(F("revoked").asc(nulls_first=True), "-created")[:MOST_SHOWN])
    context = {
        "keys": [key for key in found if key.is_usable],
        "ended": [key for key in found if not key.is_usable],
        "form": NewKey(),
        "overlaps": Overlap.base_fields["hours"].choices,  # type: ignore[attr-defined]
        "site_url": settings.SITE_URL,
        **facts,
    }
    return answer(request, "keys", "_keys", context, status)
