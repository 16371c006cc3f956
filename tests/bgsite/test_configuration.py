"""docs/configuration.md names every variable that the settings read, and none that they do not."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READ = re.compile(r"""env_[a-z]+\(\s*f?["']([A-Z][A-Z0-9_]+)""")
COMPOSED = {"STRIPE_PRICE_"}  # a family of names that is put together in the settings


def read_by_settings() -> set[str]:
    return set(READ.findall((ROOT / "bgsite" / "settings.py").read_text())) - COMPOSED


def named_in_the_page() -> set[str]:
    rows = [
        line.split("|")[1]
        for line in (ROOT / "docs" / "configuration.md").read_text().splitlines()
        if "|" in line
    ]
    names = set(re.findall(r"`([A-Z][A-Z0-9_]+)`", " ".join(rows)))
    return {name for name in names if not name.startswith(tuple(COMPOSED))}


def test_every_variable_is_in_the_page_and_every_name_is_read() -> None:
    assert {"DATA_DIR", "DATABASE_URL", "S3_BUCKET", "INFERENCE_ENGINE"} <= read_by_settings()
    assert read_by_settings() == named_in_the_page()
