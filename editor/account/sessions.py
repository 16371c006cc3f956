"""Where one is signed in: every browser, and an end to each of them or to all others."""

from __future__ import annotations

from typing import Any

from allauth.usersessions.models import UserSession
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from editor.account.responses import answer, person
from editor.account.sudo import sent_from, sudo, sudo_to_send

# What the name of a browser begins with in its user agent, the more special first.
BROWSERS = {"Edg/": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
SYSTEMS = {
    "iPhone": "iPhone", "iPad": "iPad", "Android": "Android", "Windows": "Windows", "Mac OS": "macOS",
    "CrOS": "ChromeOS", "Linux": "Linux",
}  # fmt: skip


@require_safe
@sudo_to_send
def page(request: HttpRequest) -> HttpResponse:
    return _answer(request)


@sent_from("account:sessions")
@sudo
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """This one is ended by signing out, not here."""
    session = get_object_or_404(_others(request), pk=pk)
    session.end()
    return _answer(request, done=f"{device(session.user_agent)} is signed out.")


@sent_from("account:sessions")
@sudo
def end_others(request: HttpRequest) -> HttpResponse:
    for session in _others(request):
        session.end()
    return _answer(request, done="All other browsers are signed out.")


def device(agent: str) -> str:
    """Firefox on Windows: as much of a user agent as tells people which one it is."""
    browser = next((name for mark, name in BROWSERS.items() if mark in agent), "A browser")
    system = next((name for mark, name in SYSTEMS.items() if mark in agent), "")
    return f"{browser} on {system}" if system else browser


def _others(request: HttpRequest) -> QuerySet[UserSession]:
    own: QuerySet[UserSession] = UserSession.objects.filter(user=person(request))
    return own.exclude(session_key=request.session.session_key)


def _answer(request: HttpRequest, **facts: Any) -> HttpResponse:
    found = sorted(
        UserSession.objects.purge_and_list(person(request)),
        key=lambda each: (not each.is_current(), -each.last_seen_at.timestamp()),
    )
    rows = [(each, device(each.user_agent)) for each in found]
    return answer(request, "sessions", "_sessions", {"rows": rows, **facts})
