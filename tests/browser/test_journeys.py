"""Ways through the site as people go them, and what they are told when something comes between."""

from __future__ import annotations

import base64
import hmac
import io
import struct
import time
import zipfile

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser import photos, running
from tests.browser.stage import PASSWORD
from tests.browser.test_cutout import sign_up

pytestmark = [pytest.mark.browser, pytest.mark.weights]

MOST_TABS = 60


def tab_to(page: Page, selector: str) -> None:
    """Presses Tab until it is there, as somebody without a mouse does."""
    for _ in range(MOST_TABS):
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} is not reached by Tab")


def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


# --- Keys and fingers -------------------------------------------------------------------------------------


def test_keys_alone_from_the_photo_to_the_file(page, tmp_path) -> None:
    page.goto("/")
    tab_to(page, "input[name=photos]")
    assert page.evaluate("getComputedStyle(document.activeElement.closest('label')).outlineStyle") == "solid"
    with page.expect_file_chooser() as chooser:
        page.locator(":focus").press("Space")
    chooser.value.set_files([photos.payload("keys.jpg")])
    page.wait_for_url("**/jobs/*")
    expect(page.get_by_role("link", name="Download PNG")).to_be_visible()
    tab_to(page, "a[download], a[href*='/download']")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert photos.is_cutout(download.value.path())


def test_keys_alone_from_the_landing_page_to_a_saved_edit(page) -> None:
    page.goto("/")
    tab_to(page, "input[name=photos]")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Space")
    chooser.value.set_files([photos.payload("keys.jpg")])
    page.wait_for_url("**/jobs/*")
    address = page.url
    page.get_by_role("link", name="Edit mask").wait_for()
    tab_to(page, "a[href$='/edit']")
    page.keyboard.press("Enter")
    expect(page.locator("#editor[data-ready=true]")).to_be_visible()
    tab_to(page, "#stage")
    for key in ("e", "k", "Space", "Shift+ArrowUp", "Shift+ArrowUp", "Space", "Control+s"):
        page.keyboard.press(key)
    expect(page.locator("#state-words")).to_contain_text("Saved as revision 1. The result shows it.")
    assert middle_alpha(page, address) == 0
    tab_to(page, "a[href^='/jobs/']")
    page.keyboard.press("Enter")
    page.wait_for_url(address)


