"""Any other session of the rembg package as a predictor of ours."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from processing.pipeline.arrays import Alpha, Rgb

from .errors import ModelFailedError
from .sessions import session_options
from .specs import ModelSpec
from .weights import locate

_import_lock = threading.Lock()  # rembg reads the environment when a session is made


@dataclass(slots=True)
class RembgPredictor:
    """Like Predictor, for models whose arithmetic only rembg knows. `options` go to its session's predict.

    It never downloads: the weights must lie in `models_dir`.
    """

    spec: ModelSpec
    weights_id: str
    models_dir: Path
    threads: int = 1
    options: Mapping[str, object] = field(default_factory=dict)
    device: str = "cpu"
    _session: Any = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def predict(self, rgb: Rgb) -> Alpha:
        """Matte of an H×W×3 uint8 picture: float32 0..1 at the picture's size (rembg scales it up itself)."""
        from PIL import Image

        session = self._loaded()
        try:
            masks = session.predict(Image.fromarray(rgb), **self.options)
        except Exception as error:  # whatever rembg and its libraries raise
            raise ModelFailedError(
                f"{self.spec.name} failed on a picture: {error}", model=self.spec.name
            ) from error
        if not masks:
            raise ModelFailedError(f"{self.spec.name} gave no mask.", model=self.spec.name)
        layers = [np.asarray(mask.convert("L"), dtype=np.float32) for mask in masks]
        return np.asarray(np.max(layers, axis=0) / 255, dtype=np.float32)

    def _loaded(self) -> Any:
        with self._lock:
            if self._session is None:
                path = locate(self.spec, self.models_dir)  # gone since: refuse before rembg would download
                self._session = _new_session(self.spec, path, self.threads)
            return self._session


def _new_session(spec: ModelSpec, path: Path, threads: int) -> Any:
    options = {"model_path": str(path)} if spec.name.endswith("_custom") else {}
    with _import_lock:
        before = os.environ.get("U2NET_HOME")
        os.environ["U2NET_HOME"] = str(path.parent.resolve())
        try:
            from rembg import new_session

            return new_session(spec.name, sess_opts=session_options(threads), **options)
        except (Exception, SystemExit) as error:  # rembg ends the process when a library is missing
            raise ModelFailedError(f"rembg could not load {spec.name}: {error}", model=spec.name) from error
        finally:
            if before is None:
                del os.environ["U2NET_HOME"]
            else:
                os.environ["U2NET_HOME"] = before
