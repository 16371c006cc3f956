"""Supervises the processes of `manage.py up`: started together, again when one dies, and ended together."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import NamedTuple

from django.conf import settings

GRACE = 15  # seconds beyond the longest job that a worker may take to end
PAUSES = (1.0, 2.0, 5.0, 15.0, 30.0)  # seconds until one that ended by itself is tried again, time after time
TRUSTED = 120.0  # seconds after which a process counts as one that started well


class Exit(NamedTuple):
    name: str
    code: int

    @property
    def how(self) -> str:
        return f"killed by {signal.Signals(-self.code).name}" if self.code < 0 else f"exit code {self.code}"


class Supervisor:
    """Processes that start and end together. One that ends by itself is started again, later each time; the whole
    ends only when one cannot stay up however often it is tried."""

    def __init__(
        self, commands: dict[str, list[str]], answers: Callable[[], bool], say: Callable[[str], None]
    ) -> None:
        """`answers`: whether the site serves. `say` gets what happened, for people to read."""
        self.members = {name: Member(name, command) for name, command in commands.items()}
        self.answers, self.say = answers, say
        self.asked = 0  # how often somebody asked to end

    def run(self, ready: Callable[[], None]) -> Exit | None:
        """Serves until it is asked to end (None) or one process cannot stay up (that one). `ready` is called once,
        when the site answers."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask)
        for member in self.members.values():
            member.start()
        hopeless = self._watch(ready)
        self._end()
        return hopeless

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked += 1

    def _watch(self, ready: Callable[[], None]) -> Exit | None:
        greeted = False
        while not self.asked:
            for member in self.members.values():
                if (ended := member.look()) is None:
                    continue
                if member.is_hopeless:
                    return ended
                self.say(
                    f"The {ended.name} process ended by itself ({ended.how}); "
                    f"it is started again in {member.pause:g} s."
                )
            if not greeted and self.answers():
                greeted = True
                ready()
            time.sleep(0.1)
        return None

    def _end(self) -> None:
        """Asks each to end and waits: a running job finishes. A second Ctrl-C, or a wait beyond reason, kills."""
        asked, deadline = self.asked, time.monotonic() + settings.JOB_SECONDS + GRACE
        for member in self.members.values():
            member.ask_to_end()
        while any(member.runs for member in self.members.values()):
            if self.asked > max(asked, 1) or time.monotonic() > deadline:
                for member in self.members.values():
                    member.kill()
            time.sleep(0.05)


class Member:
    """One supervised process, through all its lives."""

    def __init__(self, name: str, command: list[str]) -> None:
        self.name, self.command = name, command
        self.process: subprocess.Popen[bytes] | None = None
        self.short_lives = 0  # how many lives in a row ended before one could be trusted
        self.born = self.due = 0.0  # monotonic seconds: of this life, and of the next

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def is_hopeless(self) -> bool:
        return self.short_lives > len(PAUSES)

    @property
    def pause(self) -> float:
        """Seconds until the next life."""
        return PAUSES[max(0, self.short_lives - 1)]

    def start(self) -> None:
        # A session of its own: the terminal's Ctrl-C reaches this process alone, which then asks the others.
        self.process = subprocess.Popen(self.command, cwd=settings.BASE_DIR, start_new_session=True)
        self.born = time.monotonic()

    def look(self) -> Exit | None:
        """How it ended, when it has ended since the last look. Starts it again when that is due."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.due:
                self.start()
            return None
        code = self.process.poll()
        if code is None:
            return None
        self._end_orphans()
        self.process = None
        self.short_lives = self.short_lives + 1 if now - self.born < TRUSTED else 1
        self.due = now + (0 if self.is_hopeless else self.pause)
        return Exit(self.name, code)

    def ask_to_end(self) -> None:
        if self.process and self.runs:
            self.process.terminate()

    def kill(self) -> None:
        """The whole session: the children of a worker that was killed would go on."""
        if self.process and self.runs:
            os.killpg(self.process.pid, signal.SIGKILL)

    def _end_orphans(self) -> None:
        """What a process that died has left would hold its port and its memory beside the next one."""
        assert self.process
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
