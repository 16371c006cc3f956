"""Imports point one way: what the web process loads stays light."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def loaded_after(code: str) -> set[str]:
    script = f"import sys\n{code}\nprint('\\n'.join(sys.modules))"
    answer = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return {line.partition(".")[0] for line in answer.stdout.splitlines()}


def test_the_web_process_loads_no_model_and_no_opencv() -> None:
    web = loaded_after(
        "import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'tests.settings'\n"
        "import bgsite.wsgi\nfrom django.urls import get_resolver\nget_resolver().url_patterns"
    )
    assert {"django", "PIL"} <= web
    assert not web & {"onnxruntime", "cv2", "rembg", "pymatting", "numba", "scipy", "skimage"}
