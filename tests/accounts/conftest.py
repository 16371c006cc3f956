"""A site that sells: the real SDK against the stand-in for Stripe, and webhooks as Stripe signs them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from accounts import limits
from accounts.models import User
from tests import stripe_server
from tests.stripe_server import Server

PRICES = {"pro": 900, "business": 4900, "pack_100": 1000, "pack_500": 4000}


def price(name: str) -> str:
    return f"price_{name}"


@pytest.fixture
def shop(settings: Any) -> Iterator[Server]:
    """The stand-in with prices, and a site that knows them."""
    with stripe_server.running() as server:
        settings.STRIPE_SECRET_KEY = stripe_server.KEY
        settings.STRIPE_WEBHOOK_SECRET = stripe_server.SECRET
        settings.STRIPE_LIVE = False
        settings.STRIPE_API_BASE = server.url
        settings.STRIPE_PRICES = {name: [price(name)] for name in PRICES}
        for name, amount in PRICES.items():
            server.stripe.add_price(price(name), amount, monthly=not name.startswith("pack"))
        cache.clear()
        limits.rough.cache_clear()
        yield server


@pytest.fixture
def ring(shop: Server) -> Callable[..., Any]:
    """Posts an event to the site, signed; anything about the request can be made wrong."""

    def post(event: Any, **wrong: Any) -> Any:
        body = wrong.get("body", json.dumps(event))
        headers = {"Stripe-Signature": wrong.get("signature", stripe_server.signature(body, wrong.get("at")))}
        sent = wrong.get("sent", body)
        return Client().post("/billing/webhook", sent, content_type="application/json", headers=headers)

    return post


@pytest.fixture
def happen(shop: Server, ring: Callable[..., Any]) -> Callable[[], list[str]]:
    """Delivers what happened at Stripe since the last time; the outcomes."""

    def deliver() -> list[str]:
        events, shop.stripe.events = shop.stripe.events, []
        answers = [ring(event) for event in events]
        assert [answer.status_code for answer in answers] == [200] * len(answers)
        return [answer.json()["outcome"] for answer in answers]

    return deliver


@pytest.fixture
def alice(db: None) -> User:
    return User.objects.create_user("alice@example.org", "secret")


@pytest.fixture
def signed_in(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client