def middle_alpha(page: Page, address: str) -> int:
    """0..255, in the middle of the file that is downloaded."""
    with Image.open(io.BytesIO(page.request.get(f"{address}/download").body())) as cutout:
        return int(cutout.getchannel("A").getpixel((cutout.width // 2, cutout.height // 2)))  # type: ignore[arg-type]


def test_fingers_on_a_phone(phone) -> None:
    phone.goto("/")
    phone.get_by_role("button", name="Try the cat").tap()
    phone.wait_for_url("**/jobs/*")
    expect(phone.locator("before-after")).to_be_visible()
    with phone.expect_download() as download:
        phone.get_by_role("link", name="Download PNG").first.tap()
    assert photos.is_cutout(download.value.path())


# --- Something comes between ------------------------------------------------------------------------------


def test_a_session_that_is_lost_in_the_midst_of_work(page, watched) -> None:
    watched.expected += ["403", "404", "htmx"]  # what is asked for without the session
    email = sign_up(page)
    page.goto("/")
    page.locator("[name=photos]").set_input_files([photos.payload("lost.jpg")])
    page.wait_for_url("**/jobs/*")
    expect(page.locator("recipe-panel")).to_be_visible()
    with page.expect_response(lambda answer: "/recipe" in answer.url and answer.ok):
        soften(page, 30)
    kept = page.locator("#field-feather").input_value()
    page.context.clear_cookies(name="sessionid")
    soften(page, 10)
    expect(page.locator("[data-panel-error]")).to_contain_text("sign in and go on")
    address = page.url
    elsewhere = page.context.new_page()
    elsewhere.goto("/accounts/login/")
    sign_in(elsewhere, email)
    elsewhere.wait_for_url("**/gallery")
    elsewhere.goto(address)
    expect(elsewhere.locator("before-after")).to_be_visible()
    assert elsewhere.locator("#field-feather").input_value() == kept, "what was saved is there"
    soften(page, 20)  # the old window goes on as well
    expect(page.locator("[data-panel-error]")).to_be_hidden()


def soften(page: Page, steps: int) -> None:
    field = page.locator("#field-feather")
    for _ in range(steps):
        field.press("ArrowRight")


def test_a_part_of_the_account_whose_session_is_lost(chromium, site, stage) -> None:
    with running.looking(chromium, site, stage, "mara", 1280, 800, "light") as page:
        page.goto("/account/presets")
        page.context.clear_cookies(name="sessionid")
        page.locator("summary", has_text="Rename").first.click()
        page.get_by_role("button", name="Rename").first.click()
        page.wait_for_url("**/accounts/login/?next=/account/presets")


def test_a_link_that_is_over_and_pages_of_somebody_else(chromium, site, stage) -> None:
    with running.looking(chromium, site, stage, "new", 1280, 800, "light") as page:
        over = page.goto(f"/s/{stage.things['over']}")
        assert over.status == 410
        expect(page.get_by_role("heading", name="This link is over")).to_be_visible()
        assert page.locator("main img").count() == 0
        assert page.context.request.get(f"{site.url}/s/{stage.things['over']}/file").status == 410
        for path in (f"/jobs/{stage.things['job_id']}", f"/account/webhooks/{stage.things['webhook']}"):
            assert page.goto(path).status == 404
            expect(page.get_by_text("or it belongs to somebody else")).to_be_visible()


def test_mistakes_are_read_out(page, watched) -> None:
    watched.expected.append("400")
    page.goto("/accounts/signup/")
    page.get_by_label("Email").fill("somebody@example.org")
    page.get_by_label("Password").fill("1234")
    page.get_by_role("button", name="Make the account").click()
    said = page.get_by_role("alert")
    expect(said).to_be_focused()
    expect(said).to_contain_text("Password")
    field = page.get_by_label("Password")
    assert field.get_attribute("aria-invalid") == "true"
    why = page.locator(f"#{field.get_attribute('aria-describedby').split()[-1]}")
    expect(why).to_contain_text("too short")
    said.get_by_role("link", name="Password").click()
    expect(field).to_be_focused()


# --- The account ------------------------------------------------------------------------------------------


def test_a_key_is_made_after_a_look_at_the_password(chromium, site, stage) -> None:
    with running.looking(chromium, site, stage, "stale", 1280, 800, "light") as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.goto("/account/keys")
        page.get_by_label("Name").fill("From a browser")
        page.get_by_role("button", name="Make the key").click()
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Go on").click()
        shown = page.get_by_label("New key", exact=True)
        expect(shown).to_be_visible()
        page.get_by_role("button", name="Copy").click()
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        text = page.evaluate("navigator.clipboard.readText()")
        assert text == shown.input_value() and text.startswith("bg_live_")
        headers = {"X-Api-Key": text}
        stranger = chromium.new_context()
        assert stranger.request.get(f"{site.url}/api/v1/account", headers=headers).ok
        row = page.locator(".row", has_text="From a browser")
        row.locator("summary", has_text="Revoke").click()
        row.get_by_role("button", name="Revoke the key").click()
        expect(page.get_by_role("status")).to_contain_text("is revoked")
        assert stranger.request.get(f"{site.url}/api/v1/account", headers=headers).status == 401
        stranger.close()


def test_signing_in_with_a_code(page, stage) -> None:
    page.goto("/accounts/login/")
    sign_in(page, "lock@example.org")
    expect(page.get_by_role("heading", name="And the code?")).to_be_visible()
    page.get_by_label("Code").fill(code("JBSWY3DPEHPK3PXP"))
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/gallery")


def code(secret: str) -> str:
    """RFC 6238: six digits for the present half minute."""
    made = hmac.new(base64.b32decode(secret), struct.pack(">Q", int(time.time()) // 30), "sha1").digest()
    at = made[-1] & 15
    return f"{(struct.unpack('>I', made[at : at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def test_taking_everything_along_and_leaving(page) -> None:
    email = sign_up(page)
    page.goto("/account/data")
    with page.expect_download() as download:
        page.get_by_role("button", name="Load my data").click()
    with zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes())) as archive:
        assert email.encode() in archive.read("rows/account.json")
    page.get_by_label("Type your email address").fill(email)
    page.get_by_role("button", name="Delete my account").click()
    expect(page.get_by_role("heading", name="Your account is being deleted")).to_be_visible()
    page.goto("/accounts/login/")
    sign_in(page, email, "a long enough secret")
    expect(page.get_by_role("heading", name="This account is closed")).to_be_visible()
