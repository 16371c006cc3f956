"""Drop, paste, many at once, refusals, and the same without script."""

from __future__ import annotations

import base64
import json

import pytest
from playwright.sync_api import Page, expect

from tests.browser import photos
from tests.servers import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.weights]

CARRY = """({name, type, data}) => {
  const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
  const carried = new DataTransfer();
  carried.items.add(new File([bytes], name, {type}));
  return carried;
}"""


def carried(page: Page, name: str = "astronaut.jpg", data: bytes | None = None):
    given = base64.b64encode(photos.astronaut() if data is None else data).decode()
    return page.evaluate_handle(CARRY, {"name": name, "type": "image/jpeg", "data": given})


def test_drop_anywhere(page) -> None:
    page.goto("/")
    files = carried(page)
    page.dispatch_event("footer", "dragenter", {"dataTransfer": files})
    expect(page.locator("body.dropping")).to_be_visible()
    page.dispatch_event("footer", "drop", {"dataTransfer": files})
    page.wait_for_url("**/jobs/*")
    expect(page.locator("body.dropping")).to_have_count(0)


def test_the_next_photo_is_dropped_on_the_result(page) -> None:
    page.goto("/")
    page.get_by_role("button", name="Try the cat").click()
    page.wait_for_url("**/jobs/*")
    page.get_by_role("link", name="Edit mask").wait_for()
    first = page.url
    files = carried(page)
    on_the_field = page.evaluate(  # of a background, which takes it by itself
        """carried => !document.getElementById("field-picture").dispatchEvent(
             new DragEvent("drop", {dataTransfer: carried, bubbles: true, cancelable: true}))""",
        files,
    )
    assert not on_the_field
    page.dispatch_event("zoom-stage", "drop", {"dataTransfer": files})
    page.wait_for_url(lambda url: "/jobs/" in url and url != first)
    expect(page.get_by_role("heading", name="astronaut.jpg")).to_be_visible()


def test_a_file_that_nothing_takes_does_not_replace_the_page(page) -> None:
    page.goto("/pricing")
    cancelled = page.evaluate(
        """carried => !document.querySelector("main").dispatchEvent(
             new DragEvent("drop", {dataTransfer: carried, bubbles: true, cancelable: true}))""",
        carried(page),
    )
    assert cancelled


def test_a_real_folder_is_dropped(page, tmp_path) -> None:
    """By the browser's own drag and drop, as only this brings folders."""
    shoes = tmp_path / "shoes"
    (shoes / "left" / "old").mkdir(parents=True)
    for path in ("a.jpg", "left/a.jpg", "left/old/b.jpg"):
        (shoes / path).write_bytes(photos.astronaut(64))
    (shoes / "notes.txt").write_text("no picture")
    (shoes / ".DS_Store").write_text("no picture either")
    page.goto("/")
    link = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(shoes)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        link.send("Input.dispatchDragEvent", {"type": kind, "x": 600, "y": 600, "data": data})
    page.wait_for_url("**/bulk/*")
    expect(page.locator(".item[data-state=succeeded]")).to_have_count(3)
    names = [name.strip() for name in page.locator(".item-name").all_inner_texts()]
    assert sorted(names) == ["shoes/a.jpg", "shoes/left/a.jpg", "shoes/left/old/b.jpg"]


def test_paste(page) -> None:
    page.goto("/")
    page.evaluate(
        "carried => document.body.dispatchEvent("
        "new ClipboardEvent('paste', {clipboardData: carried, bubbles: true}))",
        carried(page, "pasted.jpg"),
    )
    page.wait_for_url("**/jobs/*")
    expect(page.get_by_role("heading", name="pasted.jpg")).to_be_visible()


def test_many_share_one_session(page) -> None:
    page.goto("/")
    page.locator("[name=photos]").set_input_files([photos.payload(f"{number}.jpg") for number in range(3)])
    page.wait_for_url("**/bulk/*")
    expect(page.locator(".item")).to_have_count(3)
    expect(page.locator(".item[data-state=succeeded]")).to_have_count(3)
    page.goto("/gallery")
    expect(page.locator(".photo-cell[data-status=succeeded]")).to_have_count(3)


def test_a_bad_file_says_why_and_the_page_stays(page, watched) -> None:
    watched.expected.append("415")
    page.goto("/")
    page.locator("[name=photos]").set_input_files(
        [{"name": "<b>contract</b>.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}]
    )
    row = page.locator(".upload.failed")
    expect(row).to_contain_text("<b>contract</b>.pdf")
    expect(row).to_contain_text("it looks like a PDF")
    assert page.url.endswith("/")


def test_a_private_address_is_refused(page, watched) -> None:
    watched.expected.append("400")
    page.goto("/")
    page.get_by_text("or give its address").click()
    page.get_by_label("Address of a picture").fill("http://127.0.0.1/photo.jpg")
    page.get_by_role("button", name="Fetch").click()
    expect(page.locator(".upload.failed")).to_contain_text("This address cannot be used")


def test_the_server_is_away_and_comes_back(page, watched) -> None:
    watched.expected.append("ERR_INTERNET_DISCONNECTED")
    page.goto("/")
    page.context.set_offline(True)
    page.locator("[name=photos]").set_input_files([photos.payload()])
    expect(page.locator(".upload")).to_contain_text("sent as soon as the connection is back")
    page.context.set_offline(False)
    page.wait_for_url("**/jobs/*")


def test_a_second_photo_cuts_off_no_first(page) -> None:
    """Both are on their way when the first is taken: the page waits for the other."""
    held = []
    page.route("**/upload", lambda route: held.append(route))
    page.goto("/")
    for name in ("first.jpg", "second.jpg"):
        page.locator("[name=photos]").set_input_files([photos.payload(name)])
    expect(page.locator(".upload")).to_have_count(2)
    # The first goes alone, and makes the session. What the page is asked lets Playwright hear of requests.
    wait_until(lambda: bool(page.evaluate("1") and held), "the first request")
    held.pop().continue_()
    expect(page.locator(".upload.done")).to_have_count(1)
    wait_until(lambda: bool(page.evaluate("1") and held), "the second request")
    held.pop().continue_()
    page.wait_for_url("**/gallery")
    expect(page.locator(".photo-cell")).to_have_count(2)


def test_without_script(chromium, site) -> None:
    context = chromium.new_context(base_url=site.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    page.locator("[name=photos]").set_input_files([photos.payload()])
    page.get_by_role("button", name="Send").click()
    page.wait_for_url("**/jobs/*")
    expect(page.get_by_role("link", name="Download PNG")).to_be_visible()
    context.close()


def test_answers_for_programs(chromium, site) -> None:
    context = chromium.new_context(base_url=site.url)
    answer = context.request.get("/nowhere", headers={"accept": "application/json"})
    assert (answer.status, json.loads(answer.text())["code"]) == (404, "not_found")
    context.close()
