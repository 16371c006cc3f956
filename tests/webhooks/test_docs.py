"""docs/webhooks.md: its two snippets check what we sign, and refuse what was changed or is old."""

from __future__ import annotations

import json
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from webhooks import delivery, signing
from webhooks.events import EVENTS, TEST

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "webhooks.md").read_text()
SECRET, BODY = signing.new_secret(), '{"type":"job.failed","data":{"name":"Müller.jpg"}}'


def snippet(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found
    return found[1]


def headers(secret: str = SECRET, age: int = 0) -> dict[str, str]:
    old = [signing.new_secret(), secret]  # as while two secrets sign
    return signing.standard(old, "msg_1", int(time.time()) - age, BODY.encode())


NAMES = ("genuine", "altered", "forged", "old")


def case(name: str) -> tuple[str, dict[str, str], str, bool]:
    """(secret, headers, body, whether it is genuine), signed now."""
    cases = {
        "genuine": (SECRET, headers(), BODY, True),
        "altered": (SECRET, headers(), BODY.replace("failed", "succeeded"), False),
        "forged": (SECRET, headers(signing.new_secret()), BODY, False),
        "old": (SECRET, headers(age=600), BODY, False),
    }
    return cases[name]


@pytest.mark.parametrize("name", NAMES)
def test_python(name: str) -> None:
    secret, sent, body, genuine = case(name)
    names: dict[str, Any] = {}
    exec(snippet("python"), names)
    assert names["is_genuine"](secret, sent, body.encode()) is genuine


def test_javascript(tmp_path: Path) -> None:
    program = tmp_path / "check.mjs"
    cases = [case(name) for name in NAMES]
    calls = [[secret, sent, body] for secret, sent, body, _ in cases]
    program.write_text(
        f"{snippet('javascript')}\n"
        f"console.log(JSON.stringify({json.dumps(calls)}.map((each) => isGenuine(...each))));\n"
    )
    answer = subprocess.run(["node", str(program)], capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(answer.stdout) == [genuine for *_, genuine in cases]


def test_the_page_names_every_event_and_the_schedule() -> None:
    assert set(EVENTS) | {TEST} <= set(re.findall(r"`([a-z.]+)`", PAGE))
    assert len(delivery.AGAIN) == 9 and "ten tries" in PAGE
