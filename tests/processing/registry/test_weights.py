"""Weights on disk: found, checked, and hashed only once."""

import hashlib
import os

import pytest

from processing.registry import weights
from processing.registry.errors import WeightsCorruptError, WeightsMissingError

from .graphs import put, tiny

DATA = b"not really a graph"


def test_it_works(tmp_path):
    spec = tiny(DATA)
    path = put(tmp_path, spec, DATA)
    assert weights.locate(spec, tmp_path) == path
    weights.verify(path, spec)


def test_missing_says_what_to_do(tmp_path):
    with pytest.raises(WeightsMissingError, match="models fetch u2net") as caught:
        weights.locate(tiny(DATA), tmp_path)
    assert caught.value.code == "weights_missing"


def test_wrong_checksum_is_refused(tmp_path):
    spec = tiny(DATA)
    with pytest.raises(WeightsCorruptError) as caught:
        weights.verify(put(tmp_path, spec, DATA[:-1] + b"!"), spec)
    assert caught.value.code == "weights_corrupt"


def test_a_right_file_is_hashed_once(tmp_path, monkeypatch):
    spec = tiny(DATA)
    path = put(tmp_path, spec, DATA)
    weights.verify(path, spec)
    monkeypatch.setattr(hashlib, "file_digest", None)  # a second hashing would raise
    weights.verify(path, spec)


def test_a_changed_file_is_hashed_again(tmp_path):
    spec = tiny(DATA)
    path = put(tmp_path, spec, DATA)
    weights.verify(path, spec)
    path.write_bytes(DATA[::-1])
    os.utime(path, ns=(1, 1))
    with pytest.raises(WeightsCorruptError):
        weights.verify(path, spec)


def test_bits_that_rot_without_a_new_date_are_found_on_request(tmp_path):
    spec = tiny(DATA)
    path = put(tmp_path, spec, DATA)
    weights.verify(path, spec)
    stat = path.stat()
    path.write_bytes(DATA[::-1])
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    with pytest.raises(WeightsCorruptError):
        weights.verify(path, spec, remembered=False)


def test_a_torn_sidecar_is_no_verdict(tmp_path):
    spec = tiny(DATA)
    path = put(tmp_path, spec, DATA)
    (tmp_path / "u2net.onnx.verified").write_text('{"checksum": ')
    weights.verify(path, spec)
