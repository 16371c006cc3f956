"""Operators' page of API keys: who uses which and from how many places, and the verbs that shut one out and let
it in again."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from unfold.decorators import display

from accounts import keys, sharing
from accounts.billing_admin import ReadOnly
from accounts.dialogs import ReasonForm, back_to, dialog, suspending
from accounts.filters import since
from accounts.models import ApiKey
from accounts.reasons import Audited, operator_of


class Shared(admin.SimpleListFilter):
    title = "use"
    parameter_name = "use"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("shared", "from many addresses")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(pk__in=sharing.shared().values("pk")) if self.value() else queryset


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnly, Audited):
    list_display = ("shown", "user", "state", "used_from", "allowed", "created", "last_used", "expires")
    list_filter = (since("created"), Shared, "is_test")
    search_fields = ("prefix", "user__email")
    list_select_related = ("user",)
    fields = (
        "shown", "user", "state", "used_from", "allowed", "per_minute", "created", "last_used", "expires", "revoked",
        "suspended", "shared", "many_allowed",
    )  # fmt: skip
    actions_detail = ("suspend", "let_in", "allow_many", "watch")

    @display(description="state", label={"works": "success", "suspended": "danger", "over": "info"})
    def state(self, key: ApiKey) -> str:
        return "suspended" if key.suspended else "works" if key.is_usable else "over"

    @display(description="used from", label={"many addresses": "warning"})
    def used_from(self, key: ApiKey) -> str:
        """Of those that were found within the last day (accounts.sharing)."""
        if key.many_allowed:
            return "many, allowed"
        lately = key.shared and key.shared > timezone.now() - sharing.SHOWN
        return "many addresses" if lately else "–"

    @display(description="may")
    def allowed(self, key: ApiKey) -> str:
        return ", ".join(key.scopes)

    def has_suspend_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return operator_of(request).has_perm("accounts.suspend_key")

    suspend, let_in = suspending(
        "key", "Refused at once. Its owner's other keys and pages go on; rotating it does not help."
    )

    def let(self, request: HttpRequest, object_id: str, good: bool, reason: str) -> None:
        key = ApiKey.objects.get(pk=object_id)
        with transaction.atomic():
            (keys.let_in if good else keys.suspend)(key)
            self.audit(request, key, "Let in again" if good else "Suspended", reason=reason)
        messages.success(request, f"The key {key} {'works again' if good else 'is refused now'}.")

    @dialog(
        "Many machines are fine",
        "As with a fleet of servers: from how many addresses this key is used is no longer looked at.",
        "Allow",
        "suspend",
    )
    def allow_many(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        return self._look(request, object_id, True, form.cleaned_data["reason"])

    @dialog("Watch again", "It counts again as shared when many addresses use it.", "Watch", "suspend")
    def watch(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        return self._look(request, object_id, False, form.cleaned_data["reason"])

    def _look(self, request: HttpRequest, object_id: str, many: bool, reason: str) -> HttpResponse:
        key = ApiKey.objects.get(pk=object_id)
        with transaction.atomic():
            sharing.allow(key, many)
            self.audit(request, key, "Allowed many machines" if many else "Watches again", reason=reason)
        messages.success(request, f"The key {key} {'may be used from anywhere' if many else 'is watched'}.")
        return back_to(self, object_id)
