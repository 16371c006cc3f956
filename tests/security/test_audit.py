"""What the audit says of the answers that the list of advisories may give."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

FILE = Path(__file__).resolve().parents[2] / "scripts" / "audit.py"
FINE = {"name": "pillow", "version": "13.0", "vulns": []}
HOLED = {"name": "kombu", "version": "5.0", "vulns": [{"id": "CVE-2026-1", "fix_versions": ["5.7"]}]}
UNASKED = {"name": "celery", "skip_reason": "not found"}


@pytest.fixture(scope="module")
def audit() -> Any:
    spec = importlib.util.spec_from_file_location("audit", FILE)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("packages", "strict", "code"),
    [([FINE], True, 0), ([FINE, HOLED], False, 1), ([FINE, UNASKED], False, 0), ([FINE, UNASKED], True, 1)],
)
def test_the_verdict(audit: Any, packages: list[dict[str, Any]], strict: bool, code: int) -> None:
    assert audit.report(packages, strict) == code


def test_a_hole_is_named_with_its_repair(audit: Any, capsys: pytest.CaptureFixture[str]) -> None:
    audit.report([HOLED], strict=False)
    assert "kombu 5.0: CVE-2026-1, repaired in 5.7" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("packages", "said"),
    [
        ([FINE], "audit: done: 1 of 1 packages asked about, 0 known holes"),
        ([FINE, UNASKED], "audit: DONE IN PART: 1 of 2 packages"),
        ([UNASKED, UNASKED], "audit: NOT DONE: 0 of 2 packages"),
    ],
)
def test_what_was_not_asked_is_said(
    audit: Any, capsys: pytest.CaptureFixture[str], packages: Any, said: str
) -> None:
    audit.report(packages, strict=False)
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(("arguments", "code"), [([], 0), (["--strict"], 1)])
def test_without_any_answer_it_says_that_it_was_not_done(
    audit: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
) -> None:
    unreachable = [sys.executable, "-c", "raise SystemExit('Name or service not known')"]
    monkeypatch.setattr(audit, "TOOL", unreachable)
    assert audit.main(arguments) == code
    assert "audit: NOT DONE, no answer: Name or service not known" in capsys.readouterr().out
