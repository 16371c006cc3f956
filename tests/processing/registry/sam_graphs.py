"""Tiny graphs with the inputs and outputs of Segment Anything's encoder and decoder, as rembg publishes them."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from processing.registry import weights
from processing.registry.sam import HEIGHT, WIDTH
from processing.registry.specs import ModelSpec

REACH = 60.0  # px of the frame: a point stands for a disc of this radius


def install(models_dir: Path, spec: ModelSpec) -> None:
    """Puts both graphs where the weights of `spec` would lie, as verified."""
    models_dir.mkdir(parents=True, exist_ok=True)
    for file, model in zip(spec.files, (encoder(), decoder()), strict=True):
        onnx.save(model, models_dir / file.name)
        weights._remember(models_dir / file.name, file)


def encoder() -> onnx.ModelProto:
    """H×W×3 float (0..255) -> 1×256×64×64: everywhere the picture's mean level."""
    ones = numpy_helper.from_array(np.ones((1, 256, 64, 64), np.float32), "ones")
    nodes = [
        helper.make_node("ReduceMean", ["input_image"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["ones", "mean"], ["image_embeddings"]),
    ]
    picture = helper.make_tensor_value_info("input_image", TensorProto.FLOAT, ["height", "width", 3])
    embedding = helper.make_tensor_value_info("image_embeddings", TensorProto.FLOAT, [1, 256, 64, 64])
    return _model(helper.make_graph(nodes, "encoder", [picture], [embedding], [ones]))


def decoder() -> onnx.ModelProto:
    """Two masks of logits: discs around the points of labels 1 to 3 without those of label 0, and nothing at all; and
    the scores, by which the first is better. A picture that is all black has no mask."""
    grid = np.stack(np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT)), axis=-1).astype(np.float32)
    constants = {
        "grid": grid[:, :, None],
        "minus": np.array(-1 / (2 * REACH**2) * np.log(4), np.float32),
        "zero": np.array(0, np.float32),
        "none": np.array(-1, np.float32),
        "plus": np.array(1, np.float32),
        "half": np.array(0.5, np.float32),
        "steep": np.array(40, np.float32),
        "least": np.array(1e-3, np.float32),
        "scores": np.array([[0.9, 0.1]], np.float32),
        "nothing": np.full((1, 1, HEIGHT, WIDTH), -9, np.float32),
        "low": np.zeros((1, 2, 256, 256), np.float32),
    }
    nodes = [
        # 1×1×N×2 against H×W×1×2
        helper.make_node("Unsqueeze", ["point_coords", "first"], ["spread"]),
        helper.make_node("Sub", ["grid", "spread"], ["away"]),
        helper.make_node("ReduceSumSquare", ["away"], ["squares"], axes=[3], keepdims=0),
        helper.make_node("Mul", ["squares", "minus"], ["falling"]),
        helper.make_node("Exp", ["falling"], ["near"]),
        helper.make_node("Greater", ["point_labels", "zero"], ["is_wanted"]),
        helper.make_node("Equal", ["point_labels", "zero"], ["is_unwanted"]),
        helper.make_node("Where", ["is_unwanted", "none", "zero"], ["against"]),
        helper.make_node("Where", ["is_wanted", "plus", "against"], ["sign"]),
        helper.make_node("Mul", ["near", "sign"], ["votes"]),
        helper.make_node("ReduceSum", ["votes", "last"], ["sum"], keepdims=0),
        helper.make_node("Sub", ["sum", "half"], ["over"]),
        helper.make_node("ReduceMean", ["image_embeddings"], ["bright"], keepdims=0),
        helper.make_node("Greater", ["bright", "least"], ["lit"]),
        helper.make_node("Where", ["lit", "over", "none"], ["seen"]),
        helper.make_node("Mul", ["seen", "steep"], ["logits"]),
        helper.make_node("Unsqueeze", ["logits", "front"], ["mask"]),
        helper.make_node("Concat", ["nothing", "mask"], ["both"], axis=1),
        helper.make_node("Gather", ["both", "order"], ["masks"], axis=1),
        helper.make_node("Identity", ["scores"], ["iou_predictions"]),
        helper.make_node("Identity", ["low"], ["low_res_masks"]),
    ]
    inputs = {
        "image_embeddings": [1, 256, 64, 64], "point_coords": [1, "points", 2], "point_labels": [1, "points"],
        "mask_input": [1, 1, 256, 256], "has_mask_input": [1], "orig_im_size": [2],
    }  # fmt: skip
    outputs = {"masks": [1, 2, HEIGHT, WIDTH], "iou_predictions": [1, 2], "low_res_masks": [1, 2, 256, 256]}
    given = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in inputs.items()]
    made = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs.items()]
    numbers = {"first": [1], "last": [2], "front": [0, 1], "order": [1, 0]}
    kept = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    kept += [numpy_helper.from_array(np.array(value, np.int64), name) for name, value in numbers.items()]
    return _model(helper.make_graph(nodes, "decoder", given, made, kept))


def _model(graph: onnx.GraphProto) -> onnx.ModelProto:
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
