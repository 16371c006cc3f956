"""What operators switch: the intake, models, what is announced. Each change asks why, and is kept in their log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_GET, require_POST

from accounts import audit, reasons
from accounts.models import User
from processing import intake, selection, switches
from processing import messages as words
from processing.errors import Refused


def may_see(request: HttpRequest) -> bool:
    user = request.user
    return isinstance(user, User) and user.is_staff and user.has_perm("processing.view_sitestate")


def may_switch(request: HttpRequest) -> bool:
    user = request.user
    return isinstance(user, User) and user.is_staff and user.has_perm("processing.change_sitestate")


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    if not may_see(request):
        raise PermissionDenied
    state = switches.state()
    context = admin.site.each_context(request) | {
        "title": "Switches",
        "state": state,
        "usual": switches.default_model(),
        "models": [row for row in models() if not row["missing"] or row["off"] is not None],
        "absent": [row for row in models() if row["missing"] and row["off"] is None],
        "shown_now": switches.notice(),
        "may_switch": may_switch(request),
        "timezone_name": timezone.get_current_timezone_name(),
    }
    return TemplateResponse(request, "admin/switches.html", context)


def models() -> list[dict[str, Any]]:
    """Every model of this site, those that can be used first."""
    state, usual = switches.state(), switches.default_model()
    rows = [
        {
            "name": offer.spec.name,
            "title": offer.spec.title,
            "off": state.models_off.get(offer.spec.name),
            "missing": words.message(offer.why_not).title
            if offer.why_not and offer.why_not != "model_off"
            else "",
            "usual": offer.spec.name == usual,
            "canary": state.canary_share if offer.spec.name == state.canary_model else 0,
        }
        for offer in selection.offers()
    ]
    return sorted(rows, key=lambda row: (not row["usual"], bool(row["missing"]), bool(row["off"])))


@require_POST
def switch(request: HttpRequest, what: str) -> HttpResponse:
    if what not in SWITCHES:
        raise Http404
    if not may_switch(request):
        raise PermissionDenied
    reason = reasons.given(request)
    if not reason:
        messages.error(request, "Say why: the operators' log keeps it, and people who are stopped read it.")
        return redirect("operators_switches")
    try:
        with transaction.atomic():
            kind, subject, verb, detail = SWITCHES[what](request.POST, reason)
            operator = reasons.operator_of(request)
            audit.note(operator, verb, kind, subject, reason=reason, detail=detail)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{verb}{f': {detail}' if detail else ''}.")
    return redirect("operators_switches")


# --- Each does one thing and says what it did: (kind, id, verb, detail) ------------------------------------

Done = tuple[str, str, str, str]


def _pause(form: QueryDict, reason: str) -> Done:
    intake.pause(reason)
    return "site", "intake", "Paused the intake", ""


def _resume(form: QueryDict, reason: str) -> Done:
    intake.resume()
    return "site", "intake", "Opened the intake", ""


def _off(form: QueryDict, reason: str) -> Done:
    switches.switch_off(_model(form), reason)
    return "model", _model(form), "Switched off", _model(form)


def _on(form: QueryDict, reason: str) -> Done:
    switches.switch_on(_model(form))
    return "model", _model(form), "Switched on", _model(form)


def _default(form: QueryDict, reason: str) -> Done:
    switches.set_default(_model(form))
    return "model", _model(form), "Made the usual model", _model(form)


def _canary(form: QueryDict, reason: str) -> Done:
    share = form.get("share", "")
    if not share.isascii() or not share.isdecimal() or len(share) > 3:
        raise Refused("invalid_parameter", field="share", value=share[:20], expected="0 to 100 per cent")
    switches.set_canary(_model(form), int(share))
    return "model", _model(form), "Set the share of traffic", f"{_model(form)} {int(share)} %"


def _announce(form: QueryDict, reason: str) -> Done:
    text = form.get("notice", "").strip()[:300]
    switches.announce(text, _time(form, "from"), _time(form, "until"))
    return "site", "notice", "Announced" if text else "Took down the notice", text[:150]


def _model(form: QueryDict) -> str:
    return form.get("model", "")[:60]


def _time(form: QueryDict, name: str) -> datetime | None:
    text = form.get(name, "")
    if not text:
        return None
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise Refused("invalid_parameter", field=name, value=text[:30], expected="a date with a time")
    return found if timezone.is_aware(found) else timezone.make_aware(found)


SWITCHES: dict[str, Callable[[QueryDict, str], Done]] = {
    "pause": _pause,
    "resume": _resume,
    "model-off": _off,
    "model-on": _on,
    "model-default": _default,
    "model-canary": _canary,
    "announce": _announce,
}
