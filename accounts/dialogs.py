"""Dialogs of the operators' pages: an action that says what it will do, asks why, and then does it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect
from unfold.decorators import action
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from accounts.reasons import MOST, Audited


class ReasonForm(BaseDialogForm):
    reason = forms.CharField(
        max_length=MOST,
        widget=UnfoldAdminTextInputWidget,
        help_text="Kept in the operators' log with your name.",
    )


class CreditsForm(BaseDialogForm):
    credits = forms.IntegerField(min_value=1, max_value=1_000_000, widget=UnfoldAdminIntegerFieldWidget)
    reason = forms.CharField(
        max_length=MOST,
        widget=UnfoldAdminTextInputWidget,
        help_text="Kept in the ledger and in the operators' log.",
    )


def dialog(
    title: str,
    words: str,
    button: str,
    permission: str,
    form: type[BaseDialogForm] = ReasonForm,
    label: str = "",
) -> Callable[[Callable[..., HttpResponse]], Any]:
    """An action on one row's page, called `label` there (else as its title), for those who have the permission."""
    about = {"title": title, "description": words, "form_class": form, "form_submit_text": button}

    def make(act: Callable[..., HttpResponse]) -> Any:
        return action(description=label or title, permissions=[permission], dialog=about)(act)

    return make


def suspending(noun: str, words: str) -> tuple[Any, Any]:
    """`suspend` and `let_in` of a page whose `let(request, row's id, in or out, reason)` does it."""

    @dialog(f"Suspend this {noun}", words, "Suspend", "suspend", label="Suspend")
    def suspend(self: Any, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        self.let(request, object_id, False, form.cleaned_data["reason"])
        return back_to(self, object_id)

    @dialog(f"Let this {noun} in again", "", "Let in", "suspend", label="Let in again")
    def let_in(self: Any, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        self.let(request, object_id, True, form.cleaned_data["reason"])
        return back_to(self, object_id)

    return suspend, let_in


def back_to(admin: Audited, object_id: str) -> HttpResponse:
    """The row's page, as it is now."""
    model: type[Model] = admin.model
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
    return HttpResponseClientRedirect(reverse(name, args=[object_id]))
