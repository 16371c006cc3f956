"""Every page of the site, in both brightnesses, on a phone and a desktop: axe finds nothing serious, nothing is
loaded from elsewhere, the policy is kept, nothing moves while it loads, and nothing is wider than the screen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import running
from tests.browser.conftest import VIOLATIONS, Watched
from tests.browser.pages import Look
from tests.browser.running import Site, Stage

pytestmark = [pytest.mark.browser, pytest.mark.weights]

AXE = Path(__file__).parent / "npm" / "node_modules" / "axe-core" / "axe.min.js"
SCREENS = {"desktop, light": (1280, 800, "light"), "phone, dark": (360, 740, "dark")}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
GRAVE = {"serious", "critical"}
SHIFT = 0.01  # of the layout, summed; 0.1 counts as good elsewhere
# Other people's pages: our policy holds there, their look is theirs.
FOREIGN = {"api-docs", "operators"}
# Pictures come after the first paint, as on any real line: a place that was not kept for them is seen.
FAR_AWAY = {"offline": False, "latency": 60, "downloadThroughput": 500_000, "uploadThroughput": 500_000}
SHIFTS = (
    "self.moved = 0; new PerformanceObserver(list => list.getEntries().forEach(e => "
    "{ if (!e.hadRecentInput) self.moved += e.value; })).observe({type: 'layout-shift', buffered: true});"
)
RUN = """async (tags) => (await axe.run({runOnly: {type: 'tag', values: tags}})).violations.map(
  (found) => [found.impact, found.id, found.nodes.slice(0, 4).map((node) => node.target.join(' ') + ': '
    + node.any.concat(node.all).map((check) => check.message).join('; '))])"""


@pytest.fixture(scope="module")
def axe() -> str:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed (make system)")
    return AXE.read_text()


@pytest.mark.timeout(900)
@pytest.mark.parametrize("screen", SCREENS)
def test_every_page(chromium: Browser, site: Site, stage: Stage, axe: str, screen: str) -> None:
    width, height, brightness = SCREENS[screen]
    wrong: dict[str, list[Any]] = defaultdict(list)
    by_person: dict[str, list[tuple[Look, str]]] = defaultdict(list)
    for look, path in running.all_looks(stage):
        by_person[look.who].append((look, path))
    for who, looks in by_person.items():
        with running.looking(chromium, site, stage, who, width, height, brightness) as page:
            page.context.add_init_script(VIOLATIONS)
            page.context.add_init_script(SHIFTS)
            page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", FAR_AWAY)
            for look, path in looks:
                wrong[look.name] += faults(page, site, look, path, axe)
    assert {name: found for name, found in wrong.items() if found} == {}


def faults(page: Page, site: Site, look: Look, path: str, axe: str) -> Iterator[Any]:
    watched = Watched(page, site, expected=[str(look.status)] if look.status >= 400 else [])
    watched.watch()
    answer = page.goto(path, wait_until="load")
    page.wait_for_selector(look.ready)
    yield from [f"answered {answer.status}"] if answer is None or answer.status != look.status else []
    if look.name not in FOREIGN:
        yield from (found for found in grave(page, axe))
        moved, wide = page.evaluate("self.moved"), too_wide(page)
        yield from [f"moved by {moved:.3f}"] if moved > SHIFT else []
        yield from [f"{wide} px too wide"] if wide else []
    yield from watched.unexpected()
    yield from watched.foreign
    watched.stop()


def grave(page: Page, axe: str) -> list[Any]:
    page.evaluate(axe)
    return [found for found in page.evaluate(RUN, RULES) if found[0] in GRAVE]


def too_wide(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def test_the_first_page_is_there_at_once(chromium: Browser, site: Site, stage: Stage) -> None:
    """Everything that a visitor can press works within a second of processor time; the machine may be busy."""
    with running.looking(chromium, site, stage, "", 1280, 800, "light") as page:
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        page.goto("/", wait_until="load")
        assert page.evaluate("!!customElements.get('drop-zone') && !!customElements.get('before-after')")
        metrics = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
    assert metrics["TaskDuration"] < 1.0, metrics


def test_axe_sees(chromium: Browser, site: Site, stage: Stage, axe: str) -> None:
    """The test above can fail."""
    with running.looking(chromium, site, stage, "", 1280, 800, "light") as page:
        page.goto("/accounts/login/")
        assert grave(page, axe) == []
        page.evaluate("document.querySelector('h1').style.color = '#bbb'")
        page.evaluate("document.querySelector('.brand span').remove()")
        assert {found[1] for found in grave(page, axe)} == {"color-contrast", "link-name"}


def test_a_question_stays_on_a_phones_screen(chromium: Browser, site: Site, stage: Stage) -> None:
    with running.looking(chromium, site, stage, "mara", 360, 740, "light") as page:
        asked = 0
        for name in ("account-keys", "account-presets", "account-webhook", "batch", "job", "gallery"):
            page.goto(stage.paths[name], wait_until="load")
            for place in page.locator(".confirm:has(> summary:visible)").all():
                place.locator("summary").click()
                box = place.locator(":scope > :is(form, .confirm-box)").bounding_box()
                assert box and box["x"] >= 0 and box["x"] + box["width"] <= 360, (
                    name,
                    place.text_content(),
                    box,
                )
                place.locator("summary").click()
                asked += 1
        assert asked > 8


def test_fingers_find_room(chromium: Browser, site: Site, stage: Stage) -> None:
    """What is pressed on a phone is at least 44 px high, and the editor's tools stay in sight beside its settings."""
    with running.looking(chromium, site, stage, "mara", 360, 740, "light") as page:
        for name in (
            "gallery",
            "bulk",
            "batch",
            "review",
            "job",
            "account-keys",
            "account-webhook",
            "mask-editor",
        ):
            page.goto(stage.paths[name], wait_until="load")
            assert page.evaluate(LOW) == [], name
        page.get_by_role("button", name="Settings of the tool").click()
        assert page.evaluate("document.querySelector('.mask-tools').getBoundingClientRect().bottom") <= 740


PRESSED = ".button, .icon-button, .top-link, .tabs a, .segments :is(a, button), .account-nav a, .mask-tool"
LOW = f"""[...document.querySelectorAll('{PRESSED}')]
  .filter((each) => each.checkVisibility() && each.getBoundingClientRect().height < 43.5)
  .map((each) => each.className + ': ' + each.textContent.trim() + ' ' + each.getBoundingClientRect().height)"""
