"""Settings of remote models that make no sense end at start-up, with a sentence that does not repeat a key."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def started(folder: Path, **given: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DATA_DIR": str(folder), **given}
    script = "from bgsite import settings; print(settings.BRIA_COST_USD, settings.LICENCE_CONTRACTS)"
    return subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True
    )


def test_it_works(tmp_path) -> None:
    answer = started(
        tmp_path, BRIA_API_TOKEN="key", BRIA_COST_USD="0.05", LICENCE_CONTRACTS="bria-rmbg, mine"
    )
    assert answer.stdout == "0.05 ['bria-rmbg', 'mine']\n", answer.stderr


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"BRIA_API_TOKEN": "secret words"}, "printable ASCII"),
        ({"REMOVEBG_BASE_URL": "api.remove.bg"}, "address looks like"),
        ({"BRIA_COST_USD": "cheap"}, "BRIA_COST_USD is 'cheap'; it must be a number."),
        ({"REMOVEBG_COST_USD": "nan"}, "REMOVEBG_COST_USD is nan; it must lie between 0 and 100."),
        ({"REMOTE_TIMEOUT_SECONDS": "180"}, "REMOTE_TIMEOUT_SECONDS must be less than JOB_SECONDS."),
        ({"REMOTE_FALLBACK_MODEL": "bria-api"}, "REMOTE_FALLBACK_MODEL must be a model that runs here."),
        ({"REMOVEBG_SIZE": "preview"}, "REMOVEBG_SIZE is 'preview'; it must be one of auto, full."),
    ],
)
def test_nonsense_is_refused(tmp_path, given, says) -> None:
    answer = started(tmp_path, **given)
    assert answer.returncode == 1
    assert says in answer.stderr
    assert "secret words" not in answer.stderr
