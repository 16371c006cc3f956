"""A reader in a process of its own: notes each message it took and each it acknowledged, one line each.

python -m tests.bgsite.filebroker_reader ROOT LOG SECONDS_WITHOUT_MESSAGE
"""

import os
import sys
import time
from pathlib import Path
from queue import Empty

from kombu import Connection

from bgsite import filebroker


def main(root: str, log: str, patience: float) -> None:
    filebroker.register()
    filebroker.LOOK_FOR_THE_DEAD = 0.2
    with Connection(f"safefs://{root}") as connection, Path(log).open("ab", buffering=0) as file:
        queue = connection.SimpleQueue("stress")
        last = time.monotonic()
        while time.monotonic() - last < patience:
            try:
                message = queue.get(block=False)
            except Empty:
                time.sleep(0.002)
                continue
            last = time.monotonic()
            file.write(f"took {message.payload['n']} {os.getpid()}\n".encode())
            message.ack()
            file.write(f"done {message.payload['n']} {os.getpid()}\n".encode())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
