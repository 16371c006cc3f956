"""Any interleaving of payments, refunds, events and jobs: the balance is the sum of its entries, never negative, and
nothing counts twice. Hypothesis looks for an order that breaks it."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
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

NOW = 1_790_000_000  # Unix seconds


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
        return self.pay("pack_100", told=True)

    def next(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}_{self.count}"

    # --- Money -------------------------------------------------------------------------------------------

    @rule(target=paid, product=st.sampled_from(["pack_100", "pack_500"]), told=st.booleans())
    def buy(self, product: str, told: bool) -> dict:
        return self.pay(product, told)

    def pay(self, product: str, told: bool) -> dict:
        """Paid at Stripe; perhaps nobody has told us yet."""
        payment = self.payment(product, self.next("cs"))
        if told:
            self.told_of_payment(payment)
        return payment

    def payment(self, product: str, key: str) -> dict:
        charge = {"id": f"ch_{key}", "object": "charge", "customer": "cus_1", "payment_intent": f"pi_{key}"}
        return {
            "session": {
                "id": key, "object": "checkout.session", "customer": "cus_1", "mode": "payment",
                "status": "complete", "payment_status": "paid", "metadata": {"product": product},
                "amount_total": 1000, "currency": "eur", "payment_intent": f"pi_{key}", "created": NOW,
            },
            "charge": charge | {"amount": 1000, "amount_refunded": 0, "disputes": []},
        }  # fmt: skip

    @rule(payment=paid)
    def told_of_payment(self, payment: dict) -> None:
        self.hear(payments.checkout, payment["session"])
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
        self.hear(payments.checkout, payment["session"])
        self.hear(payments.charge, payment["charge"])
        self.note(payment)

    def hear(self, apply, found) -> None:
        payments.apply([Finding(apply, found, timezone.now())])

    def note(self, payment: dict) -> None:
        row = Payment.objects.get(pk=payment["session"]["id"])
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
def test_the_ledger_holds() -> None:
    few = [HealthCheck.too_slow, HealthCheck.data_too_large]
    run_state_machine_as_test(
        Ledger,
        settings=settings(max_examples=80, stateful_step_count=30, deadline=None, suppress_health_check=few),
    )
