"""The figures of bench.speed as a drawing: bars of how many times faster than rembg, the goal as a line on each."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

WIDTH, LEFT, RIGHT, ROW, HEAD = 860, 190, 70, 30, 70
COLOURS = {"fast": "#2563eb", "balanced": "#0f766e", "best": "#9333ea", "folder": "#b45309"}


def draw(found: dict[str, Any]) -> str:
    """An SVG picture of a report."""
    bars = list(_bars(found))
    most = max([max(value, goal or 0) for _, _, value, goal in bars], default=1.0) * 1.05
    height = HEAD + ROW * len(bars) + 50
    title = f"Times faster than rembg.remove, u2net, {found['engine']} weights"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
            f'height="{height}" font-family="system-ui, sans-serif" font-size="14" fill="#1f2937" role="img">',
            f"<title>{escape(title)}</title>",
            f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
            f'<text x="20" y="30" font-size="18" font-weight="600">{escape(title)}</text>',
            f'<text x="20" y="52" fill="#6b7280">{escape(_how(found))}</text>',
            *_scale(most, height),
            *(line for at, bar in enumerate(bars) for line in _bar(HEAD + ROW * at, most, *bar)),
            f'<text x="{LEFT}" y="{height - 12}" fill="#6b7280">black line: goal; 1 = as fast as rembg</text>',
            "</svg>",
        ]
    )


def _how(found: dict[str, Any]) -> str:
    return f"{found['processor']}; {found['cores']} cores, {found['rounds']} rounds, load {found['load']}"


def _bars(found: dict[str, Any]) -> Iterator[tuple[str, str, float, float | None]]:
    """Kind, label, ratio, goal."""
    goals = found["goals"]
    for preset, ratios in found["speed"].items():
        for size, ratio in ratios.items():
            yield preset, f"{preset}, {size} MP", ratio, goals["speed"].get(preset, {}).get(size)
    if files := found["folder"]:
        yield "folder", f"folder of {files['photos']}, fast", files["speed"], goals["folder"]


def _x(value: float, most: float) -> float:
    return round(LEFT + value / most * (WIDTH - LEFT - RIGHT), 1)


def _scale(most: float, height: int) -> Iterator[str]:
    for value in range(int(most) + 1):
        x = _x(value, most)
        ink = "#9ca3af" if value == 1 else "#e5e7eb"
        yield f'<line x1="{x}" y1="{HEAD - 4}" x2="{x}" y2="{height - 46}" stroke="{ink}"/>'
        yield f'<text x="{x}" y="{height - 30}" text-anchor="middle" fill="#6b7280">{value}</text>'


def _bar(top: int, most: float, kind: str, label: str, value: float, goal: float | None) -> Iterator[str]:
    end = _x(value, most)
    yield f'<text x="{LEFT - 10}" y="{top + 18}" text-anchor="end">{escape(label)}</text>'
    yield (
        f'<rect x="{LEFT}" y="{top + 4}" width="{max(0.0, end - LEFT):.1f}" height="{ROW - 10}" '
        f'fill="{COLOURS[kind]}" rx="2"/>'
    )
    if goal:
        at = _x(goal, most)
        yield f'<line x1="{at}" y1="{top + 1}" x2="{at}" y2="{top + ROW - 3}" stroke="#111827" stroke-width="2"/>'
    after = _x(max(value, goal or 0), most) + 8
    yield f'<text x="{after}" y="{top + 19}" font-weight="600">{value:.2f}×</text>'
