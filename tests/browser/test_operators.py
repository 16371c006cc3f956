"""An operator at work in a real browser: figures that refresh in place, a notice, a look into a job. (25 s.)"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site

pytestmark = pytest.mark.browser


@pytest.fixture
def operator(page: Page, site: Site) -> Page:
    email, password = re.findall(r"\S+$", (site.folder / "operator.txt").read_text(), re.M)[:2]
    page.goto("/accounts/login/")
    page.fill("[name=login]", email)
    page.fill("[name=password]", password)
    page.click("main button[type=submit]")
    page.wait_for_url("**/gallery")
    return page


def test_figures_refresh_in_place(operator: Page) -> None:
    """Neither the place on the page nor what is typed is lost, and what is drawn stays drawn."""
    operator.goto("/admin/")
    operator.wait_for_function("Chart.getChart(document.querySelector('canvas.chart'))")
    operator.fill("[name=from]", "2026-11-01")
    operator.evaluate("window.scrollTo(0, 700)")
    place = operator.evaluate("[scrollX, scrollY]")
    before = operator.locator("#as-of").inner_text()
    operator.wait_for_timeout(1100)
    operator.evaluate("document.querySelector('#cards').prepend('stale')")
    operator.evaluate("refreshFigures()")
    expect(operator.locator("#as-of")).not_to_have_text(before)
    expect(operator.locator("#cards")).not_to_contain_text("stale")
    assert operator.evaluate("[scrollX, scrollY]") == place
    assert operator.input_value("[name=from]") == "2026-11-01"
    assert (
        operator.evaluate("Chart.getChart(document.querySelector('canvas.chart')).data.labels.length") == 24
    )


def test_a_refresh_that_fails_is_said(operator: Page, watched) -> None:
    watched.expected.append("ERR_FAILED")
    operator.goto("/admin/")
    operator.route("**/admin/", lambda route: route.abort())
    operator.evaluate("refreshFigures()")
    expect(operator.locator("#as-of")).to_contain_text("not refreshed")


def test_a_notice_goes_up_and_comes_down(operator: Page) -> None:
    operator.goto("/admin/switches")
    form = operator.locator("form", has=operator.locator("[name=notice]"))
    form.locator("[name=notice]").fill("Closed tonight from 22:00")
    form.locator("[name=reason]").fill("New disks")
    form.get_by_role("button", name="Announce").click()
    expect(operator.get_by_text("shown on every page now")).to_be_visible()
    operator.goto("/")
    expect(operator.locator(".announcement")).to_have_text("Closed tonight from 22:00")
    operator.goto("/admin/switches")
    form.locator("[name=notice]").fill("")
    form.locator("[name=reason]").fill("Done")
    form.get_by_role("button", name="Announce").click()
    expect(operator.get_by_text("Nothing is announced.")).to_be_visible()
    operator.goto("/admin/accounts/auditentry/")
    expect(operator.get_by_text("New disks")).to_be_visible()


@pytest.mark.weights
def test_a_look_into_a_job_asks_why(operator: Page) -> None:
    from tests.browser import photos

    operator.goto("/")
    operator.set_input_files(
        "input[type=file]", {"name": "private.jpg", "mimeType": "image/jpeg", "buffer": photos.astronaut()}
    )
    operator.wait_for_url("**/jobs/*")
    expect(operator.get_by_role("link", name="Download").first).to_be_visible()
    job = operator.url.rsplit("/", 1)[-1]
    operator.goto(f"/admin/processing/job/{job}/change/")
    expect(operator.get_by_text("private.jpg")).to_have_count(0)
    operator.get_by_role("link", name="Look into it").click()
    operator.fill("[name=reason]", "Asked for help by mail")
    operator.get_by_role("button", name="Look", exact=True).click()
    expect(operator.get_by_text("private.jpg")).to_be_visible()
    expect(operator.locator("img[alt*='of this job']")).to_have_count(0)
    operator.get_by_role("link", name="Show the result").click()
    picture = operator.locator("img[alt='The result of this job']")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 100
    operator.goto("/admin/accounts/auditentry/")
    expect(operator.get_by_text("Asked for help by mail")).to_be_visible()
