"""Many photos at once: dropped, repaired, packed, reviewed, found again. A tiny net does."""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests import tiny
from tests.browser import running
from tests.browser.running import Site
from tests.browser.test_look import too_wide

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    weights = tmp_path_factory.mktemp("weights")
    tiny.install(weights)
    more = {"MODELS_DIR": str(weights), "GUEST_CREDITS": "60", "SWEEP_SECONDS": "1", "WORKER_NICE": "0"}
    with running.product(tmp_path_factory.mktemp("bulk"), **more) as site:
        yield site


def photo(number: int, size: tuple[int, int] = (64, 48)) -> bytes:
    """A square on a dark ground, each of another shade: bright ones, and dull ones from the twelfth on."""
    pixels = np.full((size[1], size[0], 3), 10 + number, np.uint8)
    pixels[12:36, 16:48] = (250 if number < 12 else 165) - number
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def payload(name: str, data: bytes) -> dict[str, object]:
    return {"name": name, "mimeType": "image/png", "buffer": data}


def photos(count: int, first: int = 0) -> list[dict[str, object]]:
    """The tiny net is sure of the bright ones, and not of the dull ones."""
    return [payload(f"photo {number:02}.png", photo(number)) for number in range(first, first + count)]


def items(page: Page, state: str = ""):
    return page.locator(f".item[data-state={state}]" if state else ".item")


DROP = """files => {
  const carried = new DataTransfer();
  for (const {name, data} of files) {
    const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
    carried.items.add(new File([bytes], name, {type: "image/png"}));
  }
  return carried;
}"""


def drop(page: Page, files: list[dict[str, object]]) -> None:
    told = [{"name": each["name"], "data": base64.b64encode(each["buffer"]).decode()} for each in files]
    page.dispatch_event("main", "drop", {"dataTransfer": page.evaluate_handle(DROP, told)})


def finished(page: Page, done: int) -> None:
    expect(page.locator(".batch-totals")).to_contain_text(f"{done} of {done} done")
    expect(page.locator(".batch-totals")).to_contain_text("Finished")


def batch(page: Page, count: int, first: int = 0) -> None:
    """A finished batch of so many, on its page."""
    page.goto("/bulk")
    page.locator("bulk-form [name=photos]").set_input_files(photos(count, first))
    page.get_by_role("button", name="Start").click()
    page.wait_for_url("**/bulk/*")
    finished(page, count)


def unpacked(page: Page, click) -> dict[str, bytes]:
    with page.expect_download() as download:
        click()
    with zipfile.ZipFile(Path(download.value.path())) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_drop_twenty_repair_one_and_take_the_zip(page) -> None:
    page.goto("/")
    drop(page, [*photos(19), payload("broken.png", photo(19)[:90])])
    page.wait_for_url("**/bulk/*")
    expect(items(page)).to_have_count(20)
    broken = page.locator(".item", has_text="broken.png")
    expect(broken).to_contain_text("damaged or cut off")
    expect(items(page, "succeeded")).to_have_count(19)
    broken.locator("[data-replace]").set_input_files([payload("better.png", photo(19))])
    finished(page, 20)
    files = unpacked(page, lambda: page.get_by_role("link", name="ZIP").click())
    assert sorted(files) == sorted(["better.png", "report.csv", *(f"photo {n:02}.png" for n in range(19))])
    with Image.open(io.BytesIO(files["photo 03.png"])) as cutout:
        assert (cutout.mode, cutout.size) == ("RGBA", (64, 48))
    table = files["report.csv"].decode("utf-8-sig").splitlines()
    assert len(table) == 21
    assert sum(",succeeded," in line for line in table) == 20


def test_what_did_not_arrive_is_told_and_sent_again(page, watched) -> None:
    """The page is left while files are on their way; who comes back sees which are missing, and sends these alone."""
    sent = []

    def some_arrive(route) -> None:
        if (
            b"photo 00" in (route.request.post_data_buffer or b"")
            or b'name="names"' in route.request.post_data_buffer
        ):
            route.continue_()

    page.route("**/bulk/*/items", some_arrive)
    page.goto("/bulk")
    page.locator("bulk-form [name=photos]").set_input_files(photos(4))
    page.get_by_role("button", name="Start").click()
    page.wait_for_url("**/bulk/*")
    expect(items(page, "succeeded")).to_have_count(1)
    address = page.url
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto("/gallery")
    page.unroute("**/bulk/*/items")
    page.goto(address)
    expect(page.locator("#missing")).to_contain_text("3 files did not arrive")
    page.on("request", lambda request: sent.append(request.url) if request.url.endswith("/items") else None)
    page.locator("[data-again-files]").set_input_files(photos(4))
    finished(page, 4)
    assert len(sent) == 2 + 3, "which are missing, the names, and these"


