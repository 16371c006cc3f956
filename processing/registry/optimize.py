"""INT8 weights made on this machine from the float ones, and used only where they prove themselves here.

`optimize` builds u2net.int8.onnx (44 MB instead of 176) and compares it with the float weights: a verdict beside
it says how close and how fast it was, on which processor. Another processor, runtime, source or recipe makes the
verdict void, and the float weights are used. Measured with u2net on AVX2 without VNNI, two threads: 1.8 times
faster; IoU with the ground truth of 18 photos 0.9052, with float weights 0.9041 (difference 0.0011 ± 0.0009).
"""

from __future__ import annotations

import json
import platform
import tempfile
import time
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from statistics import median
from typing import Protocol

import numpy as np

from processing.pipeline.arrays import Alpha, Rgb

from .errors import ModelFailedError
from .predictor import Predictor
from .sessions import OnnxSession, fold, leave_open, runtime
from .specs import ModelSpec
from .weights import locate, verify

RECIPE = 2  # raise it when the same source gives another INT8 file

# Models whose activation ranges are known.
RANGES = {"u2net": Path(__file__).parent / "data" / "u2net-int8-scales.json"}

# What the INT8 answer may differ from the float one on the sample photos, and how much faster it must be.
MOST_DIFFERENCE = 0.005  # mean of |alpha - alpha|
LEAST_OVERLAP = 0.97  # intersection over union at 0.5
LEAST_SPEED = 1.1
ROUNDS = 5


class Looks(Protocol):
    """Whatever can look at a picture."""

    def predict(self, rgb: Rgb) -> Alpha: ...


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found about an INT8 file. `size` and `mtime_ns` are the file's; `difference` and `overlap` the
    worst of the sample photos; `speed` how many times faster than float."""

    source: str
    recipe: int
    runtime: str
    processor: str
    size: int
    mtime_ns: int
    difference: float
    overlap: float
    speed: float

    @property
    def good(self) -> bool:
        """Whether INT8 is to be used."""
        close = self.difference <= MOST_DIFFERENCE and self.overlap >= LEAST_OVERLAP
        return close and self.speed >= LEAST_SPEED


def can_optimize(spec: ModelSpec) -> bool:
    """Whether the model's activation ranges are known."""
    return spec.name in RANGES


def int8_path(spec: ModelSpec, models_dir: Path) -> Path:
    """Where the INT8 file of a model lies, if there is one."""
    return models_dir / f"{spec.name}.int8.onnx"


def weights_id(spec: ModelSpec) -> str:
    """Names the INT8 weights, as the checksum prefix names the float ones."""
    return f"{spec.file.checksum[1][:12]}-int8.{RECIPE}"


def optimize(spec: ModelSpec, models_dir: Path, threads: int = 1) -> Verdict:
    """Build the INT8 file, judge it and keep both (about 20 s and 1.5 GB for u2net).

    Raises ModelFailedError for a model without known ranges, and what `locate` and `verify` raise.
    """
    if not can_optimize(spec):
        raise ModelFailedError(f"{spec.name} cannot be optimised: no activation ranges are known for it.")
    source = locate(spec, models_dir)
    verify(source, spec)
    target = int8_path(spec, models_dir)
    _sidecar(target).unlink(missing_ok=True)  # the old verdict is not about the new file
    build(source, target, RANGES[spec.name])
    verdict = _judge(spec, source, target, threads)
    _sidecar(target).write_text(json.dumps(asdict(verdict), indent=1))
    return verdict


def verdict_of(spec: ModelSpec, models_dir: Path) -> Verdict | None:
    """The verdict on the INT8 file, when it holds for this file, source, recipe, runtime and processor."""
    target = int8_path(spec, models_dir)
    try:
        verdict = Verdict(**json.loads(_sidecar(target).read_text()))
        stat = target.stat()
    except (OSError, ValueError, TypeError):  # never made, torn, or of an older version
        return None
    expected = (_source_id(spec), RECIPE, runtime(), processor(), stat.st_size, stat.st_mtime_ns)
    found = (
        verdict.source,
        verdict.recipe,
        verdict.runtime,
        verdict.processor,
        verdict.size,
        verdict.mtime_ns,
    )
    return verdict if found == expected else None


def build(source: Path, target: Path, ranges: Path) -> None:
    """Write the INT8 graph of `source`, cut to its first output, whole or not at all."""
    import onnx

    from .quantize import OPSET, quantized

    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".int8-") as name:
        cut, folded, made = (Path(name) / each for each in ("cut.onnx", "folded.onnx", "int8.onnx"))
        model = onnx.load(source)
        ends = [model.graph.input[0].name], [model.graph.output[0].name]
        onnx.save(onnx.utils.Extractor(model).extract_model(*ends), cut)
        fold(cut, folded)
        model = onnx.version_converter.convert_version(onnx.load(folded), OPSET)
        small = quantized(model, json.loads(ranges.read_text()))
        leave_open(small)
        onnx.save(small, made)
        made.replace(target)


def _judge(spec: ModelSpec, source: Path, target: Path, threads: int) -> Verdict:
    exact, fast = (
        Predictor(spec, "", OnnxSession(path, threads, arena=True, free=path == source), stride=spec.stride)
        for path in (source, target)
    )
    pairs = [(exact.predict(photo), fast.predict(photo)) for photo in _photos()]
    stat = target.stat()
    return Verdict(
        source=_source_id(spec),
        recipe=RECIPE,
        runtime=runtime(),
        processor=processor(),
        size=stat.st_size,
        mtime_ns=stat.st_mtime_ns,
        difference=round(max(float(np.abs(one - other).mean()) for one, other in pairs), 5),
        overlap=round(min(_overlap(one > 0.5, other > 0.5) for one, other in pairs), 5),
        speed=round(_speed(exact, fast), 2),
    )


def _overlap(one: np.ndarray, other: np.ndarray) -> float:
    together = np.count_nonzero(one | other)
    return float(np.count_nonzero(one & other) / together) if together else 1.0


def _speed(exact: Predictor, fast: Predictor) -> float:
    """In turns, so that a busy machine slows both."""
    photo = _photos()[0]
    return median(_seconds(exact, photo) / _seconds(fast, photo) for _ in range(ROUNDS))


def look_seconds(predictor: Looks) -> float:
    """Median seconds of a look at a sample photo, the first one left out."""
    photo = _photos()[0]
    predictor.predict(photo)
    return median(_seconds(predictor, photo) for _ in range(ROUNDS))


def _seconds(predictor: Looks, photo: Rgb) -> float:
    began = time.perf_counter()
    predictor.predict(photo)
    return time.perf_counter() - began


def _photos() -> list[Rgb]:
    """Pictures with one clear subject: what a net hardly sees differs from run to run of rounding."""
    from skimage import data

    return [np.asarray(data.astronaut()), np.asarray(data.coffee())]  # type: ignore[no-untyped-call]


def _source_id(spec: ModelSpec) -> str:
    return ":".join(spec.file.checksum)


def _sidecar(target: Path) -> Path:
    return target.with_name(target.name + ".json")


@cache
def processor() -> str:
    """Model of this machine's processor and whether it has INT8 dot products, on which speed and rounding hang."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:  # not Linux
        return platform.processor() or platform.machine()
    facts = dict(line.split(":", 1) for line in reversed(lines) if ":" in line)
    named = {key.strip(): value.strip() for key, value in facts.items()}
    vnni = "vnni" in named.get("flags", "") or "asimddp" in named.get("Features", "")
    return f"{named.get('model name', platform.machine())}, {'with' if vnni else 'without'} INT8 dot products"
