"""The storm: photos come in while something is killed, cut or emptied every few seconds. None is lost, none is done
twice, none is charged wrongly. STORM_JOBS says how many; `make faults` sends 2,000."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import cycle

import pytest

from tests import servers
from tests.cluster.composition import Process
from tests.faults.site import EMAIL, Faulty, Senders, faulty, restart, storm_jobs

pytestmark = [pytest.mark.slow, pytest.mark.server, pytest.mark.timeout(7200)]
SENDERS = 6
PAUSE = (0.5, 3.0)  # seconds between two faults
PROGRESS = (
    20.0  # seconds for which the next fault waits for a job that ends; a slow machine gets no more per job
)
LASTS = 2.0  # seconds until what was cut is mended
QUIET = 120.0  # seconds within which the next job ends on a site that heals itself, on a busy machine too


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Faulty]:
    with servers.needed(), faulty(tmp_path_factory.mktemp("storm"), webs=2, workers=3, rounds=5) as made:
        yield made


class Storm(threading.Thread):
    """One fault after the other, by a chance that can be repeated; each mends itself before the next."""

    def __init__(self, site: Faulty, seed: int) -> None:
        super().__init__(name="storm", daemon=True)
        self.site, self.chance = site, random.Random(seed)
        self.over, self.calm = threading.Event(), threading.Event()
        self.supervisor = threading.Thread(target=self.watch, name="supervisor", daemon=True)
        self.happened: Counter[str] = Counter()
        self.broken: BaseException | None = None

    def run(self) -> None:
        faults: list[Callable[[], None]] = [
            self.worker_gone,
            self.worker_gone,
            self.child_killed,
            self.child_killed,
            self.worker_frozen,
            self.web_gone,
            self.redis_dies,
            self.redis_emptied,
            self.postgresql_crashes,
            self.database_cut,
            self.store_fails,
        ]
        self.chance.shuffle(faults)  # each comes before any comes again
        try:
            for fault in cycle(faults):
                if self.over.wait(self.chance.uniform(*PAUSE)):
                    return
                fault()
                self.happened[fault.__name__] += 1
                self.supervise()
                self.wait_for_progress()
        except BaseException as error:  # the test tells of it
            self.broken = error

    def supervise(self) -> None:
        """Starts again what ended by itself, as compose, systemd and Kubernetes do."""
        for process in [*self.site.cluster.webs, *self.site.cluster.workers]:
            if process.running is None or process.running.poll() is not None:
                restart(process)
                self.happened["started again"] += 1

    def wait_for_progress(self) -> None:
        before, deadline = self.site.ended(), time.monotonic() + PROGRESS
        while self.site.ended() == before and time.monotonic() < deadline and not self.over.wait(0.3):
            self.supervise()

    def end(self) -> None:
        """No more faults. The supervisor stays, as the last of them may end a process a while later."""
        self.over.set()
        self.join()
        if self.broken:
            raise self.broken
        self.supervisor.start()

    def calm_down(self) -> None:
        self.calm.set()
        self.supervisor.join()

    def watch(self) -> None:
        while not self.calm.wait(1):
            self.supervise()

    def worker(self) -> Process:
        return self.chance.choice(self.site.cluster.workers)

    def worker_gone(self) -> None:
        restart(self.worker())

    def child_killed(self) -> None:
        main = self.worker().running
        assert main
        for line in os.popen(f"pgrep -P {main.pid}"):
            with suppress(ProcessLookupError):
                os.kill(int(line), signal.SIGKILL)

    def worker_frozen(self) -> None:
        """For longer than its lease; then it wakes up and believes that the job is still its own."""
        main = self.worker().running
        assert main
        os.killpg(main.pid, signal.SIGSTOP)
        time.sleep(6)
        os.killpg(main.pid, signal.SIGCONT)

    def web_gone(self) -> None:
        restart(self.chance.choice(self.site.cluster.webs))

    def redis_dies(self) -> None:
        self.site.cluster.redis.kill()
        time.sleep(LASTS)
        self.site.cluster.redis.start()

    def redis_emptied(self) -> None:
        self.site.cluster.redis.flush()

    def postgresql_crashes(self) -> None:
        self.site.cluster.postgres.crash()
        time.sleep(LASTS)
        self.site.cluster.postgres.start()

    def database_cut(self) -> None:
        self.site.database.set("refuse")
        time.sleep(LASTS)
        self.site.database.set("pass")

    def store_fails(self) -> None:
        self.site.store.set(self.chance.choice(["refuse", "fail", "slow"]))
        time.sleep(LASTS)
        self.site.store.set("pass")


def test_nothing_is_lost_doubled_or_charged_wrongly(site: Faulty) -> None:
    count = storm_jobs()
    seed = int(os.environ.get("STORM_SEED", str(random.randrange(10_000))))
    senders, storm, began = Senders(site), Storm(site, seed), time.monotonic()
    numbers = iter(range(count))
    storm.start()
    with ThreadPoolExecutor(SENDERS) as people:
        for sender in [people.submit(senders.send, numbers) for _ in range(SENDERS)]:
            sender.result()
    storm.end()
    ended = time.monotonic()
    try:
        site.wait_for_quiet(QUIET)
    except AssertionError as late:
        raise AssertionError(f"seed {seed}, {storm.happened}: {late}") from None
    finally:
        storm.calm_down()
    quiet = time.monotonic() - ended
    counted = site.books()
    took = f"{ended - began:.0f} s and {quiet:.0f} s until quiet"
    told = [f"seed {seed}", took, storm.happened, senders.hindered, counted]
    story = ", ".join(map(str, told))
    print(story)
    assert senders.refused == [], story
    # None is lost, and none is doubled: as many jobs as keys, and each key's job is one of its own.
    assert len(senders.sent) == len(set(senders.sent.values())) == count, story
    assert sum(counted["statuses"].values()) == count, story
    # What failed, failed because its worker died under it three times, and was not charged.
    assert set(counted["codes"]) <= {"worker_crashed", "storage_error"}, story
    done = counted["statuses"].get("succeeded", 0)
    assert counted["spent"] == {EMAIL: done - counted["cached"]}, story
    assert done >= 0.9 * count, story
    assert sum(storm.happened.values()) >= 3, story
