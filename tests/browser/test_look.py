"""How pages hold up: a phone, brightness, weight, keys, and the operators' pages."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser import photos

pytestmark = [pytest.mark.browser, pytest.mark.weights]

PAGES = ["/", "/gallery", "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"]
BUDGET = 100_000  # bytes of our own scripts and styles on the first page


def too_wide(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def test_a_phone(phone) -> None:
    for path in PAGES:
        phone.goto(path)
        assert too_wide(phone) == 0, path
    phone.goto("/")
    phone.locator("[name=photos]").set_input_files(
        [photos.payload("a name that is " + "long " * 20 + ".jpg")]
    )
    phone.wait_for_url("**/jobs/*")
    assert too_wide(phone) == 0, "a visitor's page with progress"
    expect(phone.locator("before-after")).to_be_visible()
    assert too_wide(phone) == 0
    box = phone.locator("before-after").bounding_box()
    phone.touchscreen.tap(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.5)
    at = phone.locator("before-after").evaluate(
        "element => parseFloat(element.style.getPropertyValue('--at'))"
    )
    assert 60 < at < 80
    phone.goto("/gallery")
    assert too_wide(phone) == 0


def test_brightness_is_kept(page) -> None:
    page.goto("/")
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(ground)
    page.get_by_role("button", name="Use the other brightness").click()
    dark = page.evaluate(ground)
    assert dark != light
    page.reload()
    assert page.evaluate(ground) == dark


def test_the_first_page_is_light(page) -> None:
    sizes: dict[str, int] = {}
    page.on(
        "response",
        lambda answer: sizes.update({answer.url: len(answer.body())}) if ours(answer.url) else None,
    )
    page.goto("/", wait_until="networkidle")
    assert 5_000 < sum(sizes.values()) < BUDGET, sizes


def ours(url: str) -> bool:
    return "/static/" in url and url.endswith((".js", ".css"))


def test_keys_alone(page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    seen = set()
    for _ in range(14):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.name || document.activeElement.textContent.trim()"))
    assert {"Sign in", "Sign up", "photos", "or give its address", "sample"} <= seen


def test_operators_pages(page, site) -> None:
    email, password = (
        line.split()[-1] for line in (site.folder / "operator.txt").read_text().splitlines()[:2]
    )
    page.goto("/accounts/login/?next=/admin/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/admin/")
    for path in ("processing/job/", "processing/worker/", "accounts/user/", "accounts/creditentry/"):
        assert page.goto(f"/admin/{path}").status == 200
