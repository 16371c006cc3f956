"""The conversations behind the methods of both clients."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeVar

from .errors import JobFailed, NotFound, TimedOut
from .shapes import Account, Batch, Cutout, Item, Job, Json, Mask, Model, Page, Rendition
from .sources import Photo, Source
from .steps import Answer, Call, Part, Pause, Talk, Tell, post

T = TypeVar("T")


class Awaited(Protocol):
    """What comes to an end by itself: a job, a batch, a rendition."""

    @property
    def is_final(self) -> bool: ...

    @property
    def id(self) -> object: ...


AwaitedT = TypeVar("AwaitedT", bound=Awaited)
Listener = Callable[[Any], Any]
RecipeValue = str | int | float | bool | None
Recipe = Mapping[str, RecipeValue]

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 2.0  # seconds between two looks at what is not finished
AT_ONCE = 20  # files in one request of a batch
AT_ONCE_BYTES = 40_000_000


# --- Jobs ------------------------------------------------------------------------------------------------


def create_job(
    source: Source | Photo, *, model: str, name: str, wait: float, key: str | None, recipe: Recipe
) -> Talk[Job]:
    photo = Photo.of(source)
    fields = {"model": model, "name": name, **recipe}
    query = {"wait": f"{wait:g}"} if wait else {}
    if photo.url:
        body = {
            "url": photo.url,
            **{name: value for name, value in fields.items() if value not in (None, "")},
        }
        answer = yield post("jobs", key, query=query, json=body, patience=wait)
    else:
        parts = [Part("file", photo.name, photo.data)]
        answer = yield post("jobs", key, query=query, form=_form(fields), parts=parts, patience=wait)
    return Job.of(answer.body)


def remove_background(
    source: Source | Photo,
    *,
    model: str,
    name: str,
    timeout: float,
    on_progress: Listener | None,
    key: str | None,
    recipe: Recipe,
) -> Talk[Cutout]:
    job = yield from create_job(source, model=model, name=name, wait=0.0, key=key, recipe=recipe)
    job = yield from wait_for_job(job, timeout=timeout, on_progress=on_progress)
    return Cutout(job, (yield from result(job)))


def get_job(job: Job | str) -> Talk[Job]:
    answer = yield Call("GET", f"jobs/{id_of(job)}")
    return Job.of(answer.body)


def list_jobs(cursor: str, limit: int, filters: Mapping[str, str]) -> Talk[Page[Job]]:
    return (yield from _page("jobs", cursor, limit, filters, Job.of))


def job_verb(job: Job | str, verb: str, key: str | None) -> Talk[Job]:
    answer = yield post(f"jobs/{id_of(job)}/{verb}", key)
    return Job.of(answer.body)


def delete(path: str) -> Talk[None]:
    """What is gone already is as good: an earlier try may have been answered into the void."""
    try:
        yield Call("DELETE", path)
    except NotFound:
        return


def wait_for_job(job: Job | str, *, timeout: float, on_progress: Listener | None) -> Talk[Job]:
    found = job if isinstance(job, Job) else (yield from get_job(job))
    found = yield from _wait(found, get_job, "Job", timeout, on_progress)
    if found.status != "succeeded":
        raise JobFailed(found)
    return found


def result(job: Job | str) -> Talk[bytes]:
    answer = yield Call("GET", f"jobs/{id_of(job)}/result", headers={"Accept": "image/*, */*;q=0.5"})
    return bytes(answer.content)


def save(path: str, into: str | Path, query: Mapping[str, str] | None = None) -> Talk[Path]:
    """Any address's content as a file, streamed."""
    target = Path(into)
    yield Call("GET", path, query=query or {}, headers={"Accept": "*/*"}, into=target)
    return target


# --- Renditions and edits --------------------------------------------------------------------------------


