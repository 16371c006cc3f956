"""The predictors loaded in this process: few, shared by its threads, each loaded once."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from pathlib import Path

from .catalogue import find
from .custom import fingerprint
from .custom_graph import check_graph
from .predictor import Predictor
from .rembg_adapter import RembgPredictor
from .sessions import OnnxSession
from .weights import locate, verify

MOST = 2  # predictors kept per process; the one used longest ago goes first
ARENA_SIDE = 512  # pixels; nets with a larger input would keep gigabytes between two pictures

Key = tuple[str, Path, int, str]

_loaded: OrderedDict[Key, Predictor | RembgPredictor] = OrderedDict()
_lock = threading.Lock()


def get(name: str, models_dir: Path, threads: int = 1, provider: str = "cpu") -> Predictor | RembgPredictor:
    """The predictor of a model, made at the first call and kept.

    Raises UnknownModelError, WeightsMissingError, WeightsCorruptError, CustomModelInvalidError. The graph itself
    is loaded by the first `predict`, which raises ModelFailedError when it cannot be; an own model's at once.
    """
    key = (name, models_dir, threads, provider)
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


def _make(name: str, models_dir: Path, threads: int, provider: str) -> Predictor | RembgPredictor:
    spec = find(name, models_dir)
    path = locate(spec, models_dir)
    verify(path, spec)
    weights_id = spec.file.checksum[1][:12] or f"{path.stat().st_mtime_ns:x}"
    if spec.family == "rembg":
        return RembgPredictor(spec, weights_id, models_dir, threads)
    session = OnnxSession(path, threads, provider, arena=spec.size <= ARENA_SIDE)
    if spec.family == "custom":
        check_graph(spec, session)
        weights_id = fingerprint(name, models_dir)
    return Predictor(spec, weights_id, session)


def _after_fork() -> None:
    """A child starts anew: the threads of a loaded session do not exist in it, and the lock may be held."""
    global _lock
    _lock = threading.Lock()
    _loaded.clear()


os.register_at_fork(after_in_child=_after_fork)
