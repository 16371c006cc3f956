"""The mask editor with real mouse, fingers and keys: nothing is lost, and the result is what the canvas showed."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser import photos
from tests.browser.conftest import opened

pytestmark = [pytest.mark.browser, pytest.mark.weights]

FACE = (0.45, 0.4)  # of the picture: surely kept by the model
WALL = (0.93, 0.1)  # surely removed
READ = """() => {
  const canvas = document.getElementById("picture").cloneNode();
  const context = canvas.getContext("2d");
  context.drawImage(document.getElementById("picture"), 0, 0);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  let text = "";
  for (let i = 0; i < data.length; i += 32768) text += String.fromCharCode(...data.subarray(i, i + 32768));
  return [canvas.width, canvas.height, btoa(text)];
}"""
# How long #loading is shown, the longest time that the page did not answer meanwhile, how often its bar moved.
WATCH = """() => {
  const loading = document.getElementById("loading"), watched = (window.watched = [0, 0, 0]);
  let shown = 0;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) watched[1] = Math.max(watched[1], duration);
  }).observe({ type: "longtask" });
  new MutationObserver(() => {
    if (!loading.hidden) shown ||= performance.now();
    else if (shown) watched[0] ||= performance.now() - shown;
    if (loading.querySelector("[value]")) watched[2] += 1;
  }).observe(loading, { attributes: true, subtree: true, attributeFilter: ["hidden", "value"] });
}"""


@pytest.fixture
def address(page: Page) -> str:
    """Of a job that is done; the page is at its editor."""
    page.goto("/")
    page.locator("[name=photos]").set_input_files([photos.payload()])
    page.wait_for_url("**/jobs/*")
    job = page.url
    page.get_by_role("link", name="Edit mask").click()
    ready(page)
    return job


def ready(page: Page) -> None:
    expect(page.locator("#editor[data-ready=true]")).to_be_visible()


def says(page: Page, words: str) -> None:
    expect(page.locator("#state-words")).to_contain_text(words)


def canvas(page: Page) -> Any:
    """What is on the canvas, H×W×4, when the frames that were asked for are drawn."""
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    width, height, text = page.evaluate(READ)
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(height, width, 4)


def mask(page: Page) -> Any:
    """The picture's part of the canvas in the view Mask: H×W, 0..255."""
    page.get_by_role("button", name="Mask", exact=True).click()
    pixels = canvas(page)
    rows, columns = (np.flatnonzero(pixels[..., 3].any(axis)) for axis in (1, 0))
    return pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1, 0]


def at(levels: Any, place: tuple[float, float]) -> int:
    return int(levels[int(place[1] * levels.shape[0]), int(place[0] * levels.shape[1])])


def on_stage(page: Page, place: tuple[float, float]) -> tuple[float, float]:
    """Where a place of the picture (0..1, when it fits the window) is on the page."""
    box = page.locator("#stage").bounding_box()
    assert box is not None
    side = min(box["width"], box["height"])
    side -= 2 * min(32, box["width"] / 16)
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    return x + (place[0] - 0.5) * side, y + (place[1] - 0.5) * side


def draw(page: Page, place: tuple[float, float], to: tuple[float, float] | None = None) -> None:
    page.mouse.move(*on_stage(page, place))
    page.mouse.down()
    page.mouse.move(*on_stage(page, to or (place[0] + 0.05, place[1])), steps=8)
    page.mouse.up()


def downloaded(page: Page, job: str) -> Any:
    answer = page.request.get(f"{job}/download")
    return np.asarray(Image.open(BytesIO(answer.body())))[..., 3]


