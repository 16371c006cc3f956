"""The figures of bench.speed as one JSON object, and as a table of it."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from bench.contestants import CORES
from processing.registry.optimize import processor

if TYPE_CHECKING:
    from bench.again import Again
    from bench.folder import Folder
    from bench.speed import Row

# The ratios to reach, by preset and megapixels; memory and recipe are to stay below theirs.
GOALS: dict[str, dict[str, float]] = {
    "fast": {"0.2": 3.2, "1.5": 3.8, "12": 6, "24": 7},
    "balanced": {"0.2": 1.7, "1.5": 2, "12": 3, "24": 4},
}
FOLDER_GOAL, MEMORY_GOAL, RECIPE_GOAL = 4.0, 0.7, 0.1


def report(rows: Sequence[Row], files: Folder | None, changed: Again | None, **how: object) -> dict[str, Any]:
    """`speed`, `cpu` and `memory` by preset and megapixels; None for what was not measured."""
    return {
        **how,
        "cores": CORES,
        "load": round(os.getloadavg()[0], 2),
        "processor": processor(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("rembg", "onnxruntime", "numpy", "pillow")},
        **{kind: _ratios(rows, kind) for kind in ("speed", "cpu", "memory")},
        "folder": asdict(files) if files else None,
        "recipe": asdict(changed) if changed else None,
        "goals": {"speed": GOALS, "folder": FOLDER_GOAL, "memory": MEMORY_GOAL, "recipe": RECIPE_GOAL},
        "rows": [asdict(row) for row in rows],
    }


def _ratios(rows: Sequence[Row], kind: str) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for row in rows:
        found.setdefault(row.preset, {})[f"{row.megapixels:g}"] = round(getattr(row, kind), 3)
    return found


def table(found: dict[str, Any]) -> str:
    """For people."""
    lines = [
        f"u2net, {found['engine']} weights, {found['cores']} threads, {found['rounds']} rounds, "
        f"load {found['load']}; {found['processor']}",
        "preset       MP     ours    rembg   faster (goal)  by CPU      ours     rembg   memory",
    ]
    for row in found["rows"]:
        goal = GOALS.get(row["preset"], {}).get(f"{row['megapixels']:g}")
        lines.append(
            f"{row['preset']:9} {row['megapixels']:5g} {row['ours_ms']:6.0f}ms {row['rembg_ms']:6.0f}ms "
            f"{row['speed']:6.2f}x {f'({goal:g}x)' if goal else '':>7} {row['cpu']:6.2f}x "
            f"{row['ours_mb']:7.0f}MB {row['rembg_mb']:7.0f}MB {row['memory']:7.2f}x"
        )
    if files := found["folder"]:
        lines.append(
            f"{files['photos']} photos of {files['megapixels']:g} MP in all, fast against rembg p: "
            f"{files['ours_s']:.1f} s, {files['rembg_s']:.1f} s, {files['speed']:.2f}x ({FOLDER_GOAL:g}x), "
            f"by CPU {files['cpu']:.2f}x"
        )
    if changed := found["recipe"]:
        lines.append(
            f"another recipe of a 12 MP picture, of the first run's {changed['first_s'] * 1000:.0f} ms: its preview "
            f"{changed['preview']:.3f} ({RECIPE_GOAL:g}), the first preview {changed['opened']:.3f}, "
            f"the file in full {changed['full']:.3f}"
        )
    return "\n".join(lines)
