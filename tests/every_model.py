"""For every model of the table, tiny graphs of the same inputs and outputs in the place of its weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from processing.registry import weights
from processing.registry.specs import SPECS, ModelSpec
from tests.processing.registry import sam_graphs

LOCAL = [name for name, spec in SPECS.items() if not spec.is_remote]
# How many outputs the real graphs have of which only the first is wanted, and which give float16.
OUTPUTS = {"u2net": 7, "isnet": 6}
HALVES = {"ben2"}
MIDDLE, STEEP = 0.35, 30.0  # of a mean level of 0..1: brighter is foreground, and surely so


def install(models_dir: Path, name: str) -> None:
    """Puts graphs that find what is bright where the weights of this model would lie, as verified."""
    spec = SPECS[name]
    models_dir.mkdir(parents=True, exist_ok=True)
    if spec.family == "sam":
        sam_graphs.install(models_dir, spec)
        return
    onnx.save(model(spec), models_dir / spec.file.name)
    weights._remember(models_dir / spec.file.name, spec.file)


def model(spec: ModelSpec) -> onnx.ModelProto:
    """1×3×side×side -> maps: logits where the spec says so, else what a sigmoid made of them."""
    channels = 4 if spec.activation == "softmax" else 1
    # The ground's map falls where the others rise.
    signs = np.array([-1.0, 1, 1, 1] if channels == 4 else [1.0], np.float32)
    weight = np.tile(signs[:, None, None, None] * STEEP, (1, 3, 1, 1)).astype(np.float32)
    middle = sum((MIDDLE - mean) / std for mean, std in zip(spec.mean, spec.std, strict=True))
    constants = {"weight": weight, "bias": (-STEEP * middle * signs).astype(np.float32)}
    nodes = [helper.make_node("Conv", ["photo", "weight", "bias"], ["logits"])]
    plain = spec.activation not in {"sigmoid", "softmax"}
    if plain:
        nodes.append(helper.make_node("Sigmoid", ["logits"], ["bright"]))
    kind = TensorProto.FLOAT16 if spec.name in HALVES else TensorProto.FLOAT
    names = [f"out{number}" for number in range(OUTPUTS.get(spec.family, 1))]
    last = "bright" if plain else "logits"
    nodes += [helper.make_node("Cast", [last], [name], to=kind) for name in names]
    shape = [1, channels, spec.size, spec.size]
    photo = helper.make_tensor_value_info("photo", TensorProto.FLOAT, [1, 3, spec.size, spec.size])
    made = [helper.make_tensor_value_info(name, kind, shape) for name in names]
    kept = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "tiny", [photo], made, kept)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
