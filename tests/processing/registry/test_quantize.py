"""Graph surgery on tiny nets: the INT8 graph answers nearly what the float one does."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from processing.registry.errors import ModelFailedError
from processing.registry.quantize import quantized
from processing.registry.sessions import OnnxSession, leave_open

RANGES = {
    "input": {"scale": 2 / 255, "zero_point": 0, "dtype": "int8"},
    "act": {"scale": 4 / 255, "zero_point": 0, "dtype": "uint8"},
    "both": {"scale": 4 / 255, "zero_point": 0, "dtype": "uint8"},
}


def constant(name, value):
    return numpy_helper.from_array(np.asarray(value, np.float32), name)


def float_net():
    """Conv, Relu, MaxPool, Concat, Conv: the shapes that U²-Net is made of."""
    random = np.random.default_rng(3)
    nodes = [
        helper.make_node("Conv", ["input", "w1", "b1"], ["raw"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["raw"], ["act"]),
        helper.make_node("MaxPool", ["act"], ["pooled"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        helper.make_node("Concat", ["act", "pooled"], ["both"], axis=1),
        helper.make_node("Conv", ["both", "w2", "b2"], ["out"]),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, 8, 8])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, [1, 1, 8, 8])],
        [
            constant("w1", random.normal(0, 0.2, (4, 3, 3, 3))),
            constant("b1", random.normal(0, 0.1, 4)),
            constant("w2", random.normal(0, 0.2, (1, 8, 1, 1))),
            constant("b2", [0.3]),
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


@pytest.fixture
def answers(tmp_path):
    """The answers of the float graph and of its INT8 twin to the same input."""

    def run(model):
        path = tmp_path / "net.onnx"
        onnx.save(model, path)
        batch = np.random.default_rng(5).uniform(-1, 1, (1, 3, 8, 8)).astype(np.float32)
        return OnnxSession(path).run(batch)

    return run(float_net()), run(quantized(float_net(), RANGES))


def test_it_works(answers):
    exact, fast = answers
    assert exact.shape == fast.shape
    np.testing.assert_allclose(fast, exact, atol=0.05)
    assert np.abs(exact - fast).max() > 0  # it did run in INT8


def test_weights_and_biases_are_stored_as_integers():
    model = quantized(float_net(), RANGES)
    onnx.checker.check_model(model)
    kinds = {tensor.name: numpy_helper.to_array(tensor).dtype.name for tensor in model.graph.initializer}
    stored = sorted(kind for name, kind in kinds.items() if name.endswith("_stored"))
    assert stored == ["int32", "int32", "int8", "int8"]
    assert not {"w1", "b1", "w2", "b2"} & set(kinds)


def test_each_known_tensor_gets_one_pair():
    kinds = [node.op_type for node in quantized(float_net(), RANGES).graph.node]
    assert kinds.count("QuantizeLinear") == len(RANGES)


def test_unknown_ranges_leave_the_graph_as_it_is():
    model = quantized(float_net(), {})
    assert [node.op_type for node in model.graph.node] == [node.op_type for node in float_net().graph.node]


def test_two_neighbours_never_overflow_16_bits():
    """What AVX2 without VNNI adds in 16 bits: 255 × (first + second) for each pair, in the kernel's order."""
    model = quantized(float_net(), RANGES)
    stored = {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}
    weights = [value for name, value in stored.items() if value.dtype == np.int8 and value.ndim == 4]
    assert len(weights) == 2
    for weight in weights:
        flat = weight.transpose(0, 2, 3, 1).reshape(len(weight), -1).astype(int)
        pairs = np.pad(flat, ((0, 0), (0, flat.shape[1] % 2))).reshape(-1, 2)
        assert 255 * np.abs(pairs.sum(axis=1)).max() <= 2**15 - 1
        assert np.abs(flat).max() > 60  # most of the eight bits are used


def enlarging_net(size):
    """A convolution, and its answer enlarged to a size that the graph names."""
    nodes = [
        helper.make_node("Conv", ["input", "w1"], ["act"]),
        helper.make_node("Resize", ["act", "", "", "sizes"], ["out"], mode="linear"),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, 8, 8])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, size)],
        [
            constant("w1", np.random.default_rng(3).normal(0, 0.2, (1, 3, 1, 1))),
            numpy_helper.from_array(np.array(size, np.int64), "sizes"),
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def test_what_is_enlarged_to_a_size_is_enlarged_by_a_factor(tmp_path):
    model = quantized(enlarging_net([1, 1, 16, 16]), RANGES)
    leave_open(model)
    onnx.save(model, tmp_path / "net.onnx")
    session = OnnxSession(tmp_path / "net.onnx")
    assert session.run(np.zeros((1, 3, 8, 8), np.float32)).shape == (1, 1, 16, 16)
    assert session.run(np.zeros((1, 3, 4, 12), np.float32)).shape == (1, 1, 8, 24)


def test_what_is_enlarged_by_parts_is_refused():
    with pytest.raises(ModelFailedError, match="whole numbers"):
        quantized(enlarging_net([1, 1, 12, 12]), RANGES)
