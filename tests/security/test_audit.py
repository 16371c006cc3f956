"""What the audit says of the answers that the list of advisories may give."""

from __future__ import annotations

import importlib.util
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
