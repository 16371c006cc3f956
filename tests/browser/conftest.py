"""The product as people start it (`prepare`, then `up`: one web process, one worker), and a real Chromium."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests.servers import free_port, wait_until

ROOT = Path(__file__).resolve().parents[2]
QUIET = (
    "--disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update "
    "--disable-sync --disable-dev-shm-usage"
)
VIOLATIONS = (
    "addEventListener('securitypolicyviolation', event => "
    "console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`))"
)
STARTED = 60.0  # seconds the product may take to answer
expect.set_options(timeout=60_000)  # a look takes a second, and ten on a machine that does other things too


@dataclass
class Site:
    url: str
    host: str
    folder: Path


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder, port = tmp_path_factory.mktemp("site"), free_port()
    environment = {
        **{key: value for key, value in os.environ.items() if key not in {"DATABASE_URL", "BROKER_URL"}},
        "DJANGO_SETTINGS_MODULE": "bgsite.settings",
        "DATA_DIR": str(folder),
        "MODELS_DIR": str(settings.MODELS_DIR),
        "PORT": str(port),
        "GUESTS_PER_HOUR": "1000",
        "LOG_LEVEL": "WARNING",
    }
    manage = [sys.executable, "manage.py"]
    prepared = subprocess.run(
        [*manage, "prepare"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert prepared.returncode == 0, prepared.stderr[-2000:]
    with (folder / "up.log").open("w") as log:
        product = subprocess.Popen([*manage, "up"], cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        wait_until(lambda: ready(port), f"the site at port {port}", STARTED)
        yield Site(f"http://127.0.0.1:{port}", f"127.0.0.1:{port}", folder)
    finally:
        product.send_signal(signal.SIGINT)
        product.wait(timeout=60)


def ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
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
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self._asked(request.url))

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def _asked(self, url: str) -> None:
        if not url.startswith((self.site.url, "data:", "blob:")):
            self.foreign.append(url)

    def check(self) -> None:
        unexpected = [text for text in self.complaints if not any(part in text for part in self.expected)]
        assert unexpected == []
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
