"""Operators' pages for users and their credits. The ledger is read here and written by accounts.quotas alone."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.forms import AdminPasswordChangeForm, BaseDialogForm, UserChangeForm
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from accounts import quotas
from accounts.models import CREDIT, CreditEntry, User

for unused in (Group, EmailAddress, Authenticator):  # changed by their owners, on the pages of the account
    admin.site.unregister(unused)


class GrantForm(BaseDialogForm):
    credits = forms.IntegerField(min_value=1, max_value=1_000_000, widget=UnfoldAdminIntegerFieldWidget)
    reason = forms.CharField(
        max_length=200, widget=UnfoldAdminTextInputWidget, help_text="Kept in the ledger."
    )


class UserForm(UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):
    """Accounts come by sign-up or `createsuperuser`, and go with their files by processing.owners.erase."""

    form = UserForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("email", "kind", "credits_left", "date_joined", "last_login")
    list_filter = ("is_guest", "is_staff", "is_active", "is_unlimited", "plan_name")
    search_fields = ("email", "name")
    ordering = ("-date_joined",)
    readonly_fields = ("credits_left", "date_joined", "last_login")
    filter_horizontal = ()
    actions = None
    actions_detail = ("grant_credits",)
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        ("Credits", {"fields": ("plan_name", "credits_left", "is_unlimited")}),
        ("Rights", {"fields": ("is_active", "is_staff", "is_superuser")}),
        ("Dates", {"fields": ("date_joined", "last_login")}),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @display(description="credits", ordering="balance")
    def credits_left(self, user: User) -> str:
        return f"{user.credits:g}"

    @display(description="kind", label={"operator": "warning", "guest": "info", "closed": "danger"})
    def kind(self, user: User) -> str:
        if not user.is_active:
            return "closed"
        return "operator" if user.is_staff else "guest" if user.is_guest else "user"

    @action(
        description="Grant credits",
        permissions=["change"],
        dialog={
            "title": "Grant credits",
            "description": "They are there at once, and the ledger keeps who gave them and why.",
            "form_class": GrantForm,
            "form_submit_text": "Grant",
        },
    )
    def grant_credits(self, request: HttpRequest, form: GrantForm, object_id: str) -> HttpResponse:
        user = User.objects.get(pk=object_id)
        amount, reason = form.cleaned_data["credits"], form.cleaned_data["reason"]
        quotas.grant(
            user, amount * CREDIT, key=f"operator:{uuid4()}", reason=f"{reason} ({request.user})"[:200]
        )
        messages.success(request, f"{user} has {amount} credits more.")
        return HttpResponseClientRedirect(reverse("admin:accounts_user_change", args=[object_id]))


@admin.register(CreditEntry)
class CreditEntryAdmin(ModelAdmin):
    list_display = ("created", "user", "kind", "credits", "reason", "key")
    list_filter = ("kind",)
    search_fields = ("user__email", "key", "reason")
    list_select_related = ("user",)
    actions = None

    @display(description="credits", ordering="amount")
    def credits(self, entry: CreditEntry) -> str:
        return f"{entry.amount / CREDIT:+g}"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
