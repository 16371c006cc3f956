"""Pipeline and registry live without Django, and knowing models costs no runtime."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def loaded_by(code: str) -> set[str]:
    """Top-level modules in a fresh interpreter after `code`."""
    script = f"{code}\nimport json, sys\nprint(json.dumps([name for name in sys.modules if '.' not in name]))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout))


def test_pipeline_and_registry_leave_django_alone():
    code = (
        "import pkgutil, importlib, processing.pipeline, processing.registry\n"
        "for room in (processing.pipeline, processing.registry):\n"
        "    for module in pkgutil.walk_packages(room.__path__, room.__name__ + '.'):\n"
        "        importlib.import_module(module.name)\n"
        "import processing.folder"
    )
    loaded = loaded_by(code)
    assert "processing" in loaded
    assert "django" not in loaded


@pytest.mark.parametrize("module", ["specs", "errors", "weights", "cache"])
def test_nothing_heavy_comes_along(module):
    loaded = loaded_by(f"import processing.registry.{module}")
    assert not loaded & {"onnxruntime", "cv2", "rembg", "onnx", "django", "pymatting"}
