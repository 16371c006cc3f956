"""Whether the graph of an operator's own model takes one picture and gives one map."""

from __future__ import annotations

from typing import Any, Protocol

from .custom import CustomModelInvalidError, one_line
from .errors import ModelFailedError
from .specs import ModelSpec

Shape = list[int | str | None]  # a dimension that is free is a name or None


class Signature(Protocol):
    """What is known of a graph without running it: (element type, shape) of its inputs and outputs."""

    @property
    def inputs(self) -> list[tuple[str, Shape]]: ...

    @property
    def outputs(self) -> list[tuple[str, Shape]]: ...


def check_graph(spec: ModelSpec, session: Signature) -> None:
    """Raises CustomModelInvalidError unless the graph takes one picture and gives one map. Loads the graph."""
    try:
        inputs, outputs = session.inputs, session.outputs
    except ModelFailedError as error:  # damaged, or an operator that the runtime does not know
        raise CustomModelInvalidError(spec.name, one_line(str(error))) from error
    reason = _wrong_input(inputs, spec.size) or _wrong_output(outputs)
    if reason:
        raise CustomModelInvalidError(spec.name, reason)


def _wrong_input(inputs: list[tuple[str, Shape]], size: int) -> str:
    if len(inputs) != 1:
        return f"the graph has {len(inputs)} inputs, one is wanted"
    kind, shape = inputs[0]
    if kind != "tensor(float)":
        return f"the input is {kind}, tensor(float) is wanted"
    wanted = (1, 3, size, size)
    if len(shape) != 4 or any(
        isinstance(side, int) and side != want for side, want in zip(shape, wanted, strict=True)
    ):
        return f"the input has the shape {_words(shape)}, {_words(list(wanted))} is wanted"
    return ""


def _wrong_output(outputs: list[tuple[str, Shape]]) -> str:
    if not outputs:
        return "the graph has no output"
    kind, shape = outputs[0]
    if kind != "tensor(float)":
        return f"the first output is {kind}, tensor(float) is wanted"
    if not shape:
        return ""  # nothing is said about it: the first picture will tell
    one_channel = len(shape) == 3 or (len(shape) == 4 and (shape[1] == 1 or not isinstance(shape[1], int)))
    if not one_channel or any(isinstance(side, int) and side < 2 for side in shape[-2:]):
        return f"the first output has the shape {_words(shape)}, a map like 1 × 1 × H × W is wanted"
    return ""


def _words(shape: list[Any]) -> str:
    return " × ".join("?" if dimension is None else str(dimension) for dimension in shape) or "()"
