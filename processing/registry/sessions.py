"""The only file that knows ONNX Runtime: a graph file in, arrays through it."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import ModelFailedError

Tensor = NDArray[np.float32]

PROVIDERS: dict[str, str] = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
}


class OnnxSession:
    """One loaded graph. Loads at the first run, so that making one costs nothing and survives a fork.

    `threads` is for one run; several threads may call `run` at the same time. `arena` keeps the memory of
    the largest run for the next one, see `session_options`. `free`: pictures of any height and width are taken,
    whatever the file says; only for a graph that works out its sizes from its input's.
    """

    def __init__(
        self, path: Path, threads: int = 1, provider: str = "cpu", arena: bool = False, free: bool = False
    ) -> None:
        if provider not in PROVIDERS:
            raise ModelFailedError(f"There is no provider {provider!r}: use one of {', '.join(PROVIDERS)}.")
        self.path = path
        self.threads = threads
        self.wanted = provider
        self.arena = arena
        self.free = free
        self._lock = threading.Lock()
        self._session: Any = None

    @property
    def provider(self) -> str:
        """Short name of the provider that really runs; the wanted one may lack its libraries."""
        ran = self._loaded().get_providers()[0]
        return next((name for name, full in PROVIDERS.items() if full == ran), ran)

    @property
    def inputs(self) -> list[tuple[str, list[int | str | None]]]:
        """(element type, shape) of each input; raises ModelFailedError as `run` does."""
        return [(each.type, each.shape) for each in self._loaded().get_inputs()]

    @property
    def outputs(self) -> list[tuple[str, list[int | str | None]]]:
        """(element type, shape) of each output."""
        return [(each.type, each.shape) for each in self._loaded().get_outputs()]

    def run(self, batch: Tensor) -> Tensor:
        """First output of the graph for `batch` (1×3×H×W float32, SAM's H×W×3); raises ModelFailedError."""
        session = self._loaded()
        feed = {session.get_inputs()[0].name: batch}
        try:
            # Only the first output: u2net has six more, which are for training.
            output: Tensor = session.run([session.get_outputs()[0].name], feed)[0]
        except Exception as error:  # the runtime's errors share no base class of their own
            raise ModelFailedError(f"{self.path.name} failed on a picture: {error}") from error
        return output

    def answers(self, feed: Mapping[str, Tensor]) -> list[Tensor]:
        """All outputs for inputs by name, of which the graph takes those it knows; raises ModelFailedError."""
        session = self._loaded()
        known = {each.name for each in session.get_inputs()}
        try:
            return list(session.run(None, {name: value for name, value in feed.items() if name in known}))
        except Exception as error:  # as above
            raise ModelFailedError(f"{self.path.name} failed on a picture: {error}") from error

    def _loaded(self) -> Any:
        with self._lock:
            if self._session is None:
                self._session = self._load()
            return self._session

    def _load(self) -> Any:
        import onnxruntime

        if self.wanted == "cuda":
            onnxruntime.preload_dlls()  # CUDA's libraries where pip has put them
        wanted = PROVIDERS[self.wanted]
        chain = [name for name in (wanted, PROVIDERS["cpu"]) if name in onnxruntime.get_available_providers()]
        try:
            return onnxruntime.InferenceSession(
                _freed(self.path) if self.free else os.fspath(self.path),
                session_options(self.threads, self.arena),
                providers=list(dict.fromkeys(chain)),
            )
        except Exception as error:  # as above: InvalidProtobuf, NoSuchFile, Fail ... are plain Exceptions
            raise ModelFailedError(f"{self.path.name} could not be loaded: {error}") from error


def _freed(path: Path) -> bytes:
    """The graph of a file with its sides left open. Cost with u2net: 0.3 s, and twice the file's size for that."""
    import onnx

    model = onnx.load(path)
    leave_open(model)
    return bytes(model.SerializeToString())


def leave_open(model: Any) -> None:
    """Let a graph take pictures, and give mattes, of any height and width; in place."""
    for value in (*model.graph.input, *model.graph.output):
        for axis, name in ((2, "height"), (3, "width")):
            value.type.tensor_type.shape.dim[axis].dim_param = name  # takes the number's place
    del model.graph.value_info[:]


def fold(source: Path, target: Path) -> None:
    """Write the graph with its constants computed and its normalisations merged; raises ModelFailedError."""
    import onnxruntime

    options = session_options(threads=1)
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = os.fspath(target)
    try:
        onnxruntime.InferenceSession(os.fspath(source), options, providers=[PROVIDERS["cpu"]])
    except Exception as error:  # as above
        raise ModelFailedError(f"{source.name} could not be simplified: {error}") from error


def runtime() -> str:
    """Name and version of the runtime."""
    import onnxruntime

    return f"onnxruntime {onnxruntime.__version__}"


def session_options(threads: int, arena: bool = False) -> Any:
    """Options of every session of ours: `threads` for one run, errors only in the log.

    What was measured with u2net, two threads, seven rounds, in CPU ms a run and MB of the process:
    arena with memory pattern (the default) 1675, 952 at the peak and for ever; no arena 1982, 761 then 479;
    arena without memory pattern 1697, 669 at the peak and for ever. So the last is best for small nets.
    Large nets would keep gigabytes, and so do without; shrinking the arena after each run is as slow as none.
    Threads that wait spin for 0.1 ms, which bridges the gap between two convolutions: 78 ms a run of INT8 u2net on
    two cores for 80 without and 78 with endless spinning, at 151, 146 and 172 ms of the processor.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = arena
    options.enable_mem_pattern = False
    options.add_session_config_entry("session.intra_op.spin_duration_us", "100")
    options.add_session_config_entry("session.force_spinning_stop", "1")
    options.log_severity_level = 3
    return options
