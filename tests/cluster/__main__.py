"""make cluster: the composition of docker-compose.yml on loopback, until Ctrl-C. PORT and WORKERS by environment.

python -m tests.cluster [--webs 2] [--workers 3] [--models FOLDER]
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import threading
from pathlib import Path

from tests.cluster import composition
from tests.servers import MissingServer


def main() -> int:
    asked = _parser().parse_args()
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    models = Path(asked.models or os.environ.get("MODELS_DIR") or composition.ROOT / "var" / "models")
    print("Starting PostgreSQL, Redis, an S3 store, web processes, workers and nginx ...", flush=True)
    try:
        with (
            tempfile.TemporaryDirectory(prefix="bgsite-cluster-") as folder,
            composition.cluster(Path(folder), models, asked.webs, asked.workers, asked.port) as made,
        ):
            composition.wait_for_workers(made, asked.workers)
            _greet(made)
            over.wait()
            print("Ending ...", flush=True)
    except MissingServer as missing:
        print(f"make cluster: {missing}", file=sys.stderr)
        return 1
    return 0


def _greet(made: composition.Cluster) -> None:
    operator = (made.folder / "data" / "operator.txt").read_text().split()
    lines = [
        f"bgsite is at {made.url}",
        f"  Sign in as {operator[1]}, password {operator[3]}",
        f"  {len(made.webs)} web processes, {len(made.workers)} workers; logs in {made.folder}",
        "  Everything is thrown away at the end. Ctrl-C ends it.",
    ]
    print("\n".join(["", *lines, ""]), flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.cluster", description=__doc__)
    parser.add_argument("--webs", type=int, default=2)
    parser.add_argument("--workers", type=int, default=int(os.environ.get("WORKERS", "3")))
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
    parser.add_argument("--models", default="", help="folder of the weights")
    return parser


if __name__ == "__main__":
    sys.exit(main())
