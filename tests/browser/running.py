"""The product as people start it (`prepare`, then `up`), the stage in it, and a browser that looks at a page."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from tests.browser.pages import LOOKS, MORE, Look
from tests.servers import free_port, wait_until

ROOT = Path(__file__).resolve().parents[2]
QUIET = (
    "--disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update "
    "--disable-sync --disable-dev-shm-usage"
)
STARTED = 60.0  # seconds the product may take to answer


@dataclass
class Site:
    url: str
    host: str
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Stage:
    """Ids of things, paths of pages by the names of looks, and cookies of people."""

    things: dict[str, str]
    paths: dict[str, str]
    cookies: dict[str, str]


@contextmanager
def product(folder: Path, **settings: str) -> Iterator[Site]:
    port = free_port()
    environment = {
        **{key: value for key, value in os.environ.items() if key not in {"DATABASE_URL", "BROKER_URL"}},
        "DJANGO_SETTINGS_MODULE": "bgsite.settings",
        "MODELS_DIR": os.environ.get("MODELS_DIR", str(ROOT / "var" / "models")),
        "DATA_DIR": str(folder),
        "PORT": str(port),
        "GUESTS_PER_HOUR": "1000",
        "WORKER_NICE": "0",
        "LOG_LEVEL": "WARNING",
        **settings,
    }
    manage = [sys.executable, "manage.py"]
    prepared = subprocess.run(
        [*manage, "prepare"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert prepared.returncode == 0, prepared.stderr[-2000:]
    with (folder / "up.log").open("w") as log:
        process = subprocess.Popen([*manage, "up"], cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        wait_until(lambda: ready(port), f"the site at port {port}", STARTED)
        yield Site(f"http://127.0.0.1:{port}", f"127.0.0.1:{port}", folder, environment)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


def ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def staged(site: Site) -> Stage:
    """Puts the people of tests.browser.stage into the product."""
    made = subprocess.run(
        [sys.executable, "-m", "tests.browser.stage"],
        cwd=ROOT, env=site.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr[-3000:]
    return Stage(**json.loads(made.stdout.splitlines()[-1]))


def all_looks(stage: Stage) -> Iterator[tuple[Look, str]]:
    """Every page with its path."""
    for look in (look for looks in LOOKS.values() for look in looks):
        yield look, stage.paths[look.name]
    yield from MORE


def chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextmanager
def looking(
    browser: Browser, site: Site, stage: Stage, who: str, width: int, height: int, brightness: str, **options: Any
) -> Iterator[Page]:  # fmt: skip
    """A new browser of somebody on a screen of this size."""
    context = browser.new_context(
        base_url=site.url, viewport={"width": width, "height": height}, color_scheme=brightness,
        is_mobile=width < 500, has_touch=width < 500, **options,
    )  # fmt: skip
    context.set_default_timeout(60_000)
    if who:
        cookie = {"name": "sessionid", "value": stage.cookies[who], "url": site.url}
        context.add_cookies([cookie])  # type: ignore[list-item]
    try:
        yield context.new_page()
    finally:
        context.close()