def create_rendition(
    job: Job | str,
    *,
    timeout: float,
    revision: int | None,
    on_progress: Listener | None,
    key: str | None,
    recipe: Recipe,
) -> Talk[Rendition]:
    fields: Json = dict(recipe) if revision is None else {**recipe, "revision": revision}
    answer = yield post(f"jobs/{id_of(job)}/renditions", key, json=fields)
    return (yield from _wait(Rendition.of(answer.body), _get_rendition, "Rendition", timeout, on_progress))


def list_renditions(job: Job | str) -> Talk[list[Rendition]]:
    answer = yield Call("GET", f"jobs/{id_of(job)}/renditions")
    return [Rendition.of(one) for one in answer.body]


def rendition_file(rendition: Rendition) -> Talk[bytes]:
    answer = yield Call("GET", rendition_path(rendition), headers={"Accept": "image/*, */*;q=0.5"})
    return bytes(answer.content)


def rendition_path(rendition: Rendition) -> str:
    return f"jobs/{rendition.job}/renditions/{rendition.id}/file"


def edit(
    job: Job | str,
    *,
    strokes: list[Json] | None,
    mask: Source | None,
    trimap: Source | None,
    head: int | None,
    wait: float,
    key: str | None,
) -> Talk[Mask]:
    """One of strokes, mask and trimap; the server says so when it is none or more."""
    base = {} if head is None else {"head": head, "base_revision": head}
    given = {"mask": mask, "trimap": trimap}
    parts = [_part(name, source) for name, source in given.items() if source is not None]
    path, query = f"jobs/{id_of(job)}/edits", {"wait": f"{wait:g}"}
    if parts:
        answer = yield post(path, key, query=query, form=_form(base), parts=parts, patience=wait)
    else:
        answer = yield post(path, key, query=query, json={**base, "strokes": strokes or []}, patience=wait)
    return Mask.of(answer.body)


# --- Batches ---------------------------------------------------------------------------------------------


def create_batch(
    sources: Iterable[Source | Photo],
    *,
    name: str,
    model: str,
    on_progress: Listener | None,
    key: str | None,
    recipe: Recipe,
) -> Talk[Batch]:
    """Opened, filled a few at a time, closed. Every photo has its place as key, so nothing is in it twice."""
    fields = {"name": name, "model": model, **recipe}
    body = {**{name: value for name, value in fields.items() if value not in (None, "")}, "close": False}
    answer = yield post("batches", key, json=body)
    batch = Batch.of(answer.body)
    items: list[Item] = []
    for group in _groups(sources):
        answer = yield _add(batch.id, group)
        batch = Batch.of(answer.body)
        items += batch.items
        if on_progress is not None:
            yield Tell(on_progress, batch)
    answer = yield post(f"batches/{batch.id}/close")
    return Batch.of({**answer.body, "items": [item.raw for item in items]})


def create_batch_of_archive(
    archive: str | Path, *, name: str, model: str, key: str | None, recipe: Recipe
) -> Talk[Batch]:
    path = Path(archive)
    form = _form({"name": name or path.stem, "model": model, **recipe})
    answer = yield post("batches", key, form=form, parts=[Part("archive", path.name, path=path)])
    return Batch.of(answer.body)


def get_batch(batch: Batch | str) -> Talk[Batch]:
    answer = yield Call("GET", f"batches/{id_of(batch)}")
    return Batch.of(answer.body)


def batch_verb(batch: Batch | str, verb: str, key: str | None) -> Talk[Batch]:
    answer = yield post(f"batches/{id_of(batch)}/{verb}", key)
    return Batch.of(answer.body)


def list_items(batch: Batch | str, cursor: str, limit: int, state: str) -> Talk[Page[Item]]:
    filters = {"state": state} if state else {}
    return (yield from _page(f"batches/{id_of(batch)}/items", cursor, limit, filters, Item.of))


def wait_for_batch(batch: Batch | str, *, timeout: float, on_progress: Listener | None) -> Talk[Batch]:
    found = batch if isinstance(batch, Batch) else (yield from get_batch(batch))
    return (yield from _wait(found, get_batch, "Batch", timeout, on_progress))


