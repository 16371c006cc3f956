"""What the server answers, as frozen values. `raw` is the whole object, with what this version has no name for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qs, urlsplit

Json = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a job or an item failed."""

    code: str
    title: str
    detail: str
    retryable: bool

    @classmethod
    def of(cls, raw: Json | None) -> Problem | None:
        if not raw:
            return None
        return cls(raw["code"], raw["title"], raw["detail"], bool(raw["retryable"]))


@dataclass(frozen=True, slots=True)
class Rendition:
    """A picture of a job in one recipe. `status`: wanted, made or failed."""

    id: int
    job: str
    status: str
    revision: int
    media_type: str
    size: int
    width: int
    height: int
    sha256: str
    error_code: str
    url: str
    raw: Json = field(repr=False, compare=False)

    @classmethod
    def of(cls, raw: Json) -> Rendition:
        job = raw["url"].rpartition("/jobs/")[2].partition("/")[0]
        return cls(
            raw["id"], job, raw["status"], raw["revision"], raw["media_type"], raw["size"], raw["width"],
            raw["height"], raw["sha256"], raw["error_code"], raw["url"], raw,
        )  # fmt: skip

    @property
    def is_final(self) -> bool:
        return self.status in {"made", "failed"}


@dataclass(frozen=True, slots=True)
class Job:
    """One photo in one recipe. `status`: queued, running, succeeded, failed, cancelled; `stage` is what is done now;
    `confidence` is 0..1 once it is known; `made_by` tells model, weights, device and seconds of the result."""

    id: str
    status: str
    stage: str
    name: str
    model: str
    credits: float
    created: datetime
    revision: int
    recipe: Json
    result: Rendition | None
    error: Problem | None
    confidence: float | None
    made_by: Json
    url: str
    raw: Json = field(repr=False, compare=False)

    @classmethod
    def of(cls, raw: Json) -> Job:
        return cls(
            raw["id"], raw["status"], raw["stage"], raw["name"], raw["model"], raw["credits"],
            datetime.fromisoformat(raw["created"]), raw["revision"], raw["recipe"],
            Rendition.of(raw["result"]) if raw["result"] else None, Problem.of(raw["error"]), raw["confidence"],
            raw["made_by"], raw["url"], raw,
        )  # fmt: skip

    @property
    def is_final(self) -> bool:
        return self.status in {"succeeded", "failed", "cancelled"}


@dataclass(frozen=True, slots=True)
class Cutout:
    """The picture's bytes, with the job that made it."""

    job: Job
    data: bytes = field(repr=False)

    @property
    def media_type(self) -> str:
        return self.job.result.media_type if self.job.result else ""

    def save(self, path: str | Path) -> Path:
        Path(path).write_bytes(self.data)
        return Path(path)


@dataclass(frozen=True, slots=True)
class Progress:
    """`share` is 0..1; `seconds_left` is None when nobody can say; `counts` are the items by state."""

    total: int
    ended: int
    share: float
    seconds_left: float | None
    counts: dict[str, int]

    @classmethod
    def of(cls, raw: Json) -> Progress:
        return cls(raw["total"], raw["ended"], raw["share"], raw["seconds_left"], dict(raw["counts"]))


@dataclass(frozen=True, slots=True)
class Item:
    """A photo of a batch, whether it was taken or not. `job` is None while there is none."""

    position: int
    key: str
    name: str
    state: str
    job: str | None
    confidence: float | None
    error: Problem | None
    raw: Json = field(repr=False, compare=False)

    @classmethod
    def of(cls, raw: Json) -> Item:
        return cls(
            raw["position"], raw["key"], raw["name"], raw["state"], raw["job"], raw["confidence"],
            Problem.of(raw["error"]), raw,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Batch:
    """Many photos in one recipe. `items` are those of the request that this answers."""

    id: str
    status: str
    name: str
    progress: Progress
    items: tuple[Item, ...]
    url: str
    raw: Json = field(repr=False, compare=False)

    @classmethod
    def of(cls, raw: Json) -> Batch:
        items = tuple(Item.of(one) for one in raw.get("items", ()))
        return cls(
            raw["id"], raw["status"], raw["name"], Progress.of(raw["progress"]), items, raw["url"], raw
        )

    @property
    def is_final(self) -> bool:
        return self.raw["finished"] is not None


@dataclass(frozen=True, slots=True)
class Mask:
    """The mask of a job: `head` is the current revision, `shown` the one that the result shows."""

    head: int
    shown: int
    pending: bool
    raw: Json = field(repr=False, compare=False)

    @classmethod
    def of(cls, raw: Json) -> Mask:
        return cls(raw["head"], raw["shown"], raw["pending"], raw)


@dataclass(frozen=True, slots=True)
class Model:
    """`state`: installed or missing; `why_not`: the code of why it cannot be chosen, "" if it can."""

    name: str
    title: str
    state: str
    why_not: str
    usual: bool
    licence: str
    raw: Json = field(repr=False, compare=False)

    @classmethod
    def of(cls, raw: Json) -> Model:
        return cls(raw["name"], raw["title"], raw["state"], raw["why_not"], raw["usual"], raw["licence"], raw)


@dataclass(frozen=True, slots=True)
class Account:
    email: str
    credits: float
    unlimited: bool
    plan: str
    raw: Json = field(repr=False, compare=False)

    @classmethod
    def of(cls, raw: Json) -> Account:
        return cls(raw["email"], raw["credits"], raw["unlimited"], raw["plan"]["name"], raw)


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a list; `cursor` leads to the next part and is "" at the end."""

    results: tuple[T, ...]
    cursor: str

    @classmethod
    def of(cls, raw: Json, shape: Callable[[Json], T]) -> Page[T]:
        query = parse_qs(urlsplit(raw["next"] or "").query)
        return cls(tuple(shape(one) for one in raw["results"]), query.get("cursor", [""])[0])