def test_draw_undo_save_reload_and_back(page, address) -> None:
    page.keyboard.press("0")
    assert at(mask(page), FACE) == 255
    page.keyboard.press("e")
    draw(page, FACE)
    assert at(mask(page), FACE) == 0
    page.keyboard.press("Control+z")
    assert at(mask(page), FACE) == 255
    page.keyboard.press("Control+y")
    page.keyboard.press("b")
    draw(page, WALL)
    page.get_by_role("button", name="Save").click()
    says(page, "Saved as revision 1. The result shows it.")
    alpha = downloaded(page, address)
    assert (at(alpha, FACE), at(alpha, WALL)) == (0, 255)

    page.reload()
    ready(page)
    says(page, "Everything is saved.")
    assert (at(mask(page), FACE), at(mask(page), WALL)) == (0, 255)
    page.get_by_label("Revisions").click()
    page.get_by_role("button", name="The model's own").click()
    says(page, "The result shows it.")
    assert (at(mask(page), FACE), at(mask(page), WALL)) == (255, 0)
    alpha = downloaded(page, address)
    assert (at(alpha, FACE), at(alpha, WALL)) == (255, 0)


def test_the_result_is_what_the_canvas_showed(page, address) -> None:
    for key in "e[[,,":  # smaller and weaker
        page.keyboard.press(key)
    draw(page, (0.2, 0.2), (0.8, 0.7))
    page.keyboard.press("b")
    draw(page, (0.1, 0.9), (0.9, 0.15))
    page.keyboard.press("m")
    page.keyboard.press("f")
    page.keyboard.press("1")
    shown = mask(page).astype(int)
    page.keyboard.press("Control+s")
    says(page, "The result shows it.")
    result = downloaded(page, address).astype(int)
    assert shown.shape == result.shape
    assert np.abs(shown - result).max() <= 2


def test_a_reload_in_the_middle_loses_nothing(page, address) -> None:
    page.keyboard.press("e")
    draw(page, FACE)
    page.reload()  # at once: before the draft went to the server
    ready(page)
    assert at(mask(page), FACE) == 0
    says(page, "Kept as a draft.")
    page.evaluate("localStorage.clear()")  # as on another device
    page.reload()
    ready(page)
    assert at(mask(page), FACE) == 0
    page.keyboard.press("z")
    assert at(mask(page), FACE) == 255


def test_two_windows_do_not_overwrite_each_other(page, watched, address) -> None:
    watched.expected.append("409")
    other = page.context.new_page()
    other.goto(f"{address}/edit")
    ready(other)
    other.keyboard.press("e")
    draw(other, FACE)
    other.keyboard.press("Control+s")
    says(other, "The result shows it.")
    page.bring_to_front()
    page.keyboard.press("b")
    draw(page, WALL)
    expect(page.get_by_role("alert")).to_contain_text("edited in another window")
    page.get_by_role("button", name="Save mine as the newest").click()
    says(page, "Saved as revision 2. The result shows it.")
    alpha = downloaded(page, address)
    assert (at(alpha, FACE), at(alpha, WALL)) == (255, 255)  # on the base that this window showed
    page.get_by_label("Revisions").click()
    expect(page.locator("#revisions li")).to_have_count(3)


def test_what_another_window_did_is_loaded_and_ones_own_is_added(page, watched, address) -> None:
    watched.expected.append("409")
    other = page.context.new_page()
    other.goto(f"{address}/edit")
    ready(other)
    page.keyboard.press("b")
    other.keyboard.press("e")
    draw(other, FACE)
    says(other, "Kept as a draft.")
    page.bring_to_front()
    draw(page, WALL)
    page.get_by_role("button", name="Load what is there and add mine").click()
    ready(page)
    assert (at(mask(page), FACE), at(mask(page), WALL)) == (0, 0)  # theirs
    page.reload()  # before the question is answered: it is asked again
    ready(page)
    page.get_by_role("button", name="Add them").click()
    assert (at(mask(page), FACE), at(mask(page), WALL)) == (0, 255)  # both
    says(page, "Kept as a draft.")
    page.reload()
    ready(page)
    assert (at(mask(page), FACE), at(mask(page), WALL)) == (0, 255)
    expect(page.get_by_role("alert")).to_be_hidden()


