"""Operators' pages keep who did what and why: the log's mixin, and the page that asks for a reason."""

from __future__ import annotations

from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin

from accounts import audit
from accounts.models import User

MOST = 200  # characters of a reason
AT_ONCE = 500  # rows that one action may change; more is for a script


class Audited(ModelAdmin):
    """Whatever is changed here goes into the operators' log, and into the row's own history."""

    def audit(
        self, request: HttpRequest, row: Model, verb: str, *, reason: str = "", detail: str = ""
    ) -> None:
        """In the words of the page; the row's history gets the same."""
        audit.note(
            operator_of(request), verb, str(row._meta.model_name), row.pk, reason=reason, detail=detail
        )
        words = " ".join(part for part in (verb, detail) if part)
        super().log_change(request, row, f"{words}: {reason}" if reason else words)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """A form that was saved: which fields, and not what they held; and why, where the form asks."""
        fields = [
            name for each in message if isinstance(each, dict) for name in each["changed"].get("fields", [])
        ]
        kind = str(obj._meta.model_name)
        why = request.POST.get("why", "").strip()[:MOST]
        audit.note(
            operator_of(request), "Changed", kind, obj.pk, detail=", ".join(map(str, fields)), reason=why
        )
        return super().log_change(request, obj, message)


def operator_of(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def given(request: HttpRequest) -> str:
    return request.POST.get("reason", "").strip()[:MOST]


def tame(text: str) -> str:
    """A cell that a spreadsheet would take for a formula gets a quote in front (OWASP, CSV injection)."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def ask(admin: ModelAdmin, request: HttpRequest, rows: QuerySet[Any], title: str, words: str) -> HttpResponse:
    """The page between an action and its effect: what it will do to which rows, and why?"""
    context = admin.admin_site.each_context(request) | {
        "title": title,
        "words": words,
        "opts": admin.model._meta,
        "count": rows.count(),
        "most": AT_ONCE,
        "rows": list(rows[:10]),
        "selected": request.POST.getlist("_selected_action"),
        "across": request.POST.get("select_across", "0"),
        "action": request.POST.get("action", ""),
        "tried": "reason" in request.POST,
    }
    return TemplateResponse(request, "admin/reason.html", context)
