"""A net of a few nodes that finds what is bright, as slowly as it is told: weights for tests with processes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from processing.registry import weights
from processing.registry.specs import get_spec

SIDE = 320  # of u2net's input and output
WIDTH = 512  # of the matrix whose products take the time


def install(models_dir: Path, rounds: int = 0) -> Path:
    """Puts the tiny net where u2net's weights would lie, as verified. A hundred rounds take about a second."""
    models_dir.mkdir(parents=True, exist_ok=True)
    file = get_spec("u2net").file
    path = models_dir / file.name
    onnx.save(model(rounds), path)
    weights._remember(path, file)
    return path


def model(rounds: int) -> onnx.ModelProto:
    """sigmoid(4 × mean of the channels), plus nothing that took `rounds` products of matrices to find out."""
    constants = [
        numpy_helper.from_array(np.array(rounds, np.int64), "rounds"),
        numpy_helper.from_array(np.array(True), "yes"),
        numpy_helper.from_array(np.zeros((WIDTH, WIDTH), np.float32), "start"),
        numpy_helper.from_array(np.array(4, np.float32), "four"),
    ]
    nodes = [
        helper.make_node("Loop", ["rounds", "yes", "start"], ["spent"], body=_body()),
        helper.make_node("ReduceMax", ["spent"], ["nothing"], keepdims=0),
        helper.make_node("ReduceMean", ["photo"], ["grey"], axes=[1], keepdims=1),
        helper.make_node("Mul", ["grey", "four"], ["strong"]),
        helper.make_node("Sigmoid", ["strong"], ["bright"]),
        helper.make_node("Add", ["bright", "nothing"], ["matte"]),
    ]
    photo = helper.make_tensor_value_info("photo", TensorProto.FLOAT, [1, 3, SIDE, SIDE])
    matte = helper.make_tensor_value_info("matte", TensorProto.FLOAT, [1, 1, SIDE, SIDE])
    graph = helper.make_graph(nodes, "tiny", [photo], [matte], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def _body() -> onnx.GraphProto:
    shape = [WIDTH, WIDTH]
    return helper.make_graph(
        [
            helper.make_node("MatMul", ["before", "before"], ["after"]),
            helper.make_node("Identity", ["go"], ["go_on"]),
        ],
        "round",
        [
            helper.make_tensor_value_info("number", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("before", TensorProto.FLOAT, shape),
        ],
        [
            helper.make_tensor_value_info("go_on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("after", TensorProto.FLOAT, shape),
        ],
    )
