"""Makes docs/page-batch.jpg and docs/page-result.jpg: a visitor sends three photos at once and opens a result.

    .venv/bin/python scripts/page_pictures.py

Needs Chromium and what the tests need. Its data lies in a folder of its own that is deleted afterwards.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from PIL import Image  # noqa: E402
from playwright.sync_api import FilePayload, Page, expect, sync_playwright  # noqa: E402

from tests.browser import running, stage  # noqa: E402

WIDTH = 1280  # pixels
MOST = 400_000  # bytes of a picture


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        running.product(Path(folder)) as site,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=running.chromium(), args=running.QUIET.split())
        page = browser.new_page(base_url=site.url, color_scheme="light")
        page.set_default_timeout(60_000)
        send(page)
        shoot(page, "page-batch", 470)
        page.get_by_role("link", name="astronaut.jpg", exact=True).click()
        expect(page.locator("before-after .after")).to_be_visible()
        expect(page.get_by_role("slider", name="How much of the photo")).to_have_value("0")
        page.wait_for_timeout(1500)  # the line has crossed the picture
        shoot(page, "page-result", 860)
        browser.close()


def send(page: Page) -> None:
    page.goto("/bulk")
    page.get_by_label("Name").fill("Autumn catalogue")
    files = [
        FilePayload(name=f"{name}.jpg", mimeType="image/jpeg", buffer=stage.picture(name))
        for name in stage.PHOTOS
    ]
    page.locator("[name=photos]").set_input_files(files)
    page.get_by_role("button", name="Start").click()
    expect(page.locator(".batch-totals")).to_contain_text("Finished", timeout=120_000)


def shoot(page: Page, name: str, height: int) -> None:
    page.set_viewport_size({"width": WIDTH, "height": height})
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    path = ROOT / "docs" / f"{name}.jpg"
    picture.save(path, quality=88, optimize=True)
    assert path.stat().st_size < MOST, path
    print(path)


if __name__ == "__main__":
    main()
