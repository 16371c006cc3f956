"""The border to ONNX Runtime."""

import numpy as np
import pytest

from processing.registry.errors import ModelFailedError
from processing.registry.sessions import OnnxSession

from .graphs import SIDE, brightness

BATCH = np.ones((1, 3, SIDE, SIDE), np.float32)


@pytest.fixture
def graph(tmp_path):
    path = tmp_path / "tiny.onnx"
    path.write_bytes(brightness(outputs=7))
    return path


def test_it_works(graph):
    session = OnnxSession(graph, threads=1)
    np.testing.assert_allclose(session.run(BATCH), np.ones((1, 1, SIDE, SIDE)), rtol=1e-5)
    assert session.provider == "cpu"


def test_nothing_is_loaded_before_the_first_run(tmp_path):
    session = OnnxSession(tmp_path / "absent.onnx")
    with pytest.raises(ModelFailedError, match=r"absent\.onnx could not be loaded"):
        session.run(BATCH)


def test_not_a_graph(tmp_path):
    (tmp_path / "bad.onnx").write_bytes(b"hello")
    with pytest.raises(ModelFailedError):
        OnnxSession(tmp_path / "bad.onnx").run(BATCH)


def test_wrong_input(graph):
    with pytest.raises(ModelFailedError, match="failed on a picture"):
        OnnxSession(graph).run(BATCH[:, :, 1:])


def test_unknown_provider(graph):
    with pytest.raises(ModelFailedError, match="no provider 'tpu'"):
        OnnxSession(graph, provider="tpu")


def test_an_absent_provider_falls_back_and_says_so(graph):
    assert OnnxSession(graph, provider="cuda").provider == "cpu"