def test_without_a_connection_strokes_are_kept(page, watched, address) -> None:
    watched.expected += ["ERR_INTERNET_DISCONNECTED"]
    page.context.set_offline(True)
    page.keyboard.press("e")
    draw(page, FACE)
    says(page, "Not connected. Your strokes are kept in this browser.")
    page.context.set_offline(False)
    says(page, "Kept as a draft.")


def test_a_lost_session_keeps_the_strokes(page, watched, address) -> None:
    watched.expected += ["403", "404"]
    cookies = page.context.cookies()
    page.context.clear_cookies()
    page.keyboard.press("e")
    draw(page, FACE)
    expect(page.get_by_role("alert")).to_contain_text("Your strokes are kept in this browser")
    page.context.add_cookies(cookies)
    page.goto(f"{address}/edit")
    ready(page)
    assert at(mask(page), FACE) == 0


def test_keys_alone(page, address) -> None:
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    page.keyboard.press("e")
    expect(page.get_by_role("button", name="Erase")).to_have_attribute("aria-pressed", "true")
    size = page.locator("#size-out").inner_text()
    page.keyboard.press("]")
    expect(page.locator("#size-out")).not_to_have_text(size)
    page.keyboard.press("1")
    expect(page.locator("#zoom")).to_have_text("100 %")
    page.keyboard.press("i")
    page.keyboard.press("0")
    assert (at(mask(page), FACE), at(mask(page), WALL)) == (0, 255)
    page.keyboard.press("r")
    assert at(mask(page), FACE) == 255
    page.keyboard.press("z")  # nothing is left to undo
    page.keyboard.press("i")
    page.keyboard.press("Control+s")
    says(page, "The result shows it.")


def test_a_stroke_by_keys_alone(page, address) -> None:
    page.locator("#stage").focus()
    for key in ("e", "k", " "):
        page.keyboard.press(key)
    for _ in range(4):
        page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press(" ")
    middle, above = (0.5, 0.5), (0.5, 0.42)
    assert (at(mask(page), middle), at(mask(page), above)) == (0, 0)
    page.keyboard.press("z")
    assert at(mask(page), middle) == 255
    page.keyboard.press("k")  # arrows move the picture again
    page.keyboard.press("ArrowRight")
    page.keyboard.press("y")
    expect(page.get_by_role("button", name="The model's own")).to_be_focused()


def test_a_click_selects_what_is_there(page, address) -> None:
    page.keyboard.press("a")
    page.mouse.click(*on_stage(page, FACE))
    expect(page.get_by_role("button", name="Erase it")).to_be_visible()
    page.keyboard.press("Delete")
    assert (at(mask(page), FACE), at(mask(page), WALL)) == (0, 0)
    page.keyboard.press("a")
    draw(page, (0.85, 0.05), (0.99, 0.2))  # a box
    page.get_by_role("button", name="Restore it").click()
    assert mask(page)[:, -80:].max() == 255
    shown = at_pixels(page)
    page.keyboard.press("Control+s")
    says(page, "The result shows it.")
    assert np.abs(shown - downloaded(page, address).astype(int)).max() <= 2


MAGENTA = np.array([255, 0, 255])


def test_soft_edges_have_the_colours_of_the_result(page, watched, address) -> None:
    """On a strong colour, px by px against the download; the photo's own colours would be far from it."""
    with Image.open(BytesIO(page.request.get(f"{address}/download").body())) as picture:
        cutout = np.asarray(picture).astype(float)
    soft = (cutout[..., 3] > 10) & (cutout[..., 3] < 245)
    page.keyboard.press("1")
    until(lambda: off_the_result(page, cutout)[soft].mean() < 4)

    watched.expected += ["ERR_FAILED"]
    page.route("**/colours.jpg", lambda route: route.abort())
    page.reload()
    ready(page)
    page.keyboard.press("1")
    assert off_the_result(page, cutout)[soft].mean() > 10
    page.unroute("**/colours.jpg")  # they are asked for again until they come
    until(lambda: off_the_result(page, cutout)[soft].mean() < 4)


