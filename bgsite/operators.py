"""What operators switch from their first page. Each change is kept in Django's log, with who and why."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts.models import User
from processing import intake


def may_switch(request: HttpRequest) -> bool:
    user = request.user
    return isinstance(user, User) and user.is_staff and user.has_perm("processing.change_sitestate")


@require_POST
def switch_intake(request: HttpRequest) -> HttpResponse:
    if not may_switch(request):
        raise PermissionDenied
    reason = request.POST.get("reason", "").strip()[:200]
    if request.POST.get("do") == "resume":
        intake.resume()
        log(request, "Opened the intake")
        messages.success(request, "New photos are taken again.")
    elif reason:
        intake.pause(reason)
        log(request, f"Paused the intake: {reason}")
        messages.warning(request, "No new photos are taken now.")
    else:
        messages.error(request, "Say why: people who want to send photos will read it.")
    return redirect("admin:index")


def log(request: HttpRequest, words: str) -> None:
    assert request.user.pk
    LogEntry.objects.log_actions(request.user.pk, [intake.state()], CHANGE, words, single_object=True)
