"""Operators' pages for users and their credits. The ledger is read here and written by accounts.quotas alone."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts import quotas
from accounts.dialogs import CreditsForm, back_to, dialog, suspending
from accounts.filters import since
from accounts.models import CREDIT, CreditEntry, User
from accounts.paging import Estimated
from accounts.reasons import MOST, Audited, operator_of

for unused in (
    Group,
    EmailAddress,
    Authenticator,
    UserSession,
):  # changed by their owners, on the pages of the account
    admin.site.unregister(unused)


RIGHTS = ("is_staff", "is_superuser", "groups")  # only an owner gives or takes these


class WhyForm(forms.ModelForm):
    """Whoever changes an account says why; kept in the operators' log, with the plan before and after."""

    why = forms.CharField(
        max_length=MOST,
        widget=UnfoldAdminTextInputWidget,
        help_text="Kept in the operators' log with your name.",
    )


class UserForm(UserChangeForm, WhyForm):
    class Meta:
        model = User
        fields = "__all__"  # noqa: DJ007  (the page names them)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, Audited):
    """Accounts come by sign-up or `createsuperuser`, and go with their files by processing.owners.erase."""

    form = UserForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("email", "kind", "plan_name", "credits_left", "date_joined", "last_login")
    list_filter = (since("date_joined"), "is_guest", "is_staff", "is_active", "is_unlimited", "plan_name")
    paginator = Estimated
    show_full_result_count = False
    search_fields = ("email", "name")
    ordering = ("-date_joined",)
    readonly_fields = ("credits_left", "date_joined", "last_login")
    filter_horizontal = ()
    actions = None
    actions_detail = ("grant_credits", "take_credits", "suspend", "let_in")
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        ("Credits", {"fields": ("plan_name", "credits_left", "is_unlimited")}),
        ("Rights", {"fields": ("is_active", *RIGHTS)}),
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

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Whoever is no owner can make nobody an operator, themselves included; suspending has its own verb."""
        fixed = (*self.readonly_fields, "is_active")
        return fixed if _is_owner(request) else (*fixed, *RIGHTS, "is_unlimited", "email")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """A password would open the user's photos, so only an owner sets one."""
        whose = "email name password" if _is_owner(request) else "email name"
        why = (
            [("Why do you change it?", {"fields": ("why",)})]
            if self.has_change_permission(request, obj)
            else []
        )
        return ((None, {"fields": whose.split()}), *self.fieldsets[1:], *why)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if not _is_owner(request):
            kwargs["form"] = WhyForm  # Unfold's own cannot do without the password
        return super().get_form(request, obj, change=change, **kwargs)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        if not _is_owner(request):
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if isinstance(obj, User) and obj.is_staff and not _is_owner(request):
            return False
        return super().has_change_permission(request, obj)

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        """Which fields, the reason not among them, and of the plan also what it was and is."""
        label = {name: str(field.label or name) for name, field in form.fields.items()}
        words = {
            "plan_name": f"{label.get('plan_name')} ({form.initial.get('plan_name')} → {form.instance.plan_name})"
        }
        changed = [words.get(name, label[name]) for name in form.changed_data if name != "why"]
        return [{"changed": {"fields": changed}}] if changed else []

    # By methods, as Unfold's check asks the database for permissions by name, which a new one does not have yet.
    def has_grant_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return operator_of(request).has_perm("accounts.grant_credits")

    def has_suspend_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return operator_of(request).has_perm("accounts.suspend_user")

    @dialog(
        "Grant credits",
        "They are there at once, and the ledger keeps who gave them and why.",
        "Grant",
        "grant",
        CreditsForm,
    )
    def grant_credits(self, request: HttpRequest, form: CreditsForm, object_id: str) -> HttpResponse:
        user, amount, reason = User.objects.get(pk=object_id), *_asked(form)
        with transaction.atomic():
            quotas.grant(user, amount * CREDIT, f"operator:{uuid4()}", reason, operator_of(request))
            self.audit(request, user, "Granted", detail=f"{amount} credits", reason=reason)
        messages.success(request, f"{user} has {amount} credits more.")
        return back_to(self, object_id)

    @dialog(
        "Take credits back",
        "What is spent already is owed, and the next credits pay it.",
        "Take back",
        "grant",
        CreditsForm,
    )
    def take_credits(self, request: HttpRequest, form: CreditsForm, object_id: str) -> HttpResponse:
        user, amount, reason = User.objects.get(pk=object_id), *_asked(form)
        with transaction.atomic():
            taken = quotas.take(user, amount * CREDIT, f"operator:{uuid4()}", reason, operator_of(request))
            self.audit(request, user, "Took back", detail=f"{amount} credits", reason=reason)
        words = f"{taken / CREDIT:g} credits were taken, {amount - taken / CREDIT:g} are owed."
        messages.success(request, words)
        return back_to(self, object_id)

    suspend, let_in = suspending("user", "Signed out at once, keys refused; photos and credits stay.")

    def let(self, request: HttpRequest, object_id: str, active: bool, reason: str) -> None:
        user = User.objects.get(pk=object_id)
        if user == request.user or (user.is_staff and not _is_owner(request)):
            messages.error(request, "Only an owner can do this to an operator, and nobody to themselves.")
            return
        with transaction.atomic():
            User.objects.filter(pk=user.pk).update(is_active=active)
            self.audit(request, user, "Let in again" if active else "Suspended", reason=reason)
        messages.success(request, f"{user} {'can sign in again' if active else 'is suspended'}.")


def _asked(form: CreditsForm) -> tuple[int, str]:
    return form.cleaned_data["credits"], form.cleaned_data["reason"]


def _is_owner(request: HttpRequest) -> bool:
    return operator_of(request).is_superuser


@admin.register(CreditEntry)
class CreditEntryAdmin(ModelAdmin):
    list_display = ("created", "user", "kind", "credits", "reason", "by", "key")
    list_filter = (since("created"), "kind")
    paginator = Estimated
    show_full_result_count = False
    search_fields = ("user__email", "key", "reason")
    list_select_related = ("user", "by")
    actions = None

    @display(description="credits", ordering="amount")
    def credits(self, entry: CreditEntry) -> str:
        return entry.signed if entry.amount else "0"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


from accounts import audit_admin, billing_admin, key_admin  # noqa: E402, F401  (register their pages)
