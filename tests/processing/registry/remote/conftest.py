"""Both providers, a clock that does not wait, and predictors that talk to them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest

from processing.pipeline.arrays import Rgb
from processing.registry.remote import breaker
from processing.registry.remote.account import RemoteAccount
from processing.registry.remote.answer import Clock
from processing.registry.remote.predictor import RemotePredictor
from processing.registry.specs import get_spec
from tests import providers


@dataclass
class Skipping:
    """Time that goes by by itself, and at once where somebody sleeps; `naps` are in seconds."""

    skipped: float = 0.0
    naps: list[float] = field(default_factory=list)
    wall: float = 1_700_000_000.0  # Tue, 14 Nov 2023 22:13:20 GMT

    def sleep(self, seconds: float) -> None:
        self.naps.append(round(seconds, 3))
        self.skipped += seconds

    def clock(self) -> Clock:
        return Clock(lambda: time.monotonic() + self.skipped, lambda: self.wall, self.sleep, lambda: 1.0)


@pytest.fixture(autouse=True)
def closed_breakers() -> Iterator[None]:
    breaker.forget()
    yield
    breaker.forget()


@pytest.fixture
def time_() -> Skipping:
    return Skipping()


@pytest.fixture
def removebg() -> Iterator[providers.RemoveBg]:
    with providers.serving(providers.RemoveBg()) as server:
        yield server


@pytest.fixture
def bria() -> Iterator[providers.Bria]:
    with providers.serving(providers.Bria()) as server:
        yield server


@pytest.fixture
def disc() -> Rgb:
    """40×60, dark, with a bright disc of 20 px."""
    rows, columns = np.mgrid[:40, :60]
    inside = (rows - 20) ** 2 + (columns - 30) ** 2 < 100
    return np.where(inside[..., None], (230, 120, 60), (40, 40, 40)).astype(np.uint8)


def predictor(model: str, server: providers.Server, time_: Skipping, **account: object) -> RemotePredictor:
    given = {"base_url": server.url, "key": providers.KEY, "timeout": 20.0, "cost": 0.018, **account}
    return RemotePredictor(get_spec(model), RemoteAccount(**given), time_.clock())  # type: ignore[arg-type]
