"""The real weights, for the few tests that need them."""

import os
from pathlib import Path

import pytest

from processing.registry.specs import get_spec
from processing.registry.weights import fetch


@pytest.fixture(scope="session")
def real_models():
    """The models folder of this checkout with the verified u2net weights, fetched when they are not there."""
    folder = Path(os.environ.get("MODELS_DIR") or Path(__file__).resolve().parents[3] / "var" / "models")
    fetch(get_spec("u2net"), folder)
    return folder


@pytest.fixture
def rembg_session(real_models, monkeypatch):
    """rembg's own u2net session on the same file; the network is never asked for it."""
    monkeypatch.setenv("U2NET_HOME", str(real_models))
    from rembg import new_session

    return new_session("u2net", providers=["CPUExecutionProvider"])
