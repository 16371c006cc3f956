"""What each step of the pipeline costs and gains: python -m bench.steps [--photos DIR --truth DIR] [--engine fp32].

Each step is left out in turn, by the recipe's own switch where it has one, else by putting in its place what does
nothing. Gain: figures with it and without it on photos with masks, colours on composites (bench.composites). Cost:
CPU time of a whole run with it less that without it, least of some turns, and which part of the run that is.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch

import numpy as np

from bench.composites import composites
from bench.contestants import models_dir, net, prepared
from bench.cutters import Cutter, Remembered, ours
from bench.metrics import of_colours
from bench.pictures import photo
from bench.quality import SHARED, Figures, find, mask_of, matte_figures
from processing.pipeline import edges, scale
from processing.pipeline.arrays import Alpha, Predict, Rgb, Rgba
from processing.registry.cache import Engine
from processing.registry.predictor import Predictor


@dataclass(frozen=True)
class Step:
    """Left out of `preset` by another `recipe`, or by other values of `module:name` in processing.pipeline."""

    name: str
    preset: str
    recipe: dict[str, str] = field(default_factory=dict)
    instead: dict[str, Any] = field(default_factory=dict)

    @contextmanager
    def left_out(self) -> Iterator[None]:
        with ExitStack() as stack:
            for place, value in self.instead.items():
                module, name = place.split(":")
                stack.enter_context(patch.object(import_module(f"processing.pipeline.{module}"), name, value))
            yield

    def without(self, predict: Predict) -> Cutter:
        cutter = ours(predict=predict, **{"preset": self.preset, **self.recipe})

        def cut(data: bytes) -> Rgba:
            with self.left_out():
                return cutter(data)

        return cut


def enlarged(rgb: Rgb, alpha: Alpha, *_: Any, **__: Any) -> Alpha:
    return edges.snap(scale.resize_alpha(alpha, (rgb.shape[1], rgb.shape[0])).copy())


def same(alpha: Alpha, *_: Any) -> Alpha:
    return alpha


def everywhere(alpha: Alpha, *_: Any) -> Alpha:
    return np.ones(alpha.shape[:2], np.float32)


def nowhere(alpha: Any, *_: Any) -> Alpha:
    return np.zeros(alpha.shape[:2], np.float32)


NO_COLOURS = {"fusion:COLOURS": 0.0, "fusion:BORNE_OUT": 0.0}
STEPS = (
    Step("second look", "balanced", {"preset": "fast"}),
    Step("third and fourth look", "best", {"preset": "balanced", "hair": "on"}),
    Step("shadows raised in one look", "best", instead={"looks:_GAMMA": 1.0}),
    Step("colours settle disputes", "balanced", instead=NO_COLOURS),
    Step("colours settle disputes", "best", instead=NO_COLOURS),
    Step("looks borne out by colours", "balanced", instead={"fusion:BORNE_OUT": 0.0}),
    Step("looks borne out by colours", "best", instead={"fusion:BORNE_OUT": 0.0}),
    Step("without haze", "balanced", instead={"run:without_haze": same}),
    Step("veils keep their level", "balanced", instead={"run:with_veils": same}),
    Step("edges of the picture", "balanced", instead={"edges:enlarged": enlarged}),
    Step("snapped", "balanced", instead={"edges:snap": same}),
    Step("strands", "best", {"hair": "off"}),
    Step("strands only in hair and before plain grounds", "best", instead={"strands:hairy": everywhere}),
    Step("strands before plain grounds", "best", instead={"strands:plain_beside": nowhere}),
    Step("strands that the net bears out", "best", instead={"strands:believed": everywhere}),
    Step("decontaminated", "balanced", {"decontaminate": "false"}),
    Step("decontaminated", "best", {"decontaminate": "false"}),
    Step("colours told apart at 512 px", "balanced", instead={"recipe:COLOUR_SIDES": {"balanced": 320}}),
    Step("colours told apart at 512 px", "best", instead={"recipe:COLOUR_SIDES": {"best": 320}}),
    # What is done on request alone: without it means with it.
    Step("specks kept", "balanced", {"specks": "true"}),
    Step("holes as the net says, not opened", "balanced", {"holes": "open"}),
    Step("holes as the net says, not closed", "balanced", {"holes": "close"}),
    Step("insides as the net says, not opaque", "balanced", {"semitransparency": "false"}),
)


def main(argv: list[str] | None = None) -> None:
    asked = _parser().parse_args(argv)
    prepared(models_dir(), cast(Engine, asked.engine))
    predict = net(models_dir(), cast(Engine, asked.engine))
    steps = [step for step in STEPS if asked.only in step.name]
    gains = _gains(find(asked.photos, asked.truth), steps, Remembered(predict))
    costs = {size: _costs(steps, predict, photo(size)) for size in asked.megapixels}
    print(f"u2net, {asked.engine}: with the step, without it; CPU time of the step, part of the run")
    for number, (step, figures) in enumerate(zip(steps, gains, strict=True)):
        cost = ", ".join(f"{size:g} MP {costs[size][number]}" for size in asked.megapixels)
        print(f"{step.name} ({step.preset}): {cost}")
        print("    " + "  ".join(f"{name} {a:.4g} {b:.4g}" for name, (a, b) in figures.items()))


def _gains(
    pairs: list[tuple[Path, Path]], steps: list[Step], predict: Remembered
) -> list[dict[str, tuple[float, float]]]:
    """Of each step, by figure: the mean with it, and without it."""
    rows: list[list[tuple[Figures, Figures]]] = [[] for _ in steps]

    def score(figures: Callable[[Cutter], Figures]) -> None:
        # Picture by picture, as the net's answers to one are remembered.
        usual = {preset: figures(ours(preset, predict)) for preset in {step.preset for step in steps}}
        for row, step in zip(rows, steps, strict=True):
            row.append((usual[step.preset], figures(step.without(predict))))

    for path, truth in pairs:
        score(partial(matte_figures, data=path.read_bytes(), truth=mask_of(truth)))
    for made in composites(pairs):
        score(lambda cutter, made=made: of_colours(cutter(made.data), made.front, made.alpha))  # type: ignore[misc]
    return [{name: _means(row, name) for name in (*row[0][0], *row[-1][0])} for row in rows]


def _means(row: list[tuple[Figures, Figures]], name: str) -> tuple[float, float]:
    with_it, without = ([pair[side][name] for pair in row if name in pair[side]] for side in (0, 1))
    return float(np.mean(with_it)), float(np.mean(without))


def _costs(steps: list[Step], predict: Predictor, data: bytes) -> list[str]:
    """CPU time of each step, and which part of the run with it. Where the net sees the same, it is asked once, as its
    time varies by more than most steps take."""
    runs = {preset: _least([ours(preset, predict)], data)[0] for preset in {step.preset for step in steps}}
    found = []
    for step in steps:
        asked = predict if "preset" in step.recipe else Remembered(predict)
        with_it, without = _least([ours(step.preset, asked), step.without(asked)], data)
        found.append(f"{1000 * (with_it - without):+.0f} ms {(with_it - without) / runs[step.preset]:+.1%}")
    return found


def _least(cutters: list[Cutter], data: bytes, turns: int = 3) -> list[float]:
    """CPU seconds of each, in turns as the machine is shared; the first turn does not count."""
    times = [[_cpu(each, data) for each in cutters] for _ in range(turns + 1)]
    return [min(each) for each in zip(*times[1:], strict=True)]


def _cpu(cut: Cutter, data: bytes) -> float:
    began = time.process_time()
    cut(data)
    return time.process_time() - began


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.steps", description=__doc__)
    parser.add_argument("--photos", type=Path, default=SHARED, help="folder of photos")
    parser.add_argument("--truth", type=Path, default=SHARED / "gt", help="folder of masks of the same names")
    parser.add_argument("--engine", choices=("fp32", "int8", "auto"), default="int8", help="weights")
    parser.add_argument("--only", default="", help="steps whose name holds this")
    parser.add_argument("--megapixels", type=float, nargs="*", default=[1.5, 12.0], help="sizes for the cost")
    return parser


if __name__ == "__main__":
    main()
