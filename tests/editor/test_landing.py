"""The figures on the first page are those of docs/quality.md."""

from __future__ import annotations

import re
from pathlib import Path

from editor.landing import FIGURES

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "quality.md").read_text()


def row(name: str) -> list[float]:
    """IoU, success, MAE, SAD, gradient and boundary F of the first table."""
    line = next(line for line in PAGE.splitlines() if line.startswith(f"| {name} |"))
    return [float(number) for number in re.findall(r"\d+\.\d+", line)]


def test_the_figures_are_those_that_were_measured() -> None:
    ours, rembg = row("`balanced` (default)"), row("rembg")
    success, overlap, distance = FIGURES
    assert (success.number, success.against) == (
        f"{ours[1]:.0%}".replace("%", " %"),
        f"{rembg[1]:.0%} with rembg".replace("%", " %"),
    )
    assert (overlap.number, overlap.against) == (f"{ours[0]:.3f}", f"{rembg[0]:.3f} with rembg")
    assert (distance.number, distance.against) == (f"{ours[3]:.1f}", f"{rembg[3]:.1f} with rembg")
