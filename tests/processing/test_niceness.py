from __future__ import annotations

import os
import subprocess
import sys

import pytest

PROGRAM = """
import django; django.setup()
from processing.niceness import step_back
step_back(); import os; print(os.nice(0))
try: print(open("/proc/self/autogroup").read().split()[-1])
except OSError: print("none")
"""


@pytest.mark.parametrize(("asked", "found"), [("7", 7), ("0", 0)])
def test_a_worker_steps_back(asked, found):
    surroundings = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings", "WORKER_NICE": asked}
    already = os.nice(0)
    said = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=surroundings, capture_output=True, text=True, check=True,
        start_new_session=True,
    ).stdout.split()  # fmt: skip
    assert int(said[-2]) == max(found, already)
    # Where the system shares cores between sessions, the session steps back, too.
    assert said[-1] in {"none", str(found) if found > already else "0"}
