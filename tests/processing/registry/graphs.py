"""Tiny ONNX graphs with the inputs and outputs of the real nets."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from processing.registry.specs import ModelSpec, WeightsFile, get_spec

SIDE = 32


def brightness(side: int = SIDE, outputs: int = 1, channels: int = 1) -> bytes:
    """A net that answers the mean of its three normalised channels, 1×channels×side×side, `outputs` times."""
    weight = numpy_helper.from_array(np.full((channels, 3, 1, 1), 1 / 3, np.float32), "weight")
    names = [f"out{number}" for number in range(outputs)]
    shape = [1, channels, side, side]
    graph = helper.make_graph(
        [helper.make_node("Conv", ["input", "weight"], [name]) for name in names],
        "brightness",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, side, side])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in names],
        [weight],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(onnx.ModelProto.SerializeToString(model))


def not_a_matte() -> bytes:
    """A net that answers one number."""
    graph = helper.make_graph(
        [helper.make_node("ReduceMean", ["input"], ["out"], keepdims=0)],
        "number",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, [])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(onnx.ModelProto.SerializeToString(model))


def tiny(data: bytes, base: str = "u2net", **changes) -> ModelSpec:
    """The spec of a real model, but with `data` as its weights and a small input."""
    file = WeightsFile(f"{base}.onnx", f"{base}.onnx", None, len(data), hashlib.md5(data).hexdigest())
    return replace(get_spec(base), **{"size": SIDE, "files": (file,), **changes})


def put(folder: Path, spec: ModelSpec, data: bytes) -> Path:
    path = folder / spec.file.name
    path.write_bytes(data)
    return path