def test_edges_that_are_drawn_have_the_colours_of_the_result_too(page, address) -> None:
    for key in "e[[,,,,":  # a soft eraser
        page.keyboard.press(key)
    draw(page, (0.3, 0.1), (0.6, 0.8))
    page.keyboard.press("b")
    draw(page, (0.8, 0.2), (0.9, 0.7))
    page.keyboard.press("1")
    drawn = on_magenta(page)  # a colour was picked: its field has the focus
    page.keyboard.press("Control+s")
    says(page, "The result shows it.")
    with Image.open(BytesIO(page.request.get(f"{address}/download").body())) as picture:
        cutout = np.asarray(picture).astype(float)
    soft = (cutout[..., 3] > 10) & (cutout[..., 3] < 245)
    assert np.abs(drawn - composed(cutout))[soft].mean() < 8
    until(lambda: off_the_result(page, cutout)[soft].mean() < 4)  # with the colours of what was saved


def off_the_result(page: Page, cutout: Any) -> Any:
    return np.abs(on_magenta(page) - composed(cutout)).mean(axis=-1)


def composed(cutout: Any) -> Any:
    opacity = cutout[..., 3:] / 255
    return cutout[..., :3] * opacity + MAGENTA * (1 - opacity)


def on_magenta(page: Page) -> Any:
    """The picture's part of the canvas in the view Cutout, with nothing of what is removed."""
    page.keyboard.press("e")
    page.locator("#backdrops [value=colour]").check(force=True)
    page.locator("#colour").fill("#ff00ff")
    pixels = canvas(page)
    rows, columns = (np.flatnonzero(pixels[..., 3].any(axis)) for axis in (1, 0))
    return pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1, :3].astype(float)


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, "it did not come to that"


def at_pixels(page: Page) -> Any:
    page.keyboard.press("1")
    return mask(page).astype(int)


