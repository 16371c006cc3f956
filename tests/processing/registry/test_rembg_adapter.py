"""rembg behind our interface: it may not download, may not end the process, and keeps the environment."""

import os
import sys
import types

import numpy as np
import pytest
from PIL import Image

from processing.registry.errors import ModelFailedError, WeightsMissingError
from processing.registry.rembg_adapter import RembgPredictor
from processing.registry.specs import get_spec

from .graphs import put, tiny

PICTURE = np.zeros((20, 30, 3), np.uint8)


class FakeSession:
    """Answers as many masks as it is told, of rising brightness in their own corner."""

    def __init__(self, masks=1):
        self.masks = masks
        self.asked = {}

    def predict(self, image, **options):
        self.asked = options
        found = []
        for number in range(self.masks):
            mask = Image.new("L", image.size)
            mask.putpixel((number, 0), 255)
            found.append(mask)
        return found


@pytest.fixture
def fake_rembg(monkeypatch):
    """A stand-in for the package; `made` records what was asked of it and where it would look."""
    module = types.ModuleType("rembg")
    module.made = []
    module.session = FakeSession()

    def new_session(name, sess_opts=None, **options):
        module.made.append((name, os.environ["U2NET_HOME"], options))
        if isinstance(module.session, BaseException):
            raise module.session
        return module.session

    module.new_session = new_session
    monkeypatch.setitem(sys.modules, "rembg", module)
    return module


def adapted(folder, name="dis_custom"):
    spec = tiny(b"x", name)
    put(folder, spec, b"x")
    return RembgPredictor(spec, "abc", folder)


def test_it_works(fake_rembg, tmp_path, monkeypatch):
    monkeypatch.setenv("U2NET_HOME", "/before")
    alpha = adapted(tmp_path).predict(PICTURE)
    assert (alpha.shape, alpha.dtype, alpha.max()) == ((20, 30), np.float32, 1.0)
    assert fake_rembg.made == [
        ("dis_custom", str(tmp_path), {"model_path": str(tmp_path / "dis_custom.onnx")})
    ]
    assert os.environ["U2NET_HOME"] == "/before"


def test_several_masks_become_one(fake_rembg, tmp_path):
    fake_rembg.session = FakeSession(masks=3)
    np.testing.assert_array_equal(adapted(tmp_path).predict(PICTURE)[0, :4], [1, 1, 1, 0])
    assert fake_rembg.session.asked == {}


def test_an_own_file_is_named(fake_rembg, tmp_path):
    adapted(tmp_path, "u2net_custom").predict(PICTURE)
    assert fake_rembg.made[0][2] == {"model_path": str(tmp_path / "u2net_custom.onnx")}


def test_rembg_never_downloads(fake_rembg, tmp_path):
    with pytest.raises(WeightsMissingError):
        RembgPredictor(get_spec("u2net_custom"), "abc", tmp_path).predict(PICTURE)
    assert fake_rembg.made == []


def test_rembg_cannot_end_the_process(fake_rembg, tmp_path, monkeypatch):
    monkeypatch.delenv("U2NET_HOME", raising=False)
    fake_rembg.session = SystemExit(1)
    with pytest.raises(ModelFailedError, match="could not load"):
        adapted(tmp_path).predict(PICTURE)
    assert "U2NET_HOME" not in os.environ


@pytest.mark.parametrize("session", [FakeSession(masks=0), object()])
def test_no_mask_is_an_error(fake_rembg, tmp_path, session):
    fake_rembg.session = session
    with pytest.raises(ModelFailedError):
        adapted(tmp_path).predict(PICTURE)