def test_a_connection_lost_in_the_midst_of_it(page, watched) -> None:
    """Longer than it takes for all tries: nothing has to be chosen again when it is back."""
    watched.expected.append("ERR_INTERNET_DISCONNECTED")
    away = [True]

    def cut(route) -> None:
        body = route.request.post_data_buffer or b""
        goes = not away[0] or b'name="names"' in body or b"photo 00" in body
        route.continue_() if goes else route.abort("internetdisconnected")

    page.route("**/bulk/*/items", cut)
    page.route("**/healthz", cut)
    page.goto("/bulk")
    page.locator("bulk-form [name=photos]").set_input_files(photos(4))
    page.get_by_role("button", name="Start").click()
    page.wait_for_url("**/bulk/*")
    expect(page.locator(".item", has_text="Not reached")).to_have_count(3)
    away.clear()
    away.append(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    finished(page, 4)
    expect(page.locator("[data-sending]")).to_be_hidden()


def test_pause_resume_and_cancel(page) -> None:
    page.goto("/bulk")
    page.locator("bulk-form [name=photos]").set_input_files(photos(8))
    page.get_by_role("button", name="Start").click()
    page.wait_for_url("**/bulk/*")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".batch-totals")).to_contain_text("Paused")
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.locator("summary", has_text="Cancel").click()
    page.get_by_role("button", name="Cancel the rest").click()
    expect(page.locator(".batch-totals")).to_contain_text("Cancelled")
    page.goto("/bulk")
    expect(page.locator(".batch-list li").first).to_contain_text("Cancelled")


def test_a_zip_and_a_folder(page, tmp_path) -> None:
    folder = tmp_path / "shoes"
    (folder / "left").mkdir(parents=True)
    (folder / "a.png").write_bytes(photo(1))
    (folder / "left" / "a.png").write_bytes(photo(2))
    (folder / "notes.txt").write_text("not a picture")
    with zipfile.ZipFile(tmp_path / "more.zip", "w") as archive:
        archive.writestr("right/b.png", photo(3))
    page.goto("/bulk")
    page.locator("bulk-form [name=photos]").set_input_files(photos(2, first=30))  # by mistake
    expect(page.locator("[data-chosen]")).to_contain_text("2 photos")
    page.get_by_role("button", name="Choose anew").click()
    expect(page.locator("[data-chosen]")).to_be_empty()
    expect(page.get_by_role("button", name="Start")).to_be_disabled()
    page.locator("[data-folder]").set_input_files(folder)
    page.locator("[name=archive]").set_input_files(tmp_path / "more.zip")
    expect(page.locator("[data-chosen]")).to_contain_text("2 photos, 1 ZIP")
    expect(page.locator("[data-chosen]")).to_contain_text("1 other file left out")
    page.get_by_role("button", name="Start").click()
    page.wait_for_url("**/bulk/*")
    finished(page, 3)
    names = page.locator(".item-name").all_inner_texts()
    assert sorted(name.strip() for name in names) == ["right/b.png", "shoes/a.png", "shoes/left/a.png"]