def test_a_stroke_on_a_large_picture_stays_fluent(page) -> None:
    page.goto("/")
    page.locator("[name=photos]").set_input_files([photos.payload(side=3000)])
    page.wait_for_url("**/jobs/*")
    page.get_by_role("link", name="Edit mask").click()
    ready(page)
    page.keyboard.press("e")
    for _ in range(6):
        page.keyboard.press("]")
    draw(page, (0.1, 0.2), (0.9, 0.8))
    page.mouse.move(*on_stage(page, (0.9, 0.2)))
    page.mouse.down()
    for step in range(60):
        page.mouse.move(*on_stage(page, (0.9 - step / 80, 0.2 + (step % 20) / 40)))
    page.mouse.up()
    frames = page.evaluate("performance.getEntriesByName('stroke-frame').map(({ duration }) => duration)")
    assert len(frames) >= 20
    assert sorted(frames)[len(frames) // 2] < 16  # ms; 1 on a machine that does nothing else
    goes_on_meanwhile(page)


def goes_on_meanwhile(page: Page) -> None:
    """Work on the whole of a large mask is done beside the page, which says how far it is."""
    page.evaluate(WATCH)
    page.keyboard.press("m")
    expect(page.locator("#loading")).to_contain_text("Working on the whole mask")
    expect(page.locator("#loading")).to_be_hidden()
    took, blocked, parts = page.evaluate("watched")
    assert blocked < took / 2  # ms, whatever else the machine does
    assert parts > 2
    page.keyboard.press("z")
    page.keyboard.press("Shift+z")
    assert page.get_by_role("button", name="Undo").is_enabled()


def test_a_lasso_and_a_polygon(page, address) -> None:
    page.keyboard.press("l")
    page.get_by_role("radio", name="Erase").check()
    page.mouse.move(*on_stage(page, (0.35, 0.3)))
    page.mouse.down()
    for place in ((0.55, 0.3), (0.55, 0.5), (0.35, 0.5)):
        page.mouse.move(*on_stage(page, place), steps=4)
    page.mouse.up()
    assert at(mask(page), FACE) == 0
    page.keyboard.press("x")
    page.keyboard.press("p")
    for place in ((0.88, 0.05), (0.98, 0.05), (0.98, 0.15), (0.88, 0.15)):
        page.mouse.click(*on_stage(page, place))
    page.keyboard.press("Enter")
    assert at(mask(page), WALL) == 255


def test_the_smart_brush_asks_the_server(page, address) -> None:
    page.keyboard.press("s")
    page.keyboard.press("x")
    draw(page, FACE)
    says(page, "Kept as a draft.")
    assert at(mask(page), FACE) == 0
    page.reload()
    ready(page)
    assert at(mask(page), FACE) == 0


def test_what_is_removed_shines_through_while_it_can_be_restored(page, address) -> None:
    def shown(place: tuple[float, float]) -> list[int]:
        box = page.locator("#stage").bounding_box()
        assert box is not None
        x, y = on_stage(page, place)
        return canvas(page)[int(y - box["y"]), int(x - box["x"])].tolist()  # type: ignore[no-any-return]

    page.keyboard.press("e")
    wall, face = shown(WALL), shown(FACE)
    page.keyboard.press("b")
    assert shown(WALL) != wall
    assert shown(FACE) == face
    page.keyboard.press("l")  # what it does is restoring, at first
    assert shown(WALL) != wall
    page.keyboard.press("x")
    assert shown(WALL) == wall


def test_a_stroke_in_the_middle_is_left_by_escape(page, address) -> None:
    page.keyboard.press("e")
    page.mouse.move(*on_stage(page, FACE))
    page.mouse.down()
    page.mouse.move(*on_stage(page, (0.6, 0.6)), steps=5)
    page.keyboard.press("Escape")
    page.mouse.up()
    assert at(mask(page), FACE) == 255
    assert page.get_by_role("button", name="Undo").is_disabled()


@contextmanager
def fingers(page: Page) -> Iterator[Callable[..., None]]:
    link = page.context.new_cdp_session(page)

    def touch(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
        link.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    yield touch
    link.detach()


def test_fingers_on_a_phone(phone) -> None:
    phone.goto("/")
    phone.locator("[name=photos]").set_input_files([photos.payload()])
    phone.wait_for_url("**/jobs/*")
    phone.get_by_role("link", name="Edit mask").tap()
    ready(phone)
    phone.get_by_role("button", name="Erase").tap()
    x, y = on_stage(phone, FACE)
    with fingers(phone) as touch:
        touch("touchStart", (x, y))
        for step in range(8):
            touch("touchMove", (x + 3 * step, y))
        touch("touchEnd")
        assert at(mask(phone), FACE) == 0
        before = phone.locator("#zoom").text_content()
        touch("touchStart", (x, y))
        touch("touchStart", (x, y), (x + 40, y))
        for step in range(8):
            touch("touchMove", (x - 5 * step, y), (x + 40 + 5 * step, y))
        touch("touchEnd")
    expect(phone.locator("#zoom")).not_to_have_text(before)
    phone.get_by_role("button", name="Undo").tap()
    expect(phone.get_by_role("button", name="Undo")).to_be_disabled()  # the pinch was no stroke
    size, hardness = (phone.get_by_role("slider", name=name) for name in ("Size", "Hardness"))
    expect(size).to_be_visible()  # what is changed all the time is at hand
    expect(hardness).to_be_hidden()
    phone.get_by_role("button", name="Settings of the tool").tap()
    expect(hardness).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_another_browser_sees_nothing_of_it(page, address, chromium, site) -> None:
    context, stranger = opened(chromium, site)
    for path in ("edit", "mask", "mask/photo", "mask/0.png"):
        assert stranger.page.request.get(f"{address}/{path}").status == 404
    context.close()
