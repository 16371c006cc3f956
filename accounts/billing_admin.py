"""Operators' pages about money. Rows are read here; Stripe's events write them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from accounts import billing, reasons
from accounts.filters import since
from accounts.models import CREDIT, CreditDebt, Payment, StripeEvent, Subscription, User
from accounts.money import money
from accounts.reasons import Audited


def mode_of(row: Payment | Subscription) -> str:
    return "live" if row.livemode else "test"


class ReadOnly(ModelAdmin):
    actions: Any = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Payment)
class PaymentAdmin(ReadOnly, Audited):
    list_display = ("paid", "user", "title", "price", "back", "brought", "mode")
    list_filter = (since("paid"), "product", "livemode")
    search_fields = ("id", "user__email", "payment_intent")
    list_select_related = ("user",)
    date_hierarchy = "paid"
    actions = ("refund",)

    @display(description="product", ordering="product")
    def title(self, payment: Payment) -> str:
        return payment.title

    @display(description="amount", ordering="amount")
    def price(self, payment: Payment) -> str:
        return money(payment.amount, payment.currency)

    @display(description="mode", ordering="livemode")
    def mode(self, payment: Payment) -> str:
        return mode_of(payment)

    @display(description="back", ordering="amount_back")
    def back(self, payment: Payment) -> str:
        return money(payment.amount_back, payment.currency) if payment.amount_back else "–"

    @display(description="credits", ordering="credits")
    def brought(self, payment: Payment) -> str:
        return f"{(payment.credits - payment.credits_back) / CREDIT:,g}"

    def has_refund_permission(self, request: HttpRequest) -> bool:
        return isinstance(request.user, User) and request.user.has_perm("accounts.refund_payment")

    @action(description="Give the money back, and take the credits", permissions=["refund"])
    def refund(self, request: HttpRequest, queryset: QuerySet[Payment]) -> HttpResponse | None:
        """Stripe is asked; the event that follows takes the credits."""
        reason = reasons.given(request)
        if not reason or queryset.count() > reasons.AT_ONCE:
            words = "The whole amount goes back at Stripe, and the credits are taken; what is spent is owed."
            return reasons.ask(self, request, queryset, "Give the money back", words)
        for payment in queryset:
            try:
                billing.refund(payment.payment_intent, f"refund-{payment.pk}")
            except (billing.Unavailable, billing.Missing, billing.BillingOff):
                messages.error(request, f"{payment}: Stripe gives nothing back; the log says why.")
                continue
            self.audit(request, payment, "Refunded", detail=self.price(payment), reason=reason)
            messages.success(request, f"{payment}: {self.price(payment)} goes back.")
        return None


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnly):
    list_display = (
        "user",
        "plan_name",
        "state",
        "period_end",
        "ends_at_period_end",
        "grace_until",
        "mode",
    )
    list_filter = (since("period_start"), "plan_name", "status", "livemode")
    search_fields = ("id", "user__email")
    list_select_related = ("user",)

    @display(
        description="state", label={"active": "success", "payment is late": "danger", "canceled": "info"}
    )
    def state(self, subscription: Subscription) -> str:
        return {Subscription.LATE: "payment is late"}.get(subscription.status, subscription.status)

    @display(description="mode", ordering="livemode")
    def mode(self, subscription: Subscription) -> str:
        return mode_of(subscription)


@admin.register(CreditDebt)
class CreditDebtAdmin(ReadOnly):
    list_display = ("created", "user", "reason", "owed_at_first", "owed")
    list_filter = (since("created"),)
    search_fields = ("user__email", "reason")
    list_select_related = ("user",)

    @display(description="credits", ordering="amount")
    def owed_at_first(self, debt: CreditDebt) -> str:
        return f"{debt.amount / CREDIT:,g}"

    @display(description="owed still", ordering="left")
    def owed(self, debt: CreditDebt) -> str:
        return f"{debt.left / CREDIT:,g}"


@admin.register(StripeEvent)
class StripeEventAdmin(ReadOnly):
    list_display = ("received", "type", "object_id", "outcome")
    list_filter = (since("received"), "type")
    search_fields = ("id", "object_id", "outcome")