def test_review_by_keys_alone(page) -> None:
    batch(page, 3, first=14)
    review = page.get_by_role("link", name=re.compile("^Review"))
    review.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/review")
    first = page.get_by_role("heading").inner_text()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading")).not_to_have_text(first)
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("heading")).to_have_text(first)
    page.keyboard.press("a")
    expect(page.get_by_role("heading")).not_to_have_text(first)
    page.keyboard.press("r")
    expect(page.get_by_label("Model")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("is made again")
    page.keyboard.press("Escape")
    page.wait_for_url(re.compile(r"/bulk/[^/]+$"))
    finished(page, 3)
    expect(page.locator(".item a.unsure")).to_have_count(2)
    page.locator(".item a.unsure").first.click()
    page.wait_for_url("**/review?item=*")
    page.keyboard.press("e")
    page.wait_for_url("**/edit?review=*")


def test_select_with_shift_and_keys_delete_and_move(page) -> None:
    batch(page, 6)
    page.goto("/gallery")
    cells = page.locator(".photo-cell")
    expect(cells).to_have_count(6)
    count = page.locator("[data-selected-count]")
    cells.nth(0).hover()
    cells.nth(0).locator(".tick").click()
    cells.nth(3).locator("a").click(modifiers=["Shift"])
    expect(count).to_have_text("4 selected")
    page.keyboard.press("Escape")
    expect(page.locator(".selection-bar")).to_be_hidden()
    cells.nth(0).locator("a").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowLeft")
    expect(count).to_have_text("2 selected")
    files = unpacked(page, lambda: page.get_by_role("button", name="ZIP").click())
    assert len(files) == 2
    page.locator("[data-move] summary").click()
    page.get_by_placeholder("Name").last.fill("Spring shoes")
    page.keyboard.press("Enter")
    expect(page.locator(".filters [name=folder]")).to_contain_text("Spring shoes")
    page.get_by_label("Folder", exact=True).select_option(label="Spring shoes")
    expect(page.locator("[data-found]")).to_contain_text("2 found")
    expect(cells).to_have_count(2)
    page.go_back()
    expect(cells).to_have_count(6)
    cells.nth(0).locator("a").focus()
    page.keyboard.press("Control+a")
    expect(count).to_have_text("6 selected")
    page.keyboard.press("Delete")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing here yet")).to_be_visible()


def test_deleting_while_the_server_is_away(page, watched) -> None:
    watched.expected.append("ERR_INTERNET_DISCONNECTED")
    batch(page, 2)
    page.goto("/gallery")
    expect(page.locator(".photo-cell")).to_have_count(2)
    page.locator(".photo-cell a").first.focus()
    page.keyboard.press("Control+a")
    page.context.set_offline(True)
    page.keyboard.press("Delete")
    page.keyboard.press("Enter")
    expect(page.locator(".flash.error")).to_contain_text("the rest is untouched")
    expect(page.locator(".photo-cell")).to_have_count(2)


def test_a_phone(phone) -> None:
    phone.goto("/")
    camera = phone.locator("input[capture]")
    assert camera.get_attribute("capture") == "environment"
    expect(phone.get_by_text("Take a photo")).to_be_visible()
    camera.set_input_files([photos(1)[0]])
    phone.wait_for_url("**/jobs/*")
    phone.goto("/")
    phone.locator("[name=photos]").set_input_files(photos(3))
    phone.wait_for_url("**/bulk/*")
    finished(phone, 3)
    assert too_wide(phone) == 0, "a batch"
    phone.get_by_role("link", name=re.compile("^Review")).tap()
    phone.wait_for_url("**/review")
    assert too_wide(phone) == 0, "the review"
    for path in ("/bulk", "/gallery"):
        phone.goto(path)
        assert too_wide(phone) == 0, path
    phone.locator(".photo-cell .tick").first.tap()
    expect(phone.locator(".selection-bar")).to_be_visible()
    assert too_wide(phone) == 0, "the bar of the selection"
    phone.locator("[data-again] summary").tap()
    box = phone.locator("[data-again] .confirm-box").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 360 and box["y"] >= 0


def test_bad_files_are_told_one_by_one(page) -> None:
    """None of them stops another, or the page."""
    bad = {
        "empty.png": b"",
        "page.png": b"<!doctype html><p>",
        "cut.png": photo(1)[:70],
        "text.png": b"a" * 400,
    }
    page.goto("/")
    drop(page, [payload(name, data) for name, data in bad.items()] + photos(1))
    page.wait_for_url("**/bulk/*")
    expect(items(page, "refused")).to_have_count(4)
    expect(items(page, "succeeded")).to_have_count(1)
    for words in ("The file is empty", "looks like a web page"):
        expect(page.locator("#items")).to_contain_text(words)
    expect(page.get_by_role("button", name="Retry failed")).to_have_count(0)


def test_without_script(chromium, site) -> None:
    context = chromium.new_context(base_url=site.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/bulk")
    page.locator("[name=photos]").set_input_files(photos(2))
    page.get_by_role("button", name="Start").click()
    page.wait_for_url("**/bulk/*")
    expect(items(page)).to_have_count(2)
    page.get_by_role("link", name="In work").click() if page.get_by_role(
        "link", name="In work"
    ).count() else None
    page.goto("/gallery")
    page.locator("[name=jobs]").first.check()
    page.locator("[data-delete] summary").click()
    page.get_by_role("button", name="Delete them").click()
    expect(page.get_by_text("1 photo is deleted.")).to_be_visible()
    context.close()


def test_polls_are_empty_while_nothing_changes(page) -> None:
    statuses: list[int] = []
    page.goto("/bulk")
    page.locator("bulk-form [name=photos]").set_input_files(photos(3))
    page.get_by_role("button", name="Start").click()
    page.wait_for_url("**/bulk/*")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".batch-totals")).to_contain_text("Paused")
    page.wait_for_timeout(3000)  # whatever runs is brought to its end
    page.on("response", lambda answer: statuses.append(answer.status) if "/changes" in answer.url else None)
    with page.expect_response("**/changes**"):
        pass
    with page.expect_response("**/changes**"):
        pass
    assert statuses[-1] == 204, json.dumps(statuses)
