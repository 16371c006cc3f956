"""INT8 weights are used only where a verdict about this file on this machine says so."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest

from processing.registry import cache, optimize
from processing.registry.errors import ModelFailedError, WeightsMissingError
from processing.registry.specs import SPECS, get_spec

from .graphs import brightness, put, tiny

GOOD = {"difference": 0.001, "overlap": 0.999, "speed": 2.0}


@pytest.fixture
def spec(monkeypatch, tmp_path):
    """A u2net of a few bytes whose weights lie in tmp_path, with an INT8 file beside them."""
    data = brightness()
    spec = tiny(data)
    monkeypatch.setitem(SPECS, "u2net", spec)
    put(tmp_path, spec, data)
    cache.clear()
    yield spec
    cache.clear()


def judged(spec, folder, **facts):
    """Leaves an INT8 file and a verdict on it."""
    target = optimize.int8_path(spec, folder)
    target.write_bytes(brightness())
    stat = target.stat()
    verdict = optimize.Verdict(
        source=":".join(spec.file.checksum),
        recipe=optimize.RECIPE,
        runtime=optimize.runtime(),
        processor=optimize.processor(),
        size=stat.st_size,
        mtime_ns=stat.st_mtime_ns,
        **GOOD,
    )
    verdict = replace(verdict, **facts)
    target.with_name(target.name + ".json").write_text(json.dumps(asdict(verdict)))
    return target


def test_it_works(spec, tmp_path):
    path = judged(spec, tmp_path)
    predictor = cache.get("u2net", tmp_path)
    assert predictor.session.path == path
    assert predictor.weights_id == spec.file.md5[:12] + f"-int8.{optimize.RECIPE}"
    assert predictor.predict(np.zeros((9, 9, 3), np.uint8)).shape == (32, 32)


def test_without_a_verdict_the_float_weights_run(spec, tmp_path):
    assert cache.get("u2net", tmp_path).weights_id == spec.file.md5[:12]


@pytest.mark.parametrize(
    "facts",
    [
        {"difference": 0.02},
        {"overlap": 0.9},
        {"speed": 1.0},
        {"speed": float("nan")},
        {"processor": "another"},
        {"runtime": "onnxruntime 0.1"},
        {"source": "md5:0"},
        {"recipe": 0},
        {"size": 1},
        {"mtime_ns": 1},
    ],
)
def test_a_bad_or_foreign_verdict_means_float(spec, tmp_path, facts):
    judged(spec, tmp_path, **facts)
    assert cache.get("u2net", tmp_path).weights_id == spec.file.md5[:12]


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"recipe": 1}'])
def test_a_torn_verdict_means_float(spec, tmp_path, text):
    target = judged(spec, tmp_path)
    target.with_name(target.name + ".json").write_text(text)
    assert cache.get("u2net", tmp_path).weights_id == spec.file.md5[:12]


def test_float_can_be_asked_for(spec, tmp_path):
    judged(spec, tmp_path)
    assert cache.get("u2net", tmp_path, engine="fp32").weights_id == spec.file.md5[:12]


def test_other_devices_keep_float(spec, tmp_path):
    judged(spec, tmp_path)
    assert cache.get("u2net", tmp_path, provider="cuda").weights_id == spec.file.md5[:12]


def test_int8_can_be_insisted_on(spec, tmp_path):
    with pytest.raises(WeightsMissingError, match="models optimize"):
        cache.get("u2net", tmp_path, engine="int8")
    judged(spec, tmp_path, speed=0.5)
    assert cache.get("u2net", tmp_path, engine="int8").weights_id.endswith(f"-int8.{optimize.RECIPE}")


def test_a_model_without_ranges_is_refused(tmp_path):
    with pytest.raises(ModelFailedError, match="no activation ranges"):
        optimize.optimize(get_spec("silueta"), tmp_path)


@pytest.mark.weights
def test_the_real_net(real_models, tmp_path):
    """Built from the real weights and judged; closeness is promised on every processor, speed is not."""
    (tmp_path / "u2net.onnx").symlink_to(real_models / "u2net.onnx")
    verdict = optimize.optimize(get_spec("u2net"), tmp_path, threads=2)
    assert verdict.difference < optimize.MOST_DIFFERENCE
    assert verdict.overlap > optimize.LEAST_OVERLAP
    assert optimize.verdict_of(get_spec("u2net"), tmp_path) == verdict
    assert optimize.int8_path(get_spec("u2net"), tmp_path).stat().st_size < 50e6
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []
