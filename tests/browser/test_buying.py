"""From "buy" to "credits there", with a real browser, the real SDK and the stand-in for Stripe."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import stripe_server
from tests.browser.conftest import VIOLATIONS
from tests.browser.running import ROOT
from tests.servers import free_port, listens, wait_until
from tests.stripe_server import Server

pytestmark = pytest.mark.browser

PRICES = {"pro": 900, "business": 4900, "pack_100": 1000}


@dataclass
class Shop:
    url: str
    stripe: Server


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The web process alone, as nothing is worked on here, with settings by environment as an operator makes them."""
    with stripe_server.running() as server:
        for name, amount in PRICES.items():
            server.stripe.add_price(f"price_{name}", amount, monthly=not name.startswith("pack"))
        folder, port = tmp_path_factory.mktemp("shop"), free_port()
        site = f"http://127.0.0.1:{port}"
        server.webhook = f"{site}/billing/webhook"
        with serving(folder, port, environment(folder, site, port, server)):
            yield Shop(site, server)


def environment(folder: Path, site: str, port: int, server: Server) -> dict[str, str]:
    return {
        **{key: value for key, value in os.environ.items() if key not in {"DATABASE_URL", "BROKER_URL"}},
        "DJANGO_SETTINGS_MODULE": "bgsite.settings",
        "DATA_DIR": str(folder),
        "SITE_URL": site,
        "PORT": str(port),
        "STRIPE_SECRET_KEY": stripe_server.KEY,
        "STRIPE_WEBHOOK_SECRET": stripe_server.SECRET,
        "STRIPE_API_BASE": server.url,
        "STRIPE_PAGES": server.url,
        **{f"STRIPE_PRICE_{name.upper()}": f"price_{name}" for name in PRICES},
    }


def serving(folder: Path, port: int, env: dict[str, str]) -> Serving:
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=env, check=True)
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "bgsite.wsgi",
        "--bind",
        f"127.0.0.1:{port}",
        "--threads",
        "8",
    ]
    log = (folder / "web.log").open("w")
    return Serving(subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log), port)


@dataclass
class Serving:
    process: subprocess.Popen[bytes]
    port: int

    def __enter__(self) -> None:
        wait_until(lambda: listens(self.port), "the shop")

    def __exit__(self, *exception: object) -> None:
        self.process.terminate()
        self.process.wait(timeout=30)


@pytest.fixture
def page(chromium: Browser, shop: Shop) -> Iterator[Page]:
    """Somebody who has just signed up and looks at the page of plan and credits."""
    context = chromium.new_context(base_url=shop.url)
    context.add_init_script(VIOLATIONS)
    context.set_default_timeout(60_000)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.goto("/accounts/signup/")
    page.get_by_label("Email").fill(f"buyer-{os.urandom(4).hex()}@example.org")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Make the account").click()
    page.wait_for_url("**/gallery")
    page.goto("/account/billing")
    yield page
    # The stand-in's own pages have no icon; everything else is ours.
    assert [text for text in said if "policy:" in text or "Refused" in text] == []
    context.close()


def balance(page: Page) -> float:
    return int(page.locator("[data-balance]").get_attribute("data-balance") or 0) / 100


def test_buying_credits(page: Page, shop: Shop) -> None:
    before = balance(page)
    page.get_by_role("button", name="Buy 100 credits").click()
    expect(page.get_by_text("10.00 EUR")).to_be_visible()
    page.get_by_role("button", name="Pay").click()
    page.wait_for_url(f"{shop.url}/account/billing")
    assert balance(page) == before + 100
    expect(page.get_by_role("row", name="+100")).to_be_visible()
    expect(page.get_by_role("row", name="€10.00")).to_be_visible()


def test_buying_while_events_do_not_come(page: Page, shop: Shop) -> None:
    webhook, shop.stripe.webhook = shop.stripe.webhook, ""
    before = balance(page)
    page.get_by_role("button", name="Buy 100 credits").click()
    page.get_by_role("button", name="Pay").click()
    expect(page.get_by_text("100 credits are there")).to_be_visible()
    assert balance(page) == before + 100
    shop.stripe.webhook = webhook


def test_a_card_that_is_refused_and_the_way_back(page: Page, shop: Shop) -> None:
    before = balance(page)
    page.get_by_role("button", name="Buy 100 credits").click()
    page.get_by_role("button", name="Card refuses").click()
    expect(page.get_by_text("card_declined")).to_be_visible()
    page.goto("/account/billing")
    assert balance(page) == before
    shop.stripe.stripe.card_works = True


def test_a_plan_from_first_to_last(page: Page, shop: Shop) -> None:
    before = balance(page)
    page.get_by_role("button", name="Choose Pro").click()
    page.get_by_role("button", name="Pay").click()
    expect(page.get_by_text("Renews on")).to_be_visible()
    assert balance(page) == before + 500
    page.get_by_role("button", name="Change to Business").click()
    expect(page.get_by_text("The plan is changed")).to_be_visible()
    shop.stripe.deliver()
    page.get_by_text("End the plan").first.click()
    page.locator("details.confirm").get_by_role("button").click()
    expect(page.get_by_text("Ends on")).to_be_visible()
    page.get_by_role("button", name="Keep the plan").click()
    expect(page.get_by_text("Renews on")).to_be_visible()
    page.get_by_role("button", name="Cards and invoices").click()
    expect(page.get_by_text("Portal (stand-in)")).to_be_visible()
