"""The broker of files: nothing lost, nothing doubled, whoever dies."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from queue import Empty

import pytest
from kombu import Connection

from bgsite import filebroker

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    filebroker.register()
    with Connection(f"safefs://{tmp_path}/queue") as connection:
        yield connection


@pytest.fixture
def queue_files(tmp_path: Path) -> Path:
    return tmp_path / "queue"


def names(folder: Path, pattern: str = "*") -> list[str]:
    return sorted(path.name for path in folder.rglob(pattern) if path.is_file())


def test_messages_come_in_their_order_and_leave_no_file(connection: Connection, queue_files: Path) -> None:
    queue = connection.SimpleQueue("jobs")
    for number in range(5):
        queue.put({"n": number})
    assert len(names(queue_files, "*.msg")) == 5

    taken = [queue.get(block=False) for _ in range(5)]

    assert [message.payload["n"] for message in taken] == [0, 1, 2, 3, 4]
    for message in taken:
        message.ack()
    assert names(queue_files, "*.msg") == []
    with pytest.raises(Empty):
        queue.get(block=False)


def test_folder_is_the_absolute_path_of_the_url(connection: Connection, queue_files: Path) -> None:
    connection.SimpleQueue("jobs").put({"n": 1})

    assert [path.parent for path in queue_files.rglob("*.msg")] == [queue_files / "queues" / "jobs"]


def test_message_that_was_not_acknowledged_comes_again_when_its_reader_ends(queue_files: Path) -> None:
    filebroker.register()
    with Connection(f"safefs://{queue_files}") as first:
        first.SimpleQueue("jobs").put({"n": 7})
        assert first.SimpleQueue("jobs").get(block=False).payload == {"n": 7}
        with Connection(f"safefs://{queue_files}") as second, pytest.raises(Empty):
            second.SimpleQueue("jobs").get(block=False)

    with Connection(f"safefs://{queue_files}") as third:
        assert third.SimpleQueue("jobs").get(block=False).payload == {"n": 7}


def test_rejected_message_comes_again_once(connection: Connection, queue_files: Path) -> None:
    queue = connection.SimpleQueue("jobs")
    queue.put({"n": 3})
    queue.get(block=False).requeue()

    again = queue.get(block=False)
    assert again.payload == {"n": 3}
    again.ack()
    assert names(queue_files, "*.msg") == []


def test_file_that_is_no_message_is_put_aside(connection: Connection, queue_files: Path) -> None:
    queue = connection.SimpleQueue("jobs")
    queue.put({"n": 1})
    bad = queue_files / "queues" / "jobs"
    for name, content in (
        ("00a.msg", b""),
        ("00b.msg", b'{"body": 1}'),
        ("00c.msg", b"\xff\xfe"),
        ("00d.msg", b"[]"),
    ):
        (bad / name).write_bytes(content)

    assert queue.get(block=False).payload == {"n": 1}
    assert names(queue_files / "broken") == ["00a.msg", "00b.msg", "00c.msg", "00d.msg"]


def test_message_that_cannot_be_written_leaves_no_file(
    connection: Connection, queue_files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: bytes) -> None:
        path.touch()  # a full disk still has room for an empty file
        raise OSError(28, "No space left on device")

    queue = connection.SimpleQueue("jobs")
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        queue.put({"n": 1})

    assert names(queue_files / "queues") == []


def test_a_reader_survives_that_its_folder_is_removed(connection: Connection, queue_files: Path) -> None:
    queue = connection.SimpleQueue("jobs")
    queue.put({"n": 1})
    held = queue.get(block=False)
    shutil.rmtree(queue_files)
    held.ack()

    queue.put({"n": 2})
    assert queue.get(block=False).payload == {"n": 2}
    assert filebroker.give_back_claims_of_the_dead(queue_files) == 0, "it lives"


def test_purge_and_size(connection: Connection) -> None:
    queue = connection.SimpleQueue("jobs")
    for number in range(3):
        queue.put({"n": number})

    assert queue.qsize() == 3
    assert queue.clear() == 3
    assert queue.qsize() == 0


class Crowd:
    """Readers and writers as processes; those that are killed are replaced."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.root = folder, folder / "queue"
        self.readers: list[subprocess.Popen[bytes]] = []
        self.killed: set[int] = set()

    def module(self, name: str, *words: object) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"tests.bgsite.{name}", str(self.root), *map(str, words)]
        return subprocess.Popen(command, cwd=ROOT)

    def read(self, patience: float) -> None:
        self.readers.append(
            self.module("filebroker_reader", self.folder / f"{len(self.readers)}.log", patience)
        )

    def kill_one(self) -> None:
        victim = random.choice([reader for reader in self.readers if reader.poll() is None])
        victim.kill()
        victim.wait()
        self.killed.add(victim.pid)

    def noted(self) -> list[list[str]]:
        return [line.split() for log in self.folder.glob("*.log") for line in log.read_text().splitlines()]


@pytest.mark.slow
def test_nothing_is_lost_and_nothing_doubled_while_readers_are_killed(tmp_path: Path) -> None:
    crowd, count = Crowd(tmp_path), 1000
    writers = [crowd.module("filebroker_writer", first * count, count, 20_000 * first) for first in range(2)]
    for _ in range(3):
        crowd.read(patience=3)
    while any(writer.poll() is None for writer in writers):
        time.sleep(1)
        crowd.kill_one()
        crowd.read(patience=3)
    assert all(writer.wait() == 0 for writer in writers)
    crowd.read(patience=3)
    assert [reader.wait() for reader in crowd.readers if reader.pid not in crowd.killed].count(0) > 0

    notes = crowd.noted()
    done = Counter(int(number) for word, number, _ in notes if word == "done")
    takers: dict[int, list[int]] = {}
    for word, number, pid in notes:
        if word == "took":
            takers.setdefault(int(number), []).append(int(pid))
    doubled = {number: pids for number, pids in takers.items() if len(pids) > 1}

    assert set(done) | set(takers) == set(range(2 * count))
    assert names(crowd.root, "*.msg") == [], "every message was acknowledged in the end"
    assert all(len(set(pids) - crowd.killed) <= 1 for pids in doubled.values()), (
        "doubled, and its reader lived"
    )
    assert crowd.killed, "the test is about readers that die"
