"""Starts the product with generated content and takes a picture of every page: light and dark, phone and desktop.

    .venv/bin/python scripts/screenshots.py [--out var/screenshots] [--only NAME ...]

Needs Chromium and what the tests need. Its data lies in a folder of its own that is deleted afterwards.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import sync_playwright  # noqa: E402

from tests.browser import running  # noqa: E402
from tests.browser.pages import Look  # noqa: E402

SCREENS = {"phone": (360, 740), "desktop": (1280, 800)}
BRIGHTNESS = ("light", "dark")


def main() -> None:
    parser = argparse.ArgumentParser(description="Pictures of every page.")
    parser.add_argument("--out", type=Path, default=ROOT / "var" / "screenshots")
    parser.add_argument("--only", nargs="*", default=[], help="beginnings of names")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, running.product(Path(folder)) as site:
        stage = running.staged(site)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=running.chromium(), args=running.QUIET.split()
            )
            for screen in SCREENS:
                for brightness in BRIGHTNESS:
                    for look, path in running.all_looks(stage):
                        if not given.only or look.name.startswith(tuple(given.only)):
                            shoot(browser, site, stage, look, path, screen, brightness, given.out)
            browser.close()


def shoot(browser, site, stage, look: Look, path: str, screen: str, brightness: str, out: Path) -> None:  # type: ignore[no-untyped-def]
    width, height = SCREENS[screen]
    with running.looking(browser, site, stage, look.who, width, height, brightness) as page:
        page.goto(path, wait_until="load")
        page.wait_for_selector(look.ready)
        page.wait_for_timeout(250)  # pictures fade in
        page.screenshot(path=out / f"{look.name}-{screen}-{brightness}.png", full_page=look.tall)
    print(f"{look.name}-{screen}-{brightness}", flush=True)


if __name__ == "__main__":
    main()