# --- The account -----------------------------------------------------------------------------------------


def account() -> Talk[Account]:
    answer = yield Call("GET", "account")
    return Account.of(answer.body)


def models() -> Talk[list[Model]]:
    answer = yield Call("GET", "models")
    return [Model.of(one) for one in answer.body]


def plain(call: Call) -> Talk[Any]:
    """The JSON of any address."""
    answer: Answer = yield call
    return answer.body


# --- Parts of them ---------------------------------------------------------------------------------------


def _wait(
    row: AwaitedT,
    look: Callable[[AwaitedT], Talk[AwaitedT]],
    what: str,
    timeout: float,
    on_progress: Listener | None,
) -> Talk[AwaitedT]:
    """Looks until it is final, and tells of every change."""
    deadline, pause, told = time.monotonic() + timeout, FIRST_PAUSE, None
    while True:
        state = (getattr(row, "status", ""), getattr(row, "stage", ""), getattr(row, "progress", None))
        if on_progress is not None and state != told:
            yield Tell(on_progress, row)
            told = state
        if row.is_final:
            return row
        if time.monotonic() >= deadline:
            raise TimedOut(what, str(row.id), timeout)
        yield Pause(min(pause, max(0.0, deadline - time.monotonic())))
        pause = min(pause * 1.3, LONGEST_PAUSE)
        row = yield from look(row)


def _get_rendition(rendition: Rendition) -> Talk[Rendition]:
    answer = yield Call("GET", f"jobs/{rendition.job}/renditions/{rendition.id}")
    return Rendition.of(answer.body)


def _page(
    path: str, cursor: str, limit: int, filters: Mapping[str, str], shape: Callable[[Json], T]
) -> Talk[Page[T]]:
    query = {**filters, "limit": str(limit), **({"cursor": cursor} if cursor else {})}
    answer = yield Call("GET", path, query=query)
    return Page.of(answer.body, shape)


def _groups(sources: Iterable[Source | Photo]) -> Iterable[list[tuple[int, Photo]]]:
    """Photos with their places: addresses and files apart, as each goes in a body of its own; few enough at once."""
    group: list[tuple[int, Photo]] = []
    for place, photo in enumerate(map(Photo.of, sources)):
        size = sum(len(one.data) for _, one in group)
        full = len(group) >= AT_ONCE or size + len(photo.data) > AT_ONCE_BYTES
        if group and (full or bool(group[-1][1].url) != bool(photo.url)):
            yield group
            group = []
        group.append((place, photo))
    if group:
        yield group


def _add(batch: str, group: list[tuple[int, Photo]]) -> Call:
    path = f"batches/{batch}/items"
    if group[0][1].url:
        named = [{"url": photo.url, "key": _key(place), "name": photo.name} for place, photo in group]
        return post(
            path, json={"items": [{name: text for name, text in one.items() if text} for one in named]}
        )
    files = [Part("file", photo.name, photo.data) for _, photo in group]
    keys = [Part("key", "", _key(place).encode()) for place, _ in group]
    return post(path, parts=[*files, *keys])


def _key(place: int) -> str:
    return f"{place:06d}"


def _part(name: str, source: Source) -> Part:
    photo = Photo.of(source)
    return Part(name, photo.name or f"{name}.png", photo.data)


def _form(fields: Mapping[str, RecipeValue]) -> dict[str, str]:
    """Values in a form's spelling, without those that are left out."""
    return {name: _spelled(value) for name, value in fields.items() if value not in (None, "")}


def _spelled(value: RecipeValue) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def id_of(row: Job | Batch | str) -> str:
    return row if isinstance(row, str) else row.id


def any_call(method: str, path: str, json: Any, query: Mapping[str, str]) -> Call:
    bare = path.lstrip("/")
    return (
        post(bare, json=json, query=query)
        if method.upper() == "POST"
        else Call(method.upper(), bare, query, json)
    )
