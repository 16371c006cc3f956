"""50 MP within 2 GB: the whole way in a process of its own, with room left for a net. Quarter of a minute."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
NET_MB = 350  # what a worker holds besides: ONNX Runtime with u2net in INT8, Django, Celery

MAKE = """
import sys
import cv2
import numpy as np
import simplejpeg
from processing.pipeline.probe import Limits
from processing.pipeline.recipe import Recipe
from processing.pipeline.run import cutout
from tests.memory import peak_kb

def predict(rgb):
    disc = np.zeros((320, 320), np.float32)
    cv2.circle(disc, (160, 160), 90, 1, -1)
    return cv2.GaussianBlur(disc, (0, 0), 4)

random = np.random.default_rng(1)
small = cv2.GaussianBlur(random.integers(0, 256, (410, 615, 3), np.uint8), (0, 0), 3)
photo = simplejpeg.encode_jpeg(cv2.resize(small, (8660, 5773), interpolation=cv2.INTER_LINEAR), 80)
made = cutout(photo, predict, Recipe.from_canonical(sys.argv[1]), Limits(max_bytes=100_000_000))
assert (made.width, made.height) == (8660, 5773), (made.width, made.height)
print(peak_kb() // 1024)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "recipe",
    ["", "preset=best", "depth=16", "feather=10&holes=open", "background=blur:4&format=ora&shadow=3d"],
)
def test_fifty_megapixels_fit_into_two_gigabytes(recipe):
    command = [sys.executable, "-c", MAKE, recipe]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) < 2000 - NET_MB
