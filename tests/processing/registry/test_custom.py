"""Operators' own ONNX files: usable by name with a TOML beside them, refused with the reason otherwise."""

import numpy as np
import onnx
import pytest
import skimage.data
from onnx import TensorProto, helper

from processing.pipeline.views import View
from processing.registry import cache, catalogue, custom
from processing.registry.custom import CustomModelInvalidError
from processing.registry.errors import ModelFailedError, UnknownModelError
from processing.registry.specs import SPECS

from .graphs import SIDE, brightness, not_a_matte

TOML = f"""
size = {SIDE}
mean = [0.5, 0.5, 0.5]
std = [1, 1, 1]
activation = "none"
licence = "MIT"
commercial = "yes"
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "shoes.onnx").write_bytes(brightness())
    (tmp_path / "shoes.toml").write_text(TOML)
    yield tmp_path
    cache.clear()


def graph(node, inputs, outputs, domain="", **attributes):
    """A graph of one node; `inputs` and `outputs` are {name: (element type, shape)}."""
    taken, given = (
        [helper.make_tensor_value_info(name, *kind) for name, kind in side.items()]
        for side in (inputs, outputs)
    )
    operator, taken_names, given_names = node
    made = helper.make_graph(
        [helper.make_node(operator, taken_names, given_names, domain=domain, **attributes)],
        "graph",
        taken,
        given,
    )
    opsets = [helper.make_opsetid("", 17), *([helper.make_opsetid(domain, 1)] if domain else [])]
    model = helper.make_model(made, opset_imports=opsets, ir_version=8)
    return bytes(onnx.ModelProto.SerializeToString(model))


def one_map(shape, kind=TensorProto.FLOAT, out=None):
    """x is given back as it is."""
    return graph(("Identity", ["x"], ["y"]), {"x": (kind, shape)}, {"y": (kind, out or shape)})


def test_it_works(folder):
    predictor = cache.get("shoes", folder)
    white = predictor.predict(np.full((20, 30, 3), 255, np.uint8))
    np.testing.assert_allclose(white, 0.5, atol=1e-6)  # (255 / 255 - 0.5) / 1
    assert white.shape == (SIDE, SIDE)
    assert predictor.spec.title == "shoes"
    assert custom.names(folder) == ["shoes"]


def test_scale_is_what_pixels_are_divided_by(folder):
    text = TOML.replace("0.5, 0.5, 0.5", "0, 0, 0") + 'scale = 510\ntitle = "Shoes"\ngood_for = "Shoes."'
    (folder / "shoes.toml").write_text(text)
    white = cache.get("shoes", folder).predict(np.full((9, 9, 3), 255, np.uint8))
    np.testing.assert_allclose(white, 0.5, atol=1e-6)


def test_the_fingerprint_changes_with_either_file(folder):
    first = custom.fingerprint("shoes", folder)
    assert first == custom.fingerprint("shoes", folder)
    (folder / "shoes.toml").write_text(TOML + "scale = 1")
    second = custom.fingerprint("shoes", folder)
    (folder / "shoes.onnx").write_bytes(brightness() + b"\x00")
    assert len({first, second, custom.fingerprint("shoes", folder)}) == 3


def test_free_dimensions_are_fine(folder):
    data = graph(
        ("ReduceMean", ["x"], ["y"]),
        {"x": (TensorProto.FLOAT, ["batch", 3, "height", "width"])},
        {"y": (TensorProto.FLOAT, ["batch", 1, "height", "width"])},
        axes=[1],
    )
    (folder / "shoes.onnx").write_bytes(data)
    assert cache.get("shoes", folder).spec.name == "shoes"


@pytest.mark.parametrize("name", ["u2net", "u2net_custom", "sam_vit_b_01ec64.encoder", "auto", "bria-api"])
def test_built_in_names_are_not_shadowed(folder, name):
    (folder / f"{name}.onnx").write_bytes(brightness())
    (folder / f"{name}.toml").write_text(TOML)
    assert custom.names(folder) == ["shoes"]
    if name in SPECS:
        assert catalogue.find(name, folder).family != "custom"


@pytest.mark.parametrize("name", ["../shoes", "Shoes", "", "boots", "shoes.toml", "s" * 61, ".shoes"])
def test_other_names_are_unknown(folder, name):
    with pytest.raises(UnknownModelError):
        catalogue.find(name, folder)


BAD_TOML = [
    ("size = 8", "size must be a whole number of 32 to 4096"),
    ("size = 320.0", "size must be"),
    ("size = true", "size must be"),
    ("mean = [1, 2]", "mean must be three numbers"),
    ("mean = 0.5", "mean must be three numbers"),
    ('mean = ["a", "b", "c"]', "mean must be three numbers"),
    ("std = [1, 1, 0]", "std must be three numbers above 0"),
    ("std = [1, 1, nan]", "std must be three numbers above 0"),
    ("scale = 0", "scale must be a number above 0"),
    ('activation = "relu"', "activation must be none, sigmoid or minmax"),
    ("activation = []", "activation must be none, sigmoid or minmax"),
    ('licence = ""', "licence must be a text"),
    ("commercial = true", "commercial must be yes, no or unclear"),
    ('colour = "red"', "unknown keys (colour)"),
    ("size", "is not TOML"),
]


@pytest.mark.parametrize(("line", "reason"), BAD_TOML)
def test_a_wrong_toml_is_refused_with_the_reason(folder, line, reason):
    key = line.split(" ", 1)[0]
    kept = [old for old in TOML.splitlines() if not old.startswith(f"{key} ")]
    (folder / "shoes.toml").write_text("\n".join([*kept, line]))
    with pytest.raises(CustomModelInvalidError) as caught:
        catalogue.find("shoes", folder)
    assert reason in str(caught.value)
    assert caught.value.facts["model"] == "shoes"
    assert [offer.spec.name for offer in catalogue.listing(folder)] == list(SPECS)


@pytest.mark.parametrize("key", ["size", "mean", "std", "activation", "licence", "commercial"])
def test_what_must_be_there_is_named(folder, key):
    lines = [line for line in TOML.splitlines() if not line.startswith(f"{key} ")]
    (folder / "shoes.toml").write_text("\n".join(lines))
    with pytest.raises(CustomModelInvalidError, match=f"lacks {key}"):
        catalogue.find("shoes", folder)


def test_a_toml_that_is_no_text(folder):
    (folder / "shoes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CustomModelInvalidError, match="is not TOML"):
        catalogue.find("shoes", folder)


FLOAT, INT, HALF = TensorProto.FLOAT, TensorProto.UINT8, TensorProto.FLOAT16
PICTURE = [1, 3, SIDE, SIDE]
BAD_GRAPHS = {
    "not ONNX": (b"not a graph", "could not be loaded"),
    "an unknown operator": (
        graph(("Rembrandt", ["x"], ["y"]), {"x": (FLOAT, PICTURE)}, {"y": (FLOAT, PICTURE)}, "own.domain"),
        "Rembrandt",
    ),
    "another size": (one_map([1, 3, 64, 64]), "input has the shape 1 × 3 × 64 × 64, 1 × 3 × 32 × 32 is wanted"),
    "grey input": (one_map([1, 1, SIDE, SIDE]), "input has the shape 1 × 1"),
    "channels last": (one_map([1, SIDE, SIDE, 3]), "input has the shape"),
    "three ranks": (one_map([3, SIDE, SIDE]), "input has the shape 3 × 32 × 32"),
    "bytes": (one_map(PICTURE, INT), "input is tensor(uint8)"),
    "half precision": (one_map(PICTURE, HALF), "input is tensor(float16)"),
    "two inputs": (
        graph(("Add", ["x", "z"], ["y"]), {"x": (FLOAT, PICTURE), "z": (FLOAT, PICTURE)}, {"y": (FLOAT, PICTURE)}),
        "the graph has 2 inputs",
    ),
    "a coloured output": (one_map(PICTURE), "first output has the shape 1 × 3 × 32 × 32, a map"),
    "a class": (
        graph(("Flatten", ["x"], ["y"]), {"x": (FLOAT, PICTURE)}, {"y": (FLOAT, [1, 3 * SIDE * SIDE])}),
        "first output has the shape 1 × 3072, a map",
    ),
    "indices": (
        graph(("ArgMax", ["x"], ["y"]), {"x": (FLOAT, PICTURE)}, {"y": (TensorProto.INT64, None)}),
        "first output is tensor(int64)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD_GRAPHS)
def test_a_wrong_graph_is_refused_with_the_reason(folder, kind):
    data, reason = BAD_GRAPHS[kind]
    (folder / "shoes.onnx").write_bytes(data)
    with pytest.raises(CustomModelInvalidError) as caught:
        cache.get("shoes", folder)
    assert reason in str(caught.value.facts["reason"])
    assert "\n" not in str(caught.value)
    assert str(folder) not in str(caught.value), "people who upload photos read this"


def test_a_graph_that_says_nothing_about_its_output_is_found_out_later(folder):
    (folder / "shoes.onnx").write_bytes(not_a_matte())
    with pytest.raises(ModelFailedError, match="not a matte"):
        cache.get("shoes", folder).predict(np.zeros((9, 9, 3), np.uint8))


@pytest.mark.weights
def test_real_weights_under_another_name_give_the_same_matte(real_models, tmp_path):
    (tmp_path / "mine.onnx").symlink_to(real_models / "u2net.onnx")
    (tmp_path / "mine.toml").write_text(
        "size = 320\nmean = [0.485, 0.456, 0.406]\nstd = [0.229, 0.224, 0.225]\n"
        'activation = "none"\nlicence = "Apache-2.0"\ncommercial = "yes"'
    )
    rgb = skimage.data.astronaut()
    own = cache.get("mine", tmp_path).predict(rgb)
    ours = cache.get("u2net", real_models, engine="fp32").seeing(View(1.0, square=True))(rgb)
    cache.clear()
    np.testing.assert_allclose(own, ours, atol=1e-5)
    assert own.max() > 0.9
