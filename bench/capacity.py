"""Writes what was measured into docs/capacity.md, with the arithmetic that follows from it: python -m bench.capacity.

Reads from --folder (var/bench) what the other commands wrote there with --json: load.json of bench.load, and
scaling.json, mixed.json, pollers.json, soak.json of bench.cluster. What was not measured is left out, and named.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Iterable
from math import ceil
from pathlib import Path
from typing import Any

from bench.contestants import ROOT

DOCUMENT = ROOT / "docs" / "capacity.md"
BEGIN, END = "<!-- measured: by python -m bench.capacity -->", "<!-- end of what was measured -->"
A_DAY = 1_000_000
BUSY = 3  # the busiest hour of a day against its average
SPARE = 0.85  # of a core that can be planned with
Found = dict[str, Any]


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.capacity", description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "bench")
    folder = parser.parse_args(argv).folder
    results = {name: json.loads((folder / f"{name}.json").read_text()) for name in _there(folder)}
    DOCUMENT.write_text(put(DOCUMENT.read_text(), section(results)))


def _there(folder: Path) -> list[str]:
    return [name for name in SECTIONS if (folder / f"{name}.json").exists()]


def put(document: str, text: str) -> str:
    """The document with this text between its two marks."""
    before, _, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise SystemExit(f"{DOCUMENT.name} lacks the marks between which figures go")
    return f"{before}{BEGIN}\n\n{text}\n\n{END}{after}"


def section(results: dict[str, Found]) -> str:
    parts = [SECTIONS[name](found) for name, found in results.items()]
    missing = [name for name in SECTIONS if name not in results]
    if "scaling" in results:
        parts.append(_arithmetic(results["scaling"]))
    if missing:
        parts.append(f"Not measured this time: {', '.join(missing)}.")
    return "\n\n".join([_machine(results), *parts])


def _machine(results: dict[str, Found]) -> str:
    cores = {found["cores"] for found in results.values()}
    before = [found["load_before"] for found in results.values()]
    return (
        f"Measured on {', '.join(map(str, cores))} cores of {processor()}; u2net in INT8 where it proved itself, one "
        f"thread for each look. Load of the machine before each command: {', '.join(map(str, before))}."
    )


def processor(info: str = "") -> str:
    """What Linux says of the processor, and which of its instructions INT8 uses."""
    path = Path("/proc/cpuinfo")
    text = info or (path.read_text() if path.exists() else "")
    name = re.search(r"^model name\s*: (.*)$", text, re.MULTILINE)
    vnni = "with VNNI" if re.search(r"\b(avx512_vnni|avx_vnni)\b", text) else "without VNNI"
    return f"{name[1].strip()}, {vnni}" if name else "a processor that does not tell its name"


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def _load(found: Found) -> str:
    rows = []
    for clients in found["throughput"]:
        runs = [run for run in found["runs"] if str(run["clients"]) == clients]
        own, theirs = (_of(runs, name) for name in ("ours", "rembg"))
        rows.append(
            [
                clients,
                *(f"{own[key]} / {theirs[key]}" for key in ("rate", "p95", "cpu", "rss_mb", "errors")),
                f"{found['throughput'][clients]:.2f}×",
                f"{found['p95'][clients]:.2f}×",
                f"{found['poll_ms'][clients]:g}",
            ]
        )
    head = [
        "clients", "photos/s, ours / rembg's", "p95, s", "s of a core a photo", "MB", "errors",
        "throughput", "p95", "status poll, ms",
    ]  # fmt: skip
    return (
        "### Against `rembg s`\n\n"
        f"The same weights and photos (0.2 to 1.5 MP), in turns, ours by preset `{found['preset']}`; × above 1: ours "
        "is better.\n\n"
        f"{table(head, rows)}\n\nOne request of 1.5 MP takes {found['request_ms']:g} ms; all around the engine is "
        f"{found['overhead_ms']:g} ms of it."
    )


def _of(runs: list[Found], server: str) -> Found:
    """The run of this server in the middle, and the worst of what adds up."""
    own = sorted((run for run in runs if run["server"] == server), key=lambda run: run["rate"])
    middle = own[len(own) // 2]
    return {
        **{key: f"{middle[key]:.2f}" for key in ("rate", "p95", "cpu")},
        "rss_mb": round(max(run["rss_mb"] for run in own)),
        "errors": sum(run["errors"] for run in own),
    }


def _steps(found: Found) -> dict[str, Found]:
    """What was found for each number, by its name."""
    return {name: each for name, each in found.items() if name.isdigit()}


def _scaling(found: Found) -> str:
    steps = _steps(found)
    rows = [
        [
            workers, step["photos_a_second"], step["efficiency"], step["of_what_cores_allow"],
            step["pages"]["p95_ms"], step["polls"]["p95_ms"], step["errors"],
        ]
        for workers, step in steps.items()
    ]  # fmt: skip
    head = [
        "workers", "photos/s", "efficiency", "of what the cores allow", "pages p95, ms", "polls p95, ms", "errors",
    ]  # fmt: skip
    spent = steps[max(steps, key=int)]["cpu_a_photo"]
    costs = table(["part", "s of a core for a photo"], spent.items())
    return (
        "### Workers\n\n"
        "More photos of 0.2 to 1.5 MP than the workers can do, on PostgreSQL, Redis, S3 and nginx, all of "
        f"it and the clients on the same cores.\n\n{table(head, rows)}\n\n{costs}"
    )


def _mixed(found: Found) -> str:
    rows = [
        [
            clients, f"{step['throughput']:.2f}×", f"{step['p95']:.2f}×", step["pages_p95_ms"], step["poll_ms"],
            step["errors"], step["rembg_errors"],
        ]
        for clients, step in _steps(found).items()
    ]  # fmt: skip
    head = [
        "clients", "throughput", "p95", "pages p95, ms", "status poll, ms", "errors", "errors of rembg's",
    ]  # fmt: skip
    return (
        "### Mixed traffic\n\n"
        "Photos of 0.2 to 12 MP in turns with `rembg s`; at ours pages and status polls meanwhile.\n\n"
        f"{table(head, rows)}"
    )


def _pollers(found: Found) -> str:
    rows = [
        [name, step["photos_a_second"], step["pages"]["p95_ms"], step["polls"]["p95_ms"], step["errors"]]
        for name, step in (("none", found["without"]), (found["pollers"], found["with"]))
    ]
    head = ["idle pollers", "photos/s", "pages p95, ms", "polls p95, ms", "errors"]
    return f"### Idle pollers\n\n{table(head, rows)}"


def _soak(found: Found) -> str:
    rows = [
        [part, found["rss_mb_settled"][part], found["rss_mb_last"][part], found["rss_mb_most"][part]]
        for part in ("web", "workers")
    ]
    return (
        f"### Soak\n\n{found['photos']['count']} photos and {found['pages']['count']} pages: "
        f"{found['errors']} errors, pages p95 {found['pages']['p95_ms']:g} ms.\n\n"
        f"{table(['MB of', 'settled', 'at the end', 'most'], rows)}"
    )


def _arithmetic(found: Found) -> str:
    """From what one photo costs to what a million a day need."""
    steps = _steps(found)
    spent: dict[str, float] = steps[max(steps, key=int)]["cpu_a_photo"]
    average = A_DAY / 86_400
    peak = average * BUSY
    parts = [name for name in spent if name not in {"all", "clients", "store"}]
    rows = [[name, *(_cores(rate * spent[name] / SPARE) for rate in (average, peak))] for name in parts]
    return (
        f"### To a million photos a day\n\n    {A_DAY:,} / 86,400 s = {average:.1f} a second on average, "
        f"× {BUSY} = {peak:.0f} a second in the busiest hour\n"
        f"    workers: {peak:.0f} × {spent['workers']:g} s of a core / {SPARE:g} = "
        f"{ceil(peak * spent['workers'] / SPARE)} cores\n\n"
        f"{table(['part', 'cores on average', 'cores in the busiest hour'], rows)}"
    )


def _cores(number: float) -> str:
    return f"{number:.1f}" if number < 10 else str(ceil(number))


SECTIONS: dict[str, Callable[[Found], str]] = {
    "load": _load,
    "scaling": _scaling,
    "mixed": _mixed,
    "pollers": _pollers,
    "soak": _soak,
}


if __name__ == "__main__":
    main()
