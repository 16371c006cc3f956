"""The table of models."""

import pytest

from processing.registry.errors import UnknownModelError
from processing.registry.specs import SPECS, get_spec, installed

LOCAL = [spec for spec in SPECS.values() if spec.files]


def test_it_works():
    spec = get_spec("u2net")
    assert (spec.family, spec.size, spec.file.name) == ("u2net", 320, "u2net.onnx")
    assert spec.file.checksum == ("md5", "60024c5c889badc19c04ad937298a77b")


@pytest.mark.parametrize(
    "name", ["", "U2NET", "u2net ", "../../etc/passwd", "u2net/../u2net", "u2net.onnx", "x" * 9999]
)
def test_other_names_are_refused(name):
    with pytest.raises(UnknownModelError) as caught:
        get_spec(name)
    assert caught.value.code == "unknown_model"
    assert len(str(caught.value)) < 200


def test_installed_means_all_files_are_there(tmp_path):
    assert installed(tmp_path) == []
    (tmp_path / "u2net.onnx").touch()
    (tmp_path / "sam_vit_b_01ec64.encoder.onnx").touch()
    assert [spec.name for spec in installed(tmp_path)] == ["u2net"]


def test_every_rembg_session_that_runs_here_is_known():
    sessions = pytest.importorskip("rembg.sessions")
    assert set(sessions.sessions_names_downloadable) - set(SPECS) == {"birefnet-general-fp16"}


@pytest.mark.parametrize("spec", LOCAL, ids=lambda spec: spec.name)
def test_published_weights_have_a_checksum(spec):
    for file in spec.files:
        assert file.checksum[1] or not (file.release or file.url)
        assert "/" not in file.name


def test_what_may_not_be_sold_says_so():
    assert {spec.name for spec in LOCAL if spec.commercial == "no"} == {"bria-rmbg", "bria-rmbg-1.4"}
