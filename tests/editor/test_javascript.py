"""The editor's modules without DOM under Node, and their mask compared with the server's, pixel by pixel."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from processing.pipeline.foreground import colours, cut_out
from processing.pipeline.replay import brush_box, replay
from processing.pipeline.smart import likeness_in
from processing.pipeline.strokes import Brush, parse

JS = Path(__file__).resolve().parents[1] / "js"
WIDTH, HEIGHT = 700, 530  # more than one tile of the editor each way, and no whole number of them
ODD = [(701, 523), (513, 257), (255, 511), (97, 601), (640, 37), (3, 5)]  # around whole tiles, thin, tiny
Size = tuple[int, int]

pytestmark = pytest.mark.skipif(not shutil.which("node"), reason="node is not installed")


def node(*arguments: str | Path) -> str:
    answer = subprocess.run(["node", *map(str, arguments)], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout


def test_the_modules() -> None:
    report = node("--test", JS)
    assert "# fail 0" in report and "# pass 0" not in report


def wave(count: int, pressure: bool = False) -> list[list[float]]:
    """A way over most of the picture, and beyond it."""
    return [
        [round(-60 + 17.3 * i, 2), round(260 + 230 * math.sin(i / 5), 2)]
        + ([round(0.5 + 0.5 * math.cos(i), 3)] if pressure else [])
        for i in range(count)
    ]


def brush(
    tool: str, size: float, hardness: float, strength: float, points: Any, **more: Any
) -> dict[str, Any]:
    return {"tool": tool, "size": size, "hardness": hardness, "strength": strength, "points": points, **more}


STROKES: dict[str, list[dict[str, Any]]] = {
    "hard": [brush("restore", 41, 1, 1, wave(45))],
    "soft and weak": [brush("erase", 180, 0, 0.37, wave(45))],
    "one px": [brush("erase", 1, 0.5, 1, wave(45))],
    "widest": [brush("restore", 500, 0.3, 0.8, [[350, 265], [351, 265]])],
    "pen": [brush("restore", 77.7, 0.6, 0.9, wave(45, pressure=True))],
    "lasso": [{"tool": "lasso", "mode": "add", "points": wave(30)}],
    "lasso away": [{"tool": "lasso", "mode": "remove", "points": [[-90, -90], [800, 100.3], [20.7, 600]]}],
    "holes": [{"tool": "fill_holes"}],
    "invert": [{"tool": "invert"}],
    "grow": [{"tool": "grow", "px": 1}, {"tool": "grow", "px": 20}],
    "shrink": [{"tool": "grow", "px": -7}],
    "smooth": [{"tool": "smooth", "px": 0.5}, {"tool": "smooth", "px": 6.5}],
    "smooth most": [{"tool": "smooth", "px": 20}],
    "smart": [brush("restore", 120, 0.8, 1, [[230, 150], [260, 330.5]], smart=True)],
}
STROKES["everything in a row"] = [stroke for strokes in STROKES.values() for stroke in strokes]


def alpha(size: Size) -> Any:
    """A soft disc with a ragged rim and a hole: every level occurs."""
    y, x = np.mgrid[: size[1], : size[0]]
    x, y = x * (WIDTH / size[0]), y * (HEIGHT / size[1])
    angle = np.arctan2(y - 260, x - 330)
    distance = np.hypot(x - 330, y - 260) - 12 * np.sin(17 * angle)
    rim = np.clip((190 - distance) / 14, 0, 1)
    hole = np.clip((np.hypot(x - 360, y - 240) - 20) / 6, 0, 1)
    return (rim * hole).astype(np.float32)


def photo(size: Size) -> Any:
    width, height = size
    noise = np.random.default_rng(3).integers(0, 20, (height, width, 3), np.uint8)
    noise[:, : width * 250 // WIDTH] += np.array([180, 90, 60], np.uint8)
    noise[:, width * 250 // WIDTH :] += np.array([40, 90, 150], np.uint8)
    return noise


def drawn_on(size: Size, stroke: dict[str, Any]) -> dict[str, Any]:
    """The stroke, moved to where it lies in a picture of another size."""
    if "points" not in stroke:
        return stroke
    across, down = size[0] / WIDTH, size[1] / HEIGHT
    return stroke | {
        "points": [[round(x * across, 2), round(y * down, 2), *p] for x, y, *p in stroke["points"]]
    }


@pytest.mark.parametrize("name", STROKES)
def test_the_canvas_equals_the_servers_replay(name: str, tmp_path: Path) -> None:
    same_on_both((WIDTH, HEIGHT), STROKES[name], tmp_path)


@pytest.mark.parametrize("size", ODD, ids=str)
@pytest.mark.parametrize("name", ["lasso", "lasso away", "shrink", "smooth", "smart", "everything in a row"])
def test_it_does_at_odd_sizes(name: str, size: Size, tmp_path: Path) -> None:
    same_on_both(size, [drawn_on(size, stroke) for stroke in STROKES[name]], tmp_path)


@pytest.mark.parametrize("size", [(WIDTH, HEIGHT), *ODD], ids=str)
def test_soft_edges_are_taken_apart_as_by_the_server(size: Size, tmp_path: Path) -> None:
    matte, picture = alpha(size), photo(size)
    apart = colours(picture, matte, 512)
    server = cut_out(picture, matte, 512)[..., :3].astype(int)
    browser = separated(picture, matte, apart, tmp_path)
    soft = (matte > 0.01) & (matte < 0.99)
    assert np.abs(browser - server)[soft].max(initial=0) <= 3  # as its colours are whole numbers
    assert (browser == picture)[matte == 1].all()
    assert np.abs(picture - server)[soft].max(initial=99) > 20


def separated(picture: Any, matte: Any, apart: Any, folder: Path) -> Any:
    """H×W×3 as static/editor/foreground.js makes it."""
    (folder / "photo").write_bytes(picture.tobytes())
    (folder / "apart").write_bytes(np.dstack([apart, np.full(apart.shape[:2], 255, np.uint8)]).tobytes())
    matte.astype("<f4").tofile(folder / "matte")
    small, large = apart.shape[1::-1], picture.shape[1::-1]
    node(JS / "separate.mjs", folder, small[0], small[1] // 2, *large)
    return np.fromfile(folder / "out", np.uint8).reshape(picture.shape).astype(int)


def same_on_both(size: Size, raw: list[dict[str, Any]], folder: Path) -> None:
    before = alpha(size)
    server = np.rint(replay(before, parse(raw, size), likeness_in(photo(size))) * 65535).astype(int)
    browser = in_node(size, raw, before, folder)
    assert np.abs(server / 257 - browser / 257).max() <= 2  # of 255, as promised
    assert np.abs(server - browser).max() <= 32  # of 65535, as the arithmetic allows
    assert (server != np.rint(before * 65535)).any()


def in_node(size: Size, raw: list[dict[str, Any]], before: Any, folder: Path) -> Any:
    np.rint(before * 65535).astype("<u2").tofile(folder / "levels")
    given = {"width": size[0], "height": size[1], "levels": str(folder / "levels"), "strokes": raw}
    likeness = [
        _likeness(stroke, photo(size), folder / f"like-{n}") for n, stroke in enumerate(parse(raw, size))
    ]
    (folder / "in.json").write_text(json.dumps(given | {"likeness": likeness}))
    node(JS / "replay.mjs", folder / "in.json", folder / "out")
    return np.fromfile(folder / "out", "<u2").reshape(size[::-1]).astype(int)


def _likeness(stroke: Any, photo: Any, path: Path) -> Any:
    if not isinstance(stroke, Brush) or not stroke.smart:
        return None
    box = brush_box(stroke, photo.shape)
    likeness_in(photo)(stroke, box).tofile(path)
    return [[box.left, box.top, box.width, box.height], str(path)]
