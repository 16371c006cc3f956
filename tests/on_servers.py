"""Runs a command with PostgreSQL, Redis and S3 as its database, broker and storage, by environment alone.

    python -m tests.on_servers pytest -m both

The same tests thus run on both configurations: once as they are (SQLite, files), once like this.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from tests import servers


def main(command: list[str]) -> int:
    try:
        with servers.postgres() as database, servers.redis() as broker, servers.s3() as endpoint:
            environment = {
                "DATABASE_URL": database,
                "BROKER_URL": broker.url,
                "S3_BUCKET": "bgsite",
                "S3_ENDPOINT_URL": endpoint,
                "S3_ACCESS_KEY": "test",
                "S3_SECRET_KEY": "test",
            }
            return subprocess.run(command, env=os.environ | environment, check=False).returncode
    except servers.MissingServer as missing:
        print(f"on_servers: {missing}", file=sys.stderr)
        return 1 if os.environ.get("CI") else 0


def _ended(number: int, frame: object) -> None:
    sys.exit(128 + number)  # and not at once: the servers are ended on the way out


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _ended)
    sys.exit(main(sys.argv[1:]))
