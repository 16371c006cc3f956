"""What Stripe would hold and do: customers, checkouts, subscriptions, invoices, charges, refunds, disputes, events.

As much of it as the product uses, in the shapes of the API version of the installed SDK. Time stands still unless a
test moves it, so that the shares of a month are exact.
"""

from __future__ import annotations

import itertools
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Obj = dict[str, Any]
DAY = 86_400


class ApiError(Exception):
    """An error as Stripe answers it."""

    def __init__(self, status: int, kind: str, code: str, param: str = "") -> None:
        super().__init__(code)
        self.status = status
        self.body = {"error": {"type": kind, "code": code, "param": param, "message": f"{code}: {param}"}}


def missing(param: str, status: int = 404) -> ApiError:
    return ApiError(status, "invalid_request_error", "resource_missing", param)


def invalid(param: str, code: str = "parameter_invalid") -> ApiError:
    return ApiError(400, "invalid_request_error", code, param)


def month_after(seconds: int) -> int:
    day = datetime.fromtimestamp(seconds, UTC)
    year, month = divmod(day.year * 12 + day.month, 12)
    return int(day.replace(year=year, month=month + 1, day=min(day.day, 28)).timestamp())


@dataclass
class Stripe:
    """`card_works` is what the bank says to every payment that is tried."""

    base: str = ""
    livemode: bool = False
    card_works: bool = True
    coupon_percent: int = 0
    now: int = field(default_factory=lambda: int(time.time()) // DAY * DAY)
    kept: dict[str, dict[str, Obj]] = field(default_factory=lambda: defaultdict(dict))
    events: list[Obj] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    # --- Objects -----------------------------------------------------------------------------------------

    def get(self, kind: str, key: str, param: str = "id", status: int = 404) -> Obj:
        if key not in self.kept[kind]:
            raise missing(param, status)
        return self.kept[kind][key]

    def find(self, kind: str, **wanted: Any) -> list[Obj]:
        """The newest first, as Stripe lists."""
        found = [o for o in self.kept[kind].values() if all(o.get(k) == v for k, v in wanted.items())]
        return found[::-1]

    def keep(self, kind: str, prefix: str, name: str, **facts: Any) -> Obj:
        key = f"{prefix}_{'live' if self.livemode else 'test'}_{next(self.numbers):06d}"
        made = {"id": key, "object": name, "livemode": self.livemode, "created": self.now, **facts}
        self.kept[kind][key] = made
        return made

    def add_price(self, key: str, amount: int, monthly: bool) -> Obj:
        recurring = {"interval": "month", "interval_count": 1} if monthly else None
        facts = {"object": "price", "livemode": self.livemode, "created": self.now, "active": True}
        made = {"id": key, "unit_amount": amount, "currency": "eur", "recurring": recurring, **facts}
        self.kept["prices"][key] = made
        return made

    def tell(self, kind: str, about: Obj) -> Obj:
        event = {
            "id": f"evt_{next(self.numbers):06d}",
            "object": "event",
            "type": kind,
            "created": int(time.time()),
            "livemode": self.livemode,
            "data": {"object": about},
        }
        self.events.append(event)
        return event

    # --- Checkout ----------------------------------------------------------------------------------------

    def open_checkout(self, form: Obj) -> Obj:
        self.get("customers", form["customer"], "customer", 400)
        items = form["line_items"]
        price = self.get("prices", items[0]["price"], "line_items[0][price]", 400)
        if (form["mode"] == "subscription") != bool(price["recurring"]):
            raise invalid("line_items[0][price]")
        session = self.keep(
            "sessions", "cs", "checkout.session",
            mode=form["mode"], customer=form["customer"], metadata=form.get("metadata", {}),
            client_reference_id=form.get("client_reference_id"), status="open", payment_status="unpaid",
            currency=price["currency"], amount_total=self._reduced(price["unit_amount"]), payment_intent=None,
            subscription=None, invoice=None, success_url=form["success_url"], cancel_url=form["cancel_url"],
            price=price["id"], invoices=bool(form.get("invoice_creation")),
        )  # fmt: skip
        session["url"] = f"{self.base}/pay/{session['id']}"
        return session

    def expire(self, key: str) -> Obj:
        session = self.get("sessions", key)
        if session["status"] != "open":
            raise invalid("session", "session_not_open")
        session.update(status="expired", url=None)
        self.tell("checkout.session.expired", session)
        return session

    def pay(self, key: str, delayed: bool = False) -> Obj:
        """The buyer presses the button. `delayed`: a bank transfer that is to come."""
        session = self.get("sessions", key)
        if session["status"] != "open":
            raise invalid("session", "session_not_open")
        if not self.card_works:
            raise ApiError(402, "card_error", "card_declined")
        session.update(status="complete", url=None)
        if session["mode"] == "subscription":
            self._subscribe(session)
        elif not delayed:
            self._pay_pack(session)
        self.tell("checkout.session.completed", session)
        return session

    def transfer_arrives(self, key: str, arrives: bool = True) -> None:
        session = self.get("sessions", key)
        if arrives:
            self._pay_pack(session)
        self.tell(f"checkout.session.async_payment_{'succeeded' if arrives else 'failed'}", session)

    def _pay_pack(self, session: Obj) -> None:
        intent = self._charge(session["customer"], session["amount_total"])
        session.update(payment_status="paid" if intent else "no_payment_required", payment_intent=intent)
        if session["invoices"]:
            lines = [self._line(session["price"], session["amount_total"])]
            session["invoice"] = self._invoice(session["customer"], lines, None, intent)["id"]

    # --- Subscriptions -----------------------------------------------------------------------------------

    def _subscribe(self, session: Obj) -> None:
        price = self.kept["prices"][session["price"]]
        item = {
            "id": f"si_{next(self.numbers):06d}", "object": "subscription_item", "price": price, "quantity": 1,
            "current_period_start": self.now, "current_period_end": month_after(self.now),
        }  # fmt: skip
        subscription = self.keep(
            "subscriptions", "sub", "subscription",
            customer=session["customer"], status="active", cancel_at_period_end=False, cancel_at=None,
            items={"object": "list", "data": [item], "has_more": False},
        )  # fmt: skip
        self.tell("customer.subscription.created", subscription)
        invoice = self._renewal(subscription)
        session.update(
            subscription=subscription["id"], invoice=invoice["id"],
            payment_status="paid" if invoice["amount_paid"] else "no_payment_required",
        )  # fmt: skip

    def renew(self, key: str) -> None:
        """A month later; a card that refuses leaves the invoice open and the subscription late."""
        subscription = self.get("subscriptions", key)
        item = subscription["items"]["data"][0]
        self.now = max(self.now, item["current_period_end"])
        if subscription["cancel_at_period_end"]:
            return self.end(key)
        item.update(
            current_period_start=item["current_period_end"],
            current_period_end=month_after(item["current_period_end"]),
        )
        subscription["status"] = "active" if self.card_works else "past_due"
        self._renewal(subscription)
        self.tell("customer.subscription.updated", subscription)
        return None

    def pay_late(self, key: str) -> None:
        """The card works again and the open invoice is paid."""
        subscription = self.get("subscriptions", key)
        subscription["status"] = "active"
        for invoice in self.find("invoices", status="open"):
            self._settle(invoice, self._charge(invoice["customer"], invoice["total"]))
        self.tell("customer.subscription.updated", subscription)

    def end(self, key: str) -> None:
        subscription = self.get("subscriptions", key)
        subscription.update(status="canceled", canceled_at=self.now)
        self.tell("customer.subscription.deleted", subscription)

    def change(self, key: str, form: Obj) -> Obj:
        subscription = self.get("subscriptions", key)
        if "items" in form:
            self._change_price(subscription, form)
        if "cancel_at_period_end" in form:
            subscription["cancel_at_period_end"] = form["cancel_at_period_end"] == "true"
        self.tell("customer.subscription.updated", subscription)
        return subscription

    def _change_price(self, subscription: Obj, form: Obj) -> None:
        item, wanted = subscription["items"]["data"][0], form["items"][0]
        if wanted["id"] != item["id"]:
            raise missing("items[0][id]", 400)
        price = self.get("prices", wanted["price"], "items[0][price]", 400)
        assert form["proration_behavior"] == "always_invoice"
        begin, end = item["current_period_start"], item["current_period_end"]
        share = (end - self.now) / (end - begin)
        lines = [
            self._line(item["price"]["id"], -round(item["price"]["unit_amount"] * share), (self.now, end)),
            self._line(price["id"], round(price["unit_amount"] * share), (self.now, end)),
        ]
        if sum(line["amount"] for line in lines) > 0 and not self.card_works:
            raise ApiError(402, "card_error", "card_declined")
        item["price"] = price
        total = max(
            0, sum(line["amount"] for line in lines)
        )  # less than nothing is kept for the next invoice
        customer = subscription["customer"]
        self._invoice(customer, lines, subscription["id"], self._charge(customer, total))

    def _renewal(self, subscription: Obj) -> Obj:
        item = subscription["items"]["data"][0]
        amount, customer = self._reduced(item["price"]["unit_amount"]), subscription["customer"]
        lines = [self._line(item["price"]["id"], item["price"]["unit_amount"])]
        intent = self._charge(customer, amount) if self.card_works else None
        return self._invoice(customer, lines, subscription["id"], intent, amount, paid=self.card_works)

    # --- Invoices and money ------------------------------------------------------------------------------

    def _line(self, price: str, amount: int, proration: tuple[int, int] | None = None) -> Obj:
        begin, end = proration or (self.now, month_after(self.now))
        # Stripe makes prorations as invoice items, and the month's own line from the subscription's item.
        kind = "invoice_item_details" if proration else "subscription_item_details"
        parent = {"type": kind, kind: {"proration": proration is not None, "subscription": "sub"}}
        return {
            "id": f"il_{next(self.numbers):06d}", "object": "line_item", "amount": amount, "currency": "eur",
            "quantity": 1, "period": {"start": begin, "end": end},
            "parent": parent,
            "pricing": {"type": "price_details", "price_details": {"price": price, "product": "prod"}},
        }  # fmt: skip

    def _invoice(
        self, customer: str, lines: list[Obj], subscription: str | None, intent: str | None,
        total: int | None = None, paid: bool = True,
    ) -> Obj:  # fmt: skip
        parent = {"type": "subscription_details", "subscription_details": {"subscription": subscription}}
        amount = max(0, sum(line["amount"] for line in lines)) if total is None else total
        invoice = self.keep(
            "invoices", "in", "invoice",
            customer=customer, status="open", total=amount, amount_paid=0, currency="eur",
            parent=parent if subscription else None, lines={"object": "list", "data": lines, "has_more": False},
            payments={"object": "list", "data": []}, status_transitions={"paid_at": None},
        )  # fmt: skip
        invoice["hosted_invoice_url"] = f"{self.base}/invoice/{invoice['id']}"
        if paid:
            self._settle(invoice, intent)
        else:
            self.tell("invoice.payment_failed", invoice)
        return invoice

    def _settle(self, invoice: Obj, intent: str | None) -> None:
        invoice.update(status="paid", amount_paid=invoice["total"], status_transitions={"paid_at": self.now})
        if intent:
            link = {"type": "payment_intent", "payment_intent": intent}
            self.keep("invoice_payments", "inpay", "invoice_payment", invoice=invoice["id"], payment=link)
            invoice["payments"]["data"] = [{"payment": link, "status": "paid"}]
        self.tell("invoice.paid", invoice)

    def _reduced(self, amount: int) -> int:
        return amount * (100 - self.coupon_percent) // 100

    def _charge(self, customer: str, amount: int) -> str | None:
        if not amount:
            return None
        intent = f"pi_{next(self.numbers):06d}"
        self.keep(
            "charges", "ch", "charge",
            customer=customer, amount=amount, amount_refunded=0, refunded=False, disputed=False,
            payment_intent=intent, currency="eur", paid=True,
        )  # fmt: skip
        return intent

    def refund(self, intent: str, amount: int | None = None) -> Obj:
        charges = self.find("charges", payment_intent=intent)
        if not charges:
            raise missing("payment_intent", 400)
        charge, left = charges[0], charges[0]["amount"] - charges[0]["amount_refunded"]
        if not left or (amount or 0) > left:
            raise invalid("charge", "charge_already_refunded")
        charge["amount_refunded"] += amount or left
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]
        made = self.keep(
            "refunds", "re", "refund", charge=charge["id"], amount=amount or left, status="succeeded"
        )
        self.tell("charge.refunded", charge)
        return made

    def dispute(self, intent: str) -> Obj:
        charge = self.find("charges", payment_intent=intent)[0]
        charge["disputed"] = True
        facts = {"charge": charge["id"], "amount": charge["amount"], "status": "needs_response"}
        made = self.keep("disputes", "dp", "dispute", **facts)
        self.tell("charge.dispute.created", made)
        return made

    def close_dispute(self, key: str, won: bool) -> None:
        dispute = self.get("disputes", key)
        dispute["status"] = "won" if won else "lost"
        self.tell("charge.dispute.closed", dispute)

    def delete_customer(self, key: str) -> None:
        self.tell("customer.deleted", self.get("customers", key))
        self.kept["customers"][key] = {"id": key, "object": "customer", "deleted": True}
        for subscription in self.find("subscriptions", customer=key):
            self.end(subscription["id"])

    @contextmanager
    def refusing_card(self) -> Iterator[None]:
        self.card_works = False
        yield
        self.card_works = True
