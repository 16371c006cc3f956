"""Our cutouts against rembg's on photos with known masks: python -m bench.quality [--photos DIR --truth DIR].

Same u2net weights, each contestant from the file's bytes to RGBA pixels in the same run. Pairs are found by stem.
Mattes are compared on every pair, colours on composites made from some of them (bench.composites).
"""

from __future__ import annotations

import argparse
import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import numpy as np
from PIL import Image

from bench.composites import composites
from bench.contestants import ROOT, models_dir
from bench.cutters import PRESETS, REMBG_COLOURS, Cutter, everybody
from bench.metrics import of_colours, of_matte
from processing.pipeline.arrays import Alpha
from processing.pipeline.errors import PipelineError
from processing.registry.cache import Engine

SHARED = ROOT.parent / "shared" / "photos"
DRAWS = 2000  # of the bootstrap
KINDS = {".jpg", ".jpeg", ".png", ".webp"}

Figures = dict[str, float]
Row = dict[str, Any]  # name of the picture, and figures by contestant


def main(argv: list[str] | None = None) -> None:
    asked = _parser().parse_args(argv)
    pairs = find(asked.photos, asked.truth)
    if not pairs:
        sys.exit(f"No photo in {asked.photos} has a mask of the same name in {asked.truth}.")
    cutters = everybody(models_dir(), tuple(asked.preset or PRESETS), cast(Engine, asked.engine))
    mattes = [_scored_matte(photo, truth, cutters) for photo, truth in pairs]
    colours = [] if asked.no_colours else [_scored_colours(each, cutters) for each in composites(pairs)]
    report = {
        "engine": asked.engine,
        "versions": {name: version(name) for name in ("rembg", "onnxruntime", "pymatting", "numpy")},
        "mattes": _means(mattes),
        "colours": _means(colours),
        "mattes_against_rembg": against(mattes),
        "colours_against_rembg": against(colours),
        "rows": mattes + colours,
    }
    print(json.dumps(report) if asked.json else _table(report, len(mattes), len(colours)))


def find(photos: Path, truth: Path) -> list[tuple[Path, Path]]:
    """Photos and their masks, by name."""
    masks = {path.stem: path for path in sorted(truth.iterdir()) if path.suffix.lower() in KINDS}
    found = [path for path in sorted(photos.iterdir()) if path.suffix.lower() in KINDS and path.stem in masks]
    return [(path, masks[path.stem]) for path in found]


def mask_of(truth: Path) -> Alpha:
    """The true matte, H×W."""
    with Image.open(truth) as mask:
        return np.asarray(mask.convert("L"), np.float32) / np.float32(255)


def _scored_matte(photo: Path, truth: Path, cutters: dict[str, Cutter]) -> Row:
    known, data = mask_of(truth), photo.read_bytes()
    chosen = {name: cutter for name, cutter in cutters.items() if name not in REMBG_COLOURS}
    return {
        "picture": photo.stem,
        "figures": {name: matte_figures(each, data, known) for name, each in chosen.items()},
    }


def matte_figures(cutter: Cutter, data: bytes, truth: Alpha) -> Figures:
    try:
        alpha = cutter(data)[..., 3].astype(np.float32) / np.float32(255)
    except PipelineError as error:
        # Nothing found is an answer, and it is scored as the empty cutout that it is.
        if error.code != "unknown_foreground":
            raise
        alpha = np.zeros_like(truth)
    return of_matte(alpha, truth)


def _scored_colours(composite: Any, cutters: dict[str, Cutter]) -> Row:
    figures = {}
    for name, cutter in cutters.items():
        figures[name] = of_colours(cutter(composite.data), composite.front, composite.alpha)
    return {"picture": composite.name, "figures": figures}


def _means(rows: list[Row]) -> dict[str, Figures]:
    """Mean of each figure over all pictures, by contestant."""
    names = rows[0]["figures"] if rows else {}
    return {
        name: {
            figure: round(float(np.mean([row["figures"][name][figure] for row in rows])), 5)
            for figure in rows[0]["figures"][name]
        }
        for name in names
    }


def against(rows: list[Row], other: str = "rembg") -> dict[str, dict[str, list[float]]]:
    """By contestant and figure: the mean difference from `other` on the same pictures, and where 95 % of the means
    lie that as many pictures drawn anew from these have (bootstrap): [mean, from, to]."""
    names = [name for name in (rows[0]["figures"] if rows else {}) if name != other]
    draws = np.random.default_rng(0).integers(0, len(rows), (DRAWS, len(rows))) if names else np.zeros((0, 0))
    found: dict[str, dict[str, list[float]]] = {}
    for name in names:
        found[name] = {}
        for figure in rows[0]["figures"][name]:
            off = np.array([row["figures"][name][figure] - row["figures"][other][figure] for row in rows])
            low, high = np.percentile(off[draws].mean(axis=1), (2.5, 97.5))
            found[name][figure] = [round(float(value), 5) for value in (off.mean(), low, high)]
    return found


def _table(report: dict[str, Any], photos: int, made: int) -> str:
    lines = [
        f"u2net, engine {report['engine']}, {photos} photos with masks; iou, success, boundary: high is good"
    ]
    lines += _lines(report["mattes"], 4)
    lines += [
        "",
        "difference from rembg without options, and its 95 % interval (bootstrap over the pictures)",
    ]
    lines += _differences(report["mattes_against_rembg"], 4)
    if made:
        lines += ["", f"levels off (0..255) on {made} composites with known foreground: low is good"]
        lines += _lines(report["colours"], 2)
        lines += ["", "difference from rembg without options, and its 95 % interval"]
        lines += _differences(report["colours_against_rembg"], 2)
    return "\n".join(lines)


def _lines(means: dict[str, Figures], places: int) -> list[str]:
    heads = list(next(iter(means.values())))
    lines = [" " * 22 + "".join(f"{head:>10}" for head in heads)]
    for name, figures in means.items():
        lines.append(f"{name:22}" + "".join(f"{figures[head]:10.{places}f}" for head in heads))
    return lines


def _differences(found: dict[str, dict[str, list[float]]], places: int) -> list[str]:
    heads = list(next(iter(found.values())))
    lines = [" " * 22 + "".join(f"{head:>26}" for head in heads)]
    for name, figures in found.items():
        cells = [[f"{value:+.{places}f}" for value in figures[head]] for head in heads]
        lines.append(f"{name:22}" + "".join(f"{f'{mean} ({low} {high})':>26}" for mean, low, high in cells))
    return lines


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.quality", description=__doc__)
    parser.add_argument("--photos", type=Path, default=SHARED, help="folder of photos")
    parser.add_argument(
        "--truth", type=Path, default=SHARED / "gt", help="folder of masks, grey, of the same size"
    )
    parser.add_argument("--preset", action="append", choices=PRESETS, help="ours to compare; default: all")
    parser.add_argument("--engine", choices=("fp32", "int8", "auto"), default="fp32", help="our weights")
    parser.add_argument("--no-colours", action="store_true", help="leave out the composites")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


if __name__ == "__main__":
    main()
