"""A writer in a process of its own: `python -m tests.bgsite.filebroker_writer ROOT FIRST COUNT BYTES`."""

import sys

from kombu import Connection

from bgsite import filebroker


def main(root: str, first: int, count: int, size: int) -> None:
    filebroker.register()
    with Connection(f"safefs://{root}") as connection:
        queue = connection.SimpleQueue("stress")
        for number in range(first, first + count):
            queue.put({"n": number, "padding": "x" * size})


if __name__ == "__main__":
    main(sys.argv[1], *(int(word) for word in sys.argv[2:5]))
