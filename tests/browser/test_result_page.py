"""The result's page with real mouse, fingers and keys: what is previewed at once is what the file is."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser import photos
from tests.browser.conftest import opened
from tests.servers import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.weights]

CORNER = """() => {
  const image = document.querySelector("#picture .after"), canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0, 4, 4, 0, 0, 1, 1);
  return [...context.getImageData(0, 0, 1, 1).data];
}"""


def arrive(page: Page) -> str:
    page.goto("/")
    page.locator("[name=photos]").set_input_files([photos.payload()])
    page.wait_for_url("**/jobs/*")
    page.get_by_role("link", name="Edit mask").wait_for()
    return page.url


def slide(page: Page, field: str, key: str, times: int) -> None:
    page.locator(f"#recipe-form [name={field}]").focus()
    for _ in range(times):
        page.keyboard.press(key)


def previewed(page: Page, action: Any) -> Any:
    """Does something, and waits for the preview that it asks for."""
    with page.expect_response(lambda answer: "/preview?" in answer.url and answer.status == 200) as asked:
        action()
    expect(page.locator("#picture .after")).to_have_attribute("src", re.compile("^blob:"))
    expect(page.locator("#recipe-reset")).to_be_visible()
    return asked.value


def red(page: Page) -> None:
    page.locator("#group-background > summary").click()
    page.locator("[name=background_kind]").select_option("colour")
    page.locator("[name=colour][form=recipe-form], #recipe-form [name=colour]").first.fill("#ff0000")


def is_red(page: Page) -> bool:
    red, green, *_others = page.evaluate(CORNER)
    return bool(red > 240 and green < 20)


def test_a_change_is_previewed_and_the_file_is_like_it(page, tmp_path) -> None:
    address = arrive(page)
    answer = previewed(page, lambda: red(page))
    wait_until(lambda: is_red(page), "the red background")
    assert "background=%23ff0000" in answer.url or "colour=%23ff0000" in answer.url
    page.locator("#field-format").select_option("png")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download PNG").click()
    download.value.save_as(tmp_path / "red.png")
    with Image.open(tmp_path / "red.png") as file:
        assert file.size == (512, 512)
        assert np.abs(np.asarray(file.convert("RGB"))[0, 0].astype(int) - [255, 0, 0]).max() < 3
    page.goto(address)  # what was tried is here again
    wait_until(lambda: is_red(page), "the red background")
    page.get_by_role("button", name="Reset all").click()
    expect(page.get_by_role("link", name="Download PNG")).to_be_visible()


def test_an_own_picture_behind_it_and_groups_stay_open(page) -> None:
    arrive(page)
    page.locator("#group-background > summary").click()
    with page.expect_response(lambda answer: "/preview?" in answer.url) as asked:
        page.locator("#field-background_kind").select_option("image")
    assert asked.value.ok, "no picture is chosen yet, and that is no mistake"
    wall = BytesIO()
    Image.new("RGB", (64, 64), "#ff0000").save(wall, "PNG")
    page.locator("#field-picture").set_input_files(
        [{"name": "wall.png", "mimeType": "image/png", "buffer": wall.getvalue()}]
    )
    expect(page.locator(".pictures input:checked")).to_have_count(1)
    wait_until(lambda: is_red(page), "the picture behind it")
    expect(page.locator("#panel-error")).to_be_hidden()
    page.locator("#group-size > summary").click()
    page.locator("#layouts > summary").click()
    for name in ("Avatar", "Sticker"):  # one after the other, without opening the list again
        page.get_by_role("button", name=name).click()
        expect(page.get_by_role("button", name=name)).to_be_focused()
    page.locator("#group-edges > summary").click()
    page.get_by_role("button", name="Reset all").click()
    expect(page.get_by_role("link", name="Download PNG")).to_be_visible()
    expect(page.locator("#field-feather")).to_be_hidden()


def test_keys_move_line_zoom_and_sliders(page) -> None:
    arrive(page)
    line = page.get_by_role("slider", name="How much of the photo")
    line.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    expect(line).to_have_value("10")
    page.locator("zoom-stage").focus()
    page.keyboard.press("1")
    expect(page.locator("[data-zoom-level]")).to_have_text("100 %")
    page.keyboard.press("+")
    expect(page.locator("[data-zoom-level]")).not_to_have_text("100 %")
    page.keyboard.press("0")
    answer = previewed(page, lambda: slide(page, "feather", "ArrowRight", 3))
    assert "feather=0.3" in answer.url or "feather=" in answer.url
    expect(page.locator("#recipe-form output").first).to_have_text("0.3 px")


def test_the_clipboard_holds_the_picture(page, site) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    arrive(page)
    page.get_by_role("button", name="Copy", exact=True).first.click()
    expect(page.locator("[data-download-state]")).to_have_text("Copied as PNG in full size.")
    data = page.evaluate(
        """async () => {
          const [item] = await navigator.clipboard.read();
          const bytes = new Uint8Array(await (await item.getType("image/png")).arrayBuffer());
          return [...bytes];
        }"""
    )
    with Image.open(BytesIO(bytes(data))) as copied:
        assert copied.size == (512, 512) and copied.mode == "RGBA"


def test_a_link_works_for_others_until_it_is_revoked(page, chromium, site) -> None:
    arrive(page)
    page.get_by_role("button", name="Make a link").click()
    link = page.locator("#new-link").input_value()
    context, stranger = opened(chromium, site)
    stranger.expected.append("410")
    stranger.page.goto(link)
    expect(stranger.page.get_by_role("link", name="Download")).to_be_visible()
    assert photos.payload()["name"] not in stranger.page.content()
    page.get_by_role("button", name="Revoke").click()
    expect(page.locator("#shares li.over")).to_contain_text("Revoked")
    stranger.page.reload()
    expect(stranger.page.get_by_role("main")).to_contain_text("This link is over")
    context.close()
    stranger.check()


def test_an_opinion_with_a_reason(page) -> None:
    arrive(page)
    page.get_by_role("button", name="Not good").click()
    page.locator("#feedback-reason").select_option(index=1)
    page.locator("#feedback-text").fill("The hair")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("button", name="Change", exact=True)).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Not good")).to_have_attribute("aria-pressed", "true")


def test_cut_out_again(page) -> None:
    address = arrive(page)
    page.locator("#rerun select").select_option("u2net:fast")
    page.get_by_role("button", name="Cut out", exact=True).click()
    page.wait_for_url(lambda url: "/jobs/" in url and not url.startswith(address))
    page.get_by_role("link", name="Edit mask").wait_for()


def test_without_a_connection_settings_stay(page, watched) -> None:
    watched.expected.append("ERR_INTERNET_DISCONNECTED")
    arrive(page)
    page.context.set_offline(True)
    slide(page, "feather", "ArrowRight", 20)
    expect(page.locator("#panel-error")).to_contain_text("The server is not reached")
    page.context.set_offline(False)
    expect(page.locator("#panel-error")).to_be_hidden()
    page.wait_for_timeout(900)
    page.reload()
    expect(page.locator("#recipe-form output").first).to_have_text("2 px")


def test_a_phone_keeps_the_picture_in_sight(phone) -> None:
    arrive(phone)
    stage, feather = phone.locator("zoom-stage"), phone.locator("#recipe-form [name=feather]")
    feather.scroll_into_view_if_needed()
    box = stage.bounding_box()
    assert (
        box and box["y"] >= 0 and box["height"] > 150
    )  # the panel slides over the page, not over the picture
    before = phone.locator("#picture .after").get_attribute("src")
    at = feather.bounding_box()
    assert at
    phone.touchscreen.tap(at["x"] + at["width"] / 2, at["y"] + at["height"] / 2)
    expect(phone.locator("#picture .after")).not_to_have_attribute("src", before or "")
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
