"""Settings of a public site pass Django's own check, and the lock holds what known holes demand."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
LOCK = (ROOT / "requirements.lock").read_text()
# The first version without a hole that what we take in could reach. Raised when an advisory says so.
FLOORS = {
    "django": "5.2.19",  # uploads under ASGI, multipart parts of whitespace (CVE-2026-33033, -33034)
    "pillow": "12.3",  # writes out of bounds by huge boxes, nested coordinates (CVE-2026-42309, -59197, -59199)
    "kombu": "5.7",
    "urllib3": "2.6.3",
    "requests": "2.32.4",
    "jinja2": "3.1.6",
}


@pytest.fixture
def public(tmp_path: Path) -> dict[str, str]:
    """The environment of a site behind TLS."""
    return {
        "PATH": os.environ["PATH"],
        "SITE_URL": "https://cutout.example",
        "BEHIND_PROXY": "on",
        "DATA_DIR": str(tmp_path),
        "SECRET_KEY": "k" * 30 + "0123456789abcdefghijklmnopqrstuvwxyz",
        "DJANGO_SETTINGS_MODULE": "bgsite.settings",
    }


def test_check_deploy_is_clean(public: dict[str, str]) -> None:
    answer = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=public,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    assert "no issues" in answer.stdout + answer.stderr


COOKIES = """
import django, json; django.setup()
from django.test import Client
answer = Client(SERVER_NAME="cutout.example").get("/accounts/login/", secure=True)
print(json.dumps([[key, bool(each["secure"]), each["path"], each["domain"]] for key, each in answer.cookies.items()]))
print(answer["Strict-Transport-Security"])
"""


def test_cookies_of_a_public_site_are_of_this_host_alone(public: dict[str, str]) -> None:
    manage = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(manage, cwd=ROOT, env=public, check=True)
    said = subprocess.run(
        [sys.executable, "-c", COOKIES], cwd=ROOT, env=public, capture_output=True, text=True, check=True
    )
    cookies, hsts = said.stdout.splitlines()[-2:]
    assert json.loads(cookies) == [["__Host-csrftoken", True, "/", ""]]
    assert hsts == "max-age=63072000; includeSubDomains; preload"


@pytest.mark.parametrize("name", FLOORS)
def test_the_lock_is_above_the_floor(name: str) -> None:
    found = re.search(rf"^{name}==(\S+)", LOCK, re.MULTILINE | re.IGNORECASE)
    if found is None:
        assert name not in {"django", "pillow", "kombu", "urllib3"}, "a package that we do use"
        return
    assert Version(found[1]) >= Version(FLOORS[name])


def test_every_requirement_is_locked_with_its_digest() -> None:
    entries = re.split(r"\n(?=[a-z0-9])", LOCK)
    pinned = [entry for entry in entries if "==" in entry.split("\n")[0]]
    assert len(pinned) > 60
    assert [entry.split("\n")[0] for entry in pinned if "--hash=sha256:" not in entry] == []
