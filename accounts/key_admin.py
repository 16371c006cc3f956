"""Operators' page of API keys: who uses which, and the verbs that shut one out and let it in again."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect
from unfold.decorators import action, display

from accounts import keys
from accounts.admin import ReasonForm
from accounts.billing_admin import ReadOnly
from accounts.models import ApiKey
from accounts.reasons import Audited, operator_of


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnly, Audited):
    list_display = ("shown", "user", "state", "allowed", "created", "last_used", "expires")
    list_filter = ("is_test",)
    search_fields = ("prefix", "user__email")
    list_select_related = ("user",)
    fields = (
        "shown", "user", "state", "allowed", "per_minute", "created", "last_used", "expires", "revoked", "suspended",
    )  # fmt: skip
    actions_detail = ("suspend_key", "let_key_in")

    @display(description="state", label={"works": "success", "suspended": "danger", "over": "info"})
    def state(self, key: ApiKey) -> str:
        return "suspended" if key.suspended else "works" if key.is_usable else "over"

    @display(description="may")
    def allowed(self, key: ApiKey) -> str:
        return ", ".join(key.scopes)

    def has_suspend_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return operator_of(request).has_perm("accounts.suspend_key")

    @action(
        description="Suspend",
        permissions=["suspend"],
        dialog={
            "title": "Suspend this key",
            "description": "Refused at once. Its owner's other keys and pages go on; rotating it does not help.",
            "form_class": ReasonForm,
            "form_submit_text": "Suspend",
        },
    )
    def suspend_key(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        return self._let(request, object_id, False, form.cleaned_data["reason"])

    @action(
        description="Let in again",
        permissions=["suspend"],
        dialog={
            "title": "Let this key in again",
            "description": "",
            "form_class": ReasonForm,
            "form_submit_text": "Let in",
        },
    )
    def let_key_in(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        return self._let(request, object_id, True, form.cleaned_data["reason"])

    def _let(self, request: HttpRequest, object_id: str, good: bool, reason: str) -> HttpResponse:
        key = ApiKey.objects.get(pk=object_id)
        with transaction.atomic():
            (keys.let_in if good else keys.suspend)(key)
            self.audit(request, key, "Let in again" if good else "Suspended", reason=reason)
        messages.success(request, f"The key {key} {'works again' if good else 'is refused now'}.")
        return HttpResponseClientRedirect(reverse("admin:accounts_apikey_change", args=[object_id]))
