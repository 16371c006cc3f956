"""The product as people start it (`prepare`, then `up`: one web process, one worker), and a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    Request,
    expect,
    sync_playwright,
)

from processing.registry.specs import SPECS
from tests.browser import running
from tests.browser.running import QUIET, Site, Stage
from tests.processing.registry import sam_graphs

VIOLATIONS = (
    "addEventListener('securitypolicyviolation', event => "
    "console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`))"
)
expect.set_options(timeout=60_000)  # a look takes a second, and ten on a machine that does other things too


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    models = with_sam(tmp_path_factory.mktemp("models"))
    with running.product(tmp_path_factory.mktemp("site"), MODELS_DIR=str(models)) as site:
        yield site


def with_sam(folder: Path) -> Path:
    """The weights of this machine, and a tiny Segment Anything beside them."""
    for file in settings.MODELS_DIR.glob("*"):
        if file.is_file():
            (folder / file.name).symlink_to(file.resolve())
    sam_graphs.install(folder, SPECS["sam"])
    return folder


@pytest.fixture(scope="session")
def stage(site: Site) -> Stage:
    return running.staged(site)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = running.chromium()
    if path is None:
        pytest.skip("Chromium is not installed (apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET.split())
        yield browser
        browser.close()


@dataclass
class Watched:
    """A page whose every complaint is kept; `expected` are parts of those that a test means to provoke."""

    page: Page
    site: Site
    expected: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def watch(self) -> None:
        self.page.on("console", self._said)
        self.page.on("pageerror", self._failed)
        self.page.on("request", self._asked)

    def stop(self) -> None:
        self.page.remove_listener("console", self._said)
        self.page.remove_listener("pageerror", self._failed)
        self.page.remove_listener("request", self._asked)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def _failed(self, error: Error) -> None:
        self.complaints.append(str(error))

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.site.url, "data:", "blob:")):
            self.foreign.append(request.url)

    def unexpected(self) -> list[str]:
        return [text for text in self.complaints if not any(part in text for part in self.expected)]

    def check(self) -> None:
        assert self.unexpected() == []
        assert self.foreign == []


def opened(chromium: Browser, site: Site, **options: object) -> tuple[BrowserContext, Watched]:
    context = chromium.new_context(base_url=site.url, accept_downloads=True, **options)  # type: ignore[arg-type]
    context.add_init_script(VIOLATIONS)
    context.set_default_timeout(60_000)
    watched = Watched(context.new_page(), site)
    watched.watch()
    return context, watched


@pytest.fixture
def watched(chromium: Browser, site: Site) -> Iterator[Watched]:
    context, watched = opened(chromium, site, viewport={"width": 1280, "height": 800})
    yield watched
    context.close()
    watched.check()


@pytest.fixture
def page(watched: Watched) -> Page:
    return watched.page


@pytest.fixture
def phone(chromium: Browser, site: Site) -> Iterator[Page]:
    context, watched = opened(
        chromium, site, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True
    )
    yield watched.page
    context.close()
    watched.check()
