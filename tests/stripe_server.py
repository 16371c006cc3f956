"""A local stand-in for Stripe that the real SDK talks to: API, checkout page, redirect, signed webhooks.

As strict as Stripe where it matters: no answer without the key and the SDK's API version, no POST without an
Idempotency-Key, the same key gives the same answer and refuses other parameters, unknown parameters are refused.
What it is not: Stripe. README.md says how to check against the real one.
"""

from __future__ import annotations

import html
import json
import re
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import stripe
from stripe._api_version import _ApiVersion

from tests.stripe_state import ApiError, Obj, Stripe, invalid, missing

KEY = "sk_test_stand_in"
SECRET = "whsec_stand_in"

CHECKOUT = """<!doctype html><html lang="en"><title>Checkout</title><h1>{title}</h1><p>{amount}</p>
<form method="post"><button name="do" value="pay">Pay</button>
<button name="do" value="refuse">Card refuses</button></form>
<a href="{back}">Back</a>"""


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]
    form: Obj


@dataclass
class Server:
    """`webhook` is where events are posted as they happen; empty: tests deliver them. `broken` is the status, or
    the seconds of silence, with which the API answers instead."""

    stripe: Stripe = field(default_factory=Stripe)
    webhook: str = ""
    broken: int | float = 0
    requests: list[Request] = field(default_factory=list)
    answered: dict[str, tuple[Obj, Obj]] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    url: str = ""

    def posts(self, path: str) -> list[Request]:
        return [r for r in self.requests if r.method == "POST" and r.path == path]

    def deliver(self) -> None:
        """Posts the events since the last time to the site, signed."""
        events, self.stripe.events = self.stripe.events, []
        for event in events if self.webhook else []:
            body = json.dumps(event)
            headers = {"Content-Type": "application/json", "Stripe-Signature": signature(body)}
            urllib.request.urlopen(urllib.request.Request(self.webhook, body.encode(), headers), timeout=20)


def signature(body: str, at: float | None = None, secret: str = SECRET) -> str:
    """The header, by the SDK's own signer."""
    return str(stripe.WebhookSignature.generate_signature_header(body, secret, int(at or time.time())))


@contextmanager
def running() -> Iterator[Server]:
    server = Server()
    handler = type("Handler", (Handler,), {"site": server})
    http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.url = server.stripe.base = f"http://127.0.0.1:{http.server_address[1]}"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


# --- The API ---------------------------------------------------------------------------------------------

CHECKOUT_PARAMS = frozenset(
    "mode customer client_reference_id line_items metadata allow_promotion_codes success_url cancel_url "
    "invoice_creation automatic_tax tax_id_collection customer_update".split()
)
SUBSCRIPTION_PARAMS = frozenset("items proration_behavior payment_behavior cancel_at_period_end".split())
FILTERS = frozenset("limit expand customer payment_intent status charge payment starting_after".split())
KINDS = "customers prices subscriptions invoices charges refunds disputes invoice_payments".split()

Act = Callable[[Stripe, tuple[str, ...], Obj], Obj]
ROUTES: list[tuple[str, str, frozenset[str], Act]] = [
    ("POST", "/v1/customers", frozenset({"email", "metadata"}),
     lambda s, _, f: s.keep("customers", "cus", "customer", **f)),
    ("POST", "/v1/checkout/sessions", CHECKOUT_PARAMS, lambda s, _, f: s.open_checkout(f)),
    ("POST", "/v1/checkout/sessions/(.+)/expire", frozenset(), lambda s, a, f: s.expire(a[0])),
    ("GET", "/v1/checkout/sessions/(.+)", FILTERS, lambda s, a, f: expanded(s, s.get("sessions", a[0]), f)),
    ("GET", "/v1/checkout/sessions", FILTERS, lambda s, a, f: listed(s, "sessions", f)),
    ("POST", "/v1/billing_portal/sessions", frozenset({"customer", "return_url"}),
     lambda s, _, f: portal(s, f)),
    ("POST", "/v1/subscriptions/(.+)", SUBSCRIPTION_PARAMS, lambda s, a, f: s.change(a[0], f)),
    ("DELETE", "/v1/subscriptions/(.+)", frozenset(), lambda s, a, f: ended(s, a[0])),
    ("POST", "/v1/refunds", frozenset({"payment_intent"}), lambda s, _, f: s.refund(f["payment_intent"])),
    *(("GET", f"/v1/{kind}/(.+)", FILTERS, lambda s, a, f, kind=kind: s.get(kind, a[0])) for kind in KINDS),
    *(("GET", f"/v1/{kind}", FILTERS, lambda s, a, f, kind=kind: listed(s, kind, f)) for kind in KINDS),
]  # fmt: skip


def call(state: Stripe, method: str, path: str, form: Obj) -> Obj:
    for verb, pattern, params, act in ROUTES:
        match = re.fullmatch(pattern.replace("(.+)", "([^/]+)"), path)
        if verb == method and match:
            unknown = set(form) - params
            if unknown:
                raise invalid(min(unknown), "parameter_unknown")
            try:
                return act(state, match.groups(), form)
            except KeyError as error:
                raise invalid(str(error.args[0]), "parameter_missing") from None
    raise missing(path)


