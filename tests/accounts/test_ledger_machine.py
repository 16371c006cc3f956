"""Any interleaving of payments, months, changes of plan, refunds, events and jobs: the balance is the sum of its
entries, never negative, and nothing counts twice. Hypothesis looks for an order that breaks it."""

from __future__ import annotations

from fractions import Fraction

import pytest
from django.db import IntegrityError, transaction
from django.test import override_settings
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from accounts import payments, quotas
from accounts.models import CREDIT, CreditDebt, CreditEntry, Payment, StripeCustomer, User
from accounts.payments import Finding
from accounts.products import PRODUCTS

NOW = 1_790_000_000  # Unix seconds
DAY, DAYS = 86_400, 31
MONTH = (1_790_812_800, 1_790_812_800 + DAYS * DAY)  # October 2026, UTC
MONTHLY = {name: PRODUCTS[name].credits * CREDIT for name in ("pro", "business")}


def share(plan: str, day: int) -> int:
    """Hundredths of a credit of what is left of October at the beginning of a day, in whole numbers to the end."""
    return round(Fraction(MONTHLY[plan] * (DAYS - day), DAYS))


class Ledger(RuleBasedStateMachine):
    """`worth` is kept beside the product, by the rules people were told: what came in for good."""

    paid, jobs, closed = Bundle("paid"), Bundle("jobs"), Bundle("closed")

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self.gifts = 0
        self.spent: dict[str, int] = {}
        self.worth: dict[str, int] = {}
        self.world = transaction.atomic()
        self.world.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.world.__exit__(None, None, None)

    @initialize(target=paid)
    def user(self) -> dict:
        """Begins with a pack that is paid, so that most runs get to what can go wrong with it."""
        self.alice = User.objects.create_user("alice@example.org")
        StripeCustomer.objects.create(pk="cus_1", user=self.alice, livemode=False)
        return self.pay(self.pack("pack_100"), told=True)

    def next(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}_{self.count}"

    # --- Money -------------------------------------------------------------------------------------------

    @rule(target=paid, product=st.sampled_from(["pack_100", "pack_500"]), told=st.booleans())
    def buy(self, product: str, told: bool) -> dict:
        return self.pay(self.pack(product), told)

    @rule(target=paid, plan=st.sampled_from(sorted(MONTHLY)), told=st.booleans())
    def month(self, plan: str, told: bool) -> dict:
        """A month of a plan is paid."""
        whole = self.line(plan, MONTH, 900, prorated=False)
        return self.pay(self.invoice([whole], MONTHLY[plan]), told)

    @rule(
        target=paid,
        change=st.sampled_from([("pro", "business"), ("business", "pro")]),
        day=st.integers(0, DAYS),
        told=st.booleans(),
    )
    def change_plan(self, change: tuple[str, str], day: int, told: bool) -> dict:
        """Another plan on a day of the month: what is left of the old one goes, and of the new one comes."""
        old, new = change
        rest = (MONTH[0] + day * DAY, MONTH[1])
        lines = [self.line(old, rest, -500, prorated=True), self.line(new, rest, 700, prorated=True)]
        return self.pay(self.invoice(lines, share(new, day) - share(old, day)), told)

    def pay(self, payment: dict, told: bool) -> dict:
        """Paid at Stripe; perhaps nobody has told us yet."""
        if told:
            self.told_of_payment(payment)
        return payment

    def pack(self, product: str) -> dict:
        key = self.next("cs")
        session = {
            "id": key, "object": "checkout.session", "customer": "cus_1", "mode": "payment",
            "status": "complete", "payment_status": "paid", "metadata": {"product": product},
            "amount_total": 1000, "currency": "eur", "payment_intent": f"pi_{key}", "created": NOW,
        }  # fmt: skip
        return self.payment(payments.checkout, session, PRODUCTS[product].credits * CREDIT)

    def invoice(self, lines: list[dict], worth: int) -> dict:
        key = self.next("in")
        money = {"payment": {"type": "payment_intent", "payment_intent": f"pi_{key}"}, "status": "paid"}
        found = {
            "id": key, "object": "invoice", "customer": "cus_1", "status": "paid", "amount_paid": 1000,
            "currency": "eur", "created": NOW, "lines": {"data": lines}, "payments": {"data": [money]},
            "parent": {"subscription_details": {"subscription": "sub_1"}},
        }  # fmt: skip
        return self.payment(payments.invoice, found, worth)

    def line(self, plan: str, period: tuple[int, int], amount: int, prorated: bool) -> dict:
        kind = "invoice_item_details" if prorated else "subscription_item_details"
        return {
            "amount": amount, "quantity": 1, "period": {"start": period[0], "end": period[1]},
            "parent": {"type": kind, kind: {"proration": prorated}},
            "pricing": {"price_details": {"price": f"price_{plan}"}},
        }  # fmt: skip

    def payment(self, apply, found: dict, worth: int) -> dict:
        """`worth` is what it should bring, by the rules people were told."""
        intent = f"pi_{found['id']}"
        charge = {
            "id": f"ch_{found['id']}",
            "object": "charge",
            "customer": "cus_1",
            "payment_intent": intent,
        }
        money = {"amount": 1000, "amount_refunded": 0, "disputes": []}
        return {"apply": apply, "found": found, "worth": worth, "charge": charge | money}

    @rule(payment=paid)
    def told_of_payment(self, payment: dict) -> None:
        self.hear(payment["apply"], payment["found"])
        self.note(payment)

    @rule(payment=paid, amount=st.sampled_from([1, 250, 1000]), told=st.booleans())
    def refund(self, payment: dict, amount: int, told: bool) -> None:
        charge = payment["charge"]
        charge["amount_refunded"] = max(charge["amount_refunded"], amount)
        if told:
            self.told_of_charge(payment)

    @rule(payment=paid, status=st.sampled_from(["needs_response", "won", "lost"]), told=st.booleans())
    def dispute(self, payment: dict, status: str, told: bool) -> None:
        payment["charge"]["disputes"] = [{"amount": 1000, "status": status}]
        if told:
            self.told_of_charge(payment)

    @rule(payment=paid)
    def told_of_charge(self, payment: dict) -> None:
        """As the events do it: the payment first, when it is not known."""
        self.hear(payment["apply"], payment["found"])
        self.hear(payments.charge, payment["charge"])
        self.note(payment)

    def hear(self, apply, found) -> None:
        payments.apply([Finding(apply, found, timezone.now())])

    def note(self, payment: dict) -> None:
        row = Payment.objects.get(pk=payment["found"]["id"])
        assert row.credits == payment["worth"]
        assert 0 <= row.credits_back <= max(0, row.credits), "more went back than came"
        self.worth[row.pk] = row.credits - row.credits_back

    @rule(amount=st.integers(0, 300))
    def gift(self, amount: int) -> None:
        key = self.next("gift")
        assert quotas.grant(self.alice, amount * CREDIT, key)
        assert not quotas.grant(self.alice, amount * CREDIT, key)
        self.gifts += amount * CREDIT

    # --- Jobs --------------------------------------------------------------------------------------------

    @rule(target=jobs, price=st.sampled_from([90 * CREDIT, 40 * CREDIT, 25]))
    def submit(self, price: int):
        job = self.next("job")
        self.alice.refresh_from_db()
        try:
            quotas.reserve(self.alice, price, job)
        except quotas.OutOfCredits:
            assert self.alice.balance < price
            return multiple()
        assert self.alice.balance >= price
        self.spent[job] = price
        return job

    @rule(target=closed, job=consumes(jobs), fails=st.booleans())
    def end(self, job: str, fails: bool) -> str:
        (quotas.refund if fails else quotas.settle)(job)
        if fails:
            del self.spent[job]
        return job

    @rule(job=closed, fails=st.booleans())
    def end_again(self, job: str, fails: bool) -> None:
        with pytest.raises(IntegrityError):
            (quotas.refund if fails else quotas.settle)(job)

    # --- What must be true -------------------------------------------------------------------------------

    @invariant()
    def balance_is_the_sum_of_its_entries(self) -> None:
        self.alice.refresh_from_db()
        entries = CreditEntry.objects.filter(user=self.alice).values_list("amount", flat=True)
        assert self.alice.balance == sum(entries) >= 0

    @invariant()
    def nothing_is_lost_and_nothing_counts_twice(self) -> None:
        left = self.gifts + sum(self.worth.values()) - sum(self.spent.values())
        assert self.alice.balance - quotas.owed(self.alice) == left

    @invariant()
    def who_owes_has_nothing(self) -> None:
        assert not (self.alice.balance and quotas.owed(self.alice))

    @invariant()
    def a_debt_is_never_paid_twice(self) -> None:
        assert all(0 <= debt.left <= debt.amount for debt in CreditDebt.objects.all())


@pytest.mark.django_db
@override_settings(STRIPE_PRICES={"pro": ["price_pro"], "business": ["price_business"]})
def test_the_ledger_holds() -> None:
    few = [HealthCheck.too_slow, HealthCheck.data_too_large]
    run_state_machine_as_test(
        Ledger,
        settings=settings(max_examples=80, stateful_step_count=30, deadline=None, suppress_health_check=few),
    )
