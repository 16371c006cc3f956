"""The main job as people do it: sign up, drop in a photo, watch, look, keep the file."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser import photos

pytestmark = [pytest.mark.browser, pytest.mark.weights]


def sign_up(page: Page) -> str:
    """The address of a new account, whose password is "a long enough secret"."""
    email = f"{uuid4().hex[:12]}@example.org"
    page.goto("/accounts/signup/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill("a long enough secret")
    page.get_by_role("button", name="Make the account").click()
    page.wait_for_url("**/gallery")
    return email


def downloaded(page: Page, folder: Path) -> Path:
    with page.expect_download() as download:
        page.get_by_role("link", name="Download PNG").click()
    target = folder / download.value.suggested_filename
    download.value.save_as(target)
    return target


@pytest.mark.parametrize("name", photos.DRAWN)
def test_it_works(page, tmp_path, name) -> None:
    photo = photos.real(name)
    sign_up(page)
    page.goto("/")
    page.locator("[name=photos]").set_input_files(photo)
    page.wait_for_url("**/jobs/*")
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    expect(page.locator("before-after")).to_be_visible()
    file = downloaded(page, tmp_path)
    assert file.name == f"{photo.stem}-cutout.png"
    assert photos.overlap(file, photo.parent / "gt" / f"{photo.stem}.png") >= 0.9


def test_a_visitor_needs_no_account_and_takes_the_result_along(page, tmp_path) -> None:
    page.goto("/")
    page.locator("[name=photos]").set_input_files([photos.payload("Ünter­wegs 猫.jpg")])
    page.wait_for_url("**/jobs/*")
    words = page.locator("#job").inner_text()
    assert any(step in words for step in ("Waiting", "Next in line", "Finding the subject", "Download"))
    expect(page.locator("before-after")).to_be_visible()
    address = page.url
    file = downloaded(page, tmp_path)
    with Image.open(file) as cutout:
        alpha = np.asarray(cutout)[..., 3]
    assert alpha[200, 230] > 250  # the face
    assert alpha[10, 480] < 5  # the wall

    page.get_by_role("link", name="Sign up", exact=True).last.click()
    page.get_by_label("Email").fill(f"{uuid4().hex[:12]}@example.org")
    page.get_by_label("Password").fill("a long enough secret")
    page.get_by_role("button", name="Make the account").click()
    page.wait_for_url("**/gallery")
    assert page.goto(address).status == 200


def test_a_connection_that_goes_and_comes_back(page, watched) -> None:
    watched.expected += ["ERR_INTERNET_DISCONNECTED", "htmx:"]
    page.goto("/")
    page.locator("[name=photos]").set_input_files([photos.payload()])
    page.wait_for_url("**/jobs/*")
    page.context.set_offline(True)
    waiting = page.locator("#job[hx-get]").count() == 1
    if waiting:
        expect(page.get_by_text("The server is not reached.")).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_role("link", name="Download PNG")).to_be_visible()
    expect(page.get_by_text("The server is not reached.")).to_be_hidden()


def test_another_browser_does_not_see_it(page, chromium, site) -> None:
    page.goto("/")
    page.locator("[name=photos]").set_input_files([photos.payload()])
    page.wait_for_url("**/jobs/*")
    stranger = chromium.new_context()
    assert stranger.request.get(page.url).status == 404
    stranger.close()


def test_before_and_after_by_key_and_mouse(page) -> None:
    page.goto("/")
    compare = page.locator("before-after")
    compare.scroll_into_view_if_needed()
    box = compare.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + box["height"] * 0.5, steps=8)
    page.mouse.up()
    assert 74 < shown(compare) < 86
    compare.get_by_role("slider").press("ArrowLeft")
    at = shown(compare)
    compare.get_by_role("slider").press("PageDown")
    assert shown(compare) == pytest.approx(at - 20)


def shown(compare) -> float:
    return float(compare.evaluate("element => parseFloat(element.style.getPropertyValue('--at'))"))


# The background as pixels, as a colour can be written in several ways.
PAINTED = """element => {
    const painter = document.createElement("canvas").getContext("2d");
    painter.fillStyle = getComputedStyle(element).backgroundColor;
    painter.fillRect(0, 0, 1, 1);
    return [...painter.getImageData(0, 0, 1, 1).data];
}"""


def test_backdrops(page) -> None:
    page.goto("/")
    page.get_by_role("button", name="Try this one").click()
    page.wait_for_url("**/jobs/*")
    picture = page.locator("#picture")
    expect(picture).to_be_visible()
    page.get_by_role("radio", name="White").check()
    assert picture.evaluate(PAINTED) == [255, 255, 255, 255]
    page.get_by_role("radio", name="Colour").check()
    page.locator("#colour").evaluate(
        "input => { input.value = '#336699'; input.dispatchEvent(new Event('input', {bubbles: true})); }"
    )
    assert picture.evaluate("element => getComputedStyle(element).backgroundColor") == "rgb(51, 102, 153)"


def test_delete_asks_first(page) -> None:
    page.goto("/")
    page.get_by_role("button", name="Try this one").click()
    page.wait_for_url("**/jobs/*")
    expect(page.locator("before-after")).to_be_visible()
    page.locator("summary", has_text="Delete").click()
    page.get_by_role("button", name="Delete both").click()
    page.wait_for_url("**/gallery")
    expect(page.get_by_role("status")).to_contain_text("is deleted")