def expanded(state: Stripe, session: Obj, form: Obj) -> Obj:
    shown = {key: value for key, value in session.items() if key not in {"price", "invoices"}}
    if "invoice" in form.get("expand", []) and session["invoice"]:
        shown["invoice"] = state.get("invoices", session["invoice"])
    return shown


def listed(state: Stripe, kind: str, form: Obj) -> Obj:
    wanted = {
        key: form[key] for key in ("customer", "payment_intent", "charge", "payment", "status") if key in form
    }
    if wanted.get("status") == "all":
        del wanted["status"]
    found = state.find(kind, **wanted)
    if kind == "sessions":
        found = [expanded(state, each, {"expand": ["invoice"]}) for each in found]
    return {"object": "list", "data": found, "has_more": False, "url": f"/v1/{kind}"}


def portal(state: Stripe, form: Obj) -> Obj:
    state.get("customers", form["customer"], "customer", 400)
    made = state.keep("portals", "bps", "billing_portal.session", **form)
    return made | {"url": f"{state.base}/portal/{made['id']}"}


def ended(state: Stripe, key: str) -> Obj:
    state.end(key)
    return state.get("subscriptions", key)


def nested(pairs: list[tuple[str, str]]) -> Obj:
    """a[b][0][c]=d -> {"a": {"b": [{"c": "d"}]}}"""
    tree: Obj = {}
    for name, value in pairs:
        *path, last = re.findall(r"[^\[\]]+", name)
        node = tree
        for part in path:
            node = node.setdefault(part, {})
        node[last] = value
    return {key: _lists(value) for key, value in tree.items()}


def _lists(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    plain = {key: _lists(value) for key, value in node.items()}
    return list(plain.values()) if plain and all(key.isdigit() for key in plain) else plain


# --- HTTP ------------------------------------------------------------------------------------------------


class Handler(BaseHTTPRequestHandler):
    site: Server

    def log_message(self, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._answer(urlsplit(self.path).query)

    def do_DELETE(self) -> None:
        self._answer(urlsplit(self.path).query)

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())

    def _answer(self, text: str) -> None:
        path, form = urlsplit(self.path).path, nested(parse_qsl(text))
        if not path.startswith("/v1/"):
            return self._page(path, form)
        self.site.requests.append(Request(self.command, path, dict(self.headers), form))
        try:
            with self.site.lock:
                return self._json(200, self._api(path, form))
        except ApiError as error:
            return self._json(error.status, error.body)

    def _api(self, path: str, form: Obj) -> Obj:
        if self.site.broken:
            if self.site.broken < 100:
                time.sleep(self.site.broken)
            raise ApiError(int(self.site.broken) if self.site.broken >= 100 else 500, "api_error", "down")
        if self.headers["Authorization"] != f"Bearer {KEY}":
            raise ApiError(401, "invalid_request_error", "api_key_invalid")
        if self.headers["Stripe-Version"] != _ApiVersion.CURRENT:
            raise invalid("Stripe-Version")
        if self.command != "POST":
            return call(self.site.stripe, self.command, path, form)
        key = self.headers["Idempotency-Key"] or ""
        if not 0 < len(key) <= 255:
            raise invalid("Idempotency-Key")
        return self._once(key, path, form)

    def _once(self, key: str, path: str, form: Obj) -> Obj:
        asked = {"path": path, **form}
        if key in self.site.answered:
            before, answer = self.site.answered[key]
            if before != asked:
                raise ApiError(400, "idempotency_error", "idempotency_key_in_use")
            return answer
        answer = call(self.site.stripe, "POST", path, form)
        self.site.answered[key] = (asked, json.loads(json.dumps(answer)))
        return answer

    def _page(self, path: str, form: Obj) -> None:
        kind, _, key = path.strip("/").partition("/")
        try:
            if kind == "pay" and self.command == "POST":
                with self.site.lock:
                    self.site.stripe.card_works = form["do"] == "pay"
                    session = self.site.stripe.pay(key)
                self.site.deliver()
                return self._redirect(session["success_url"].replace("{CHECKOUT_SESSION_ID}", key))
            shown = self.site.stripe.get({"pay": "sessions", "portal": "portals"}[kind], key)
        except ApiError as error:
            return self._html(error.status, html.escape(str(error)))
        back = shown.get("cancel_url") or shown["return_url"]
        amount = f"{shown.get('amount_total', 0) / 100:.2f} EUR"
        title = "Checkout (stand-in)" if kind == "pay" else "Portal (stand-in)"
        return self._html(200, CHECKOUT.format(title=title, amount=amount, back=html.escape(back)))

    def _json(self, status: int, body: Obj) -> None:
        self._send(status, "application/json", json.dumps(body))

    def _html(self, status: int, body: str) -> None:
        self._send(status, "text/html; charset=utf-8", body)

    def _send(self, status: int, media_type: str, body: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Request-Id", f"req_{len(self.site.requests)}")
        self.send_header("Content-Length", str(len(body.encode())))
        with suppress(ConnectionError):  # a client that lost its patience
            self.end_headers()
            self.wfile.write(body.encode())

    def _redirect(self, to: str) -> None:
        self.send_response(303)
        self.send_header("Location", to)
        self.send_header("Content-Length", "0")
        self.end_headers()
