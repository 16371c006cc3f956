"""The predictors loaded in this process: few, shared by its threads, each loaded once."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from pathlib import Path

from . import optimize
from .catalogue import find
from .custom import fingerprint
from .custom_graph import check_graph
from .errors import WeightsMissingError
from .predictor import Predictor
from .rembg_adapter import RembgPredictor
from .sam import SamPredictor
from .sessions import OnnxSession
from .specs import ModelSpec
from .weights import locate, verify

MOST = 2  # predictors kept per process; the one used longest ago goes first
ARENA_SIDE = 512  # pixels; nets with a larger input would keep gigabytes between two pictures

Engine = str  # one of auto, fp32, int8
Key = tuple[str, Path, int, str, Engine]

Local = Predictor | RembgPredictor | SamPredictor

_loaded: OrderedDict[Key, Local] = OrderedDict()
_lock = threading.Lock()


def get(
    name: str, models_dir: Path, threads: int = 1, provider: str = "cpu", engine: Engine = "auto"
) -> Local:
    """The predictor of a model, made at the first call and kept.

    `engine`: auto takes INT8 weights where they proved themselves on this processor (see optimize), else the
    float ones; int8 takes them as they are, and raises WeightsMissingError when there are none.
    Raises UnknownModelError, WeightsMissingError, WeightsCorruptError, CustomModelInvalidError. The graph itself
    is loaded by the first `predict`, which raises ModelFailedError when it cannot be; an own model's at once.
    """
    key = (name, models_dir, threads, provider, engine)
    with _lock:  # held while making one, so that two threads never make it twice
        if key not in _loaded:
            _loaded[key] = _make(*key)
            while len(_loaded) > MOST:
                _loaded.popitem(last=False)
        _loaded.move_to_end(key)
        return _loaded[key]


def clear() -> None:
    """Forget all predictors; their memory goes when their last user lets go."""
    with _lock:
        _loaded.clear()


def _make(name: str, models_dir: Path, threads: int, provider: str, engine: Engine) -> Local:
    spec = find(name, models_dir)
    path = locate(spec, models_dir)
    verify(path, spec)
    weights_id = spec.file.checksum[1][:12] or f"{path.stat().st_mtime_ns:x}"
    if spec.family == "rembg":
        return RembgPredictor(spec, weights_id, models_dir, threads)
    if spec.family == "sam":
        encoder, decoder = (OnnxSession(models_dir / file.name, threads, provider) for file in spec.files)
        return SamPredictor(spec, weights_id, encoder, decoder)
    is_int8 = _takes_int8(spec, models_dir, provider, engine)
    if is_int8:
        path, weights_id = optimize.int8_path(spec, models_dir), optimize.weights_id(spec)
    # Other devices compile a graph for each shape, or take one shape only.
    stride = spec.stride if provider == "cpu" else 0
    free = stride > 0 and not is_int8  # an INT8 file is made open
    session = OnnxSession(path, threads, provider, arena=spec.size <= ARENA_SIDE, free=free)
    if spec.family == "custom":
        check_graph(spec, session)
        weights_id = fingerprint(name, models_dir)
    return Predictor(spec, weights_id, session, stride=stride)


def _takes_int8(spec: ModelSpec, models_dir: Path, provider: str, engine: Engine) -> bool:
    if engine == "fp32" or (engine == "auto" and (provider != "cpu" or not optimize.can_optimize(spec))):
        return False
    verdict = optimize.verdict_of(spec, models_dir)
    if engine == "int8" and not verdict:
        raise WeightsMissingError(
            f"There are no INT8 weights of {spec.name} made on this machine: run `manage.py models optimize`.",
            model=spec.name,
        )
    return bool(verdict and (engine == "int8" or verdict.good))


def _after_fork() -> None:
    """A child starts anew: the threads of a loaded session do not exist in it, and the lock may be held."""
    global _lock
    _lock = threading.Lock()
    _loaded.clear()


os.register_at_fork(after_in_child=_after_fork)
