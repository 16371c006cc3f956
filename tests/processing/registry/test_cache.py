"""One predictor per model and process."""

import os
import threading

import pytest

from processing.registry import cache
from processing.registry.errors import UnknownModelError, WeightsCorruptError, WeightsMissingError
from processing.registry.specs import SPECS

from .graphs import brightness, put, tiny

NAMES = ("u2net", "u2netp", "silueta")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    data = brightness()
    for name in NAMES:
        spec = tiny(data, name)
        monkeypatch.setitem(SPECS, name, spec)
        put(tmp_path, spec, data)
    cache.clear()
    yield tmp_path
    cache.clear()


def test_it_works(folder):
    first = cache.get("u2net", folder)
    assert first.spec.name == "u2net"
    assert cache.get("u2net", folder) is first
    assert len(first.weights_id) == 12


def test_unknown_model(folder):
    with pytest.raises(UnknownModelError):
        cache.get("../u2net", folder)


def test_missing_and_corrupt_are_told_apart(folder):
    (folder / "u2net.onnx").write_bytes(b"rotten")
    with pytest.raises(WeightsCorruptError):
        cache.get("u2net", folder)
    (folder / "u2net.onnx").unlink()
    with pytest.raises(WeightsMissingError):
        cache.get("u2net", folder)


def test_the_one_used_longest_ago_goes(folder):
    first, second = (cache.get(name, folder) for name in NAMES[:2])
    assert cache.get(NAMES[0], folder) is first
    cache.get(NAMES[2], folder)
    assert cache.get(NAMES[0], folder) is first
    assert cache.get(NAMES[1], folder) is not second


def test_two_threads_load_once(folder, monkeypatch):
    made, gate = [], threading.Barrier(4)
    real = cache._make
    monkeypatch.setattr(cache, "_make", lambda *key: (made.append(key), real(*key))[1])

    def ask():
        gate.wait()
        cache.get("u2net", folder)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_forked_child_starts_anew(folder):
    cache.get("u2net", folder)
    child = os.fork()
    if child == 0:
        os._exit(len(cache._loaded))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert len(cache._loaded) == 1
