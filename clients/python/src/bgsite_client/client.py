"""The client that blocks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from . import talks, transport
from .errors import BgsiteError, ConnectionFailed
from .retries import Retries
from .shapes import Account, Batch, Cutout, Item, Job, Json, Mask, Model, Page, Rendition
from .sources import Photo, Source
from .steps import Answer, Call, Pause, Talk, Tell
from .talks import RecipeValue

T = TypeVar("T")
OnJob = Callable[[Job], None]
OnBatch = Callable[[Batch], None]
OnRendition = Callable[[Rendition], None]


class Client:
    """`url` is the site's address, `key` an API key. Keyword arguments that a method does not name are fields of the
    recipe (`background="#fff"`, `crop=True`, `format="webp"`).

    Every POST carries an Idempotency-Key, so that trying again never charges twice; give your own `key=` to make that
    hold across runs of your program. Raises what `bgsite_client.errors` has. One client may be used by many threads.
    """

    def __init__(
        self,
        url: str,
        key: str,
        *,
        retries: Retries | None = None,
        http: httpx.Client | None = None,
    ) -> None:
        self.retries = retries or Retries()
        self._base = transport.base_url(url)
        self._headers = transport.headers(key)
        self._http = http or httpx.Client(timeout=transport.USUAL)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    # --- One photo ---

    def remove_background(
        self,
        source: Source | Photo,
        *,
        model: str = "",
        name: str = "",
        timeout: float = 300.0,
        on_progress: OnJob | None = None,
        key: str | None = None,
        **recipe: RecipeValue,
    ) -> Cutout:
        """A path, bytes, an open file or an address in; the picture out. Raises JobFailed, TimedOut."""
        return self._run(
            talks.remove_background(
                source,
                model=model,
                name=name,
                timeout=timeout,
                on_progress=on_progress,
                key=key,
                recipe=recipe,
            )
        )

    def create_job(
        self,
        source: Source | Photo,
        *,
        model: str = "",
        name: str = "",
        wait: float = 0.0,
        key: str | None = None,
        **recipe: RecipeValue,
    ) -> Job:
        """The job, at once or after at most `wait` seconds."""
        return self._run(talks.create_job(source, model=model, name=name, wait=wait, key=key, recipe=recipe))

    def wait_for_job(
        self, job: Job | str, *, timeout: float = 300.0, on_progress: OnJob | None = None
    ) -> Job:
        """The job when it has succeeded. Raises JobFailed, TimedOut. `on_progress` is told of every change."""
        return self._run(talks.wait_for_job(job, timeout=timeout, on_progress=on_progress))

    def get_job(self, job: Job | str) -> Job:
        return self._run(talks.get_job(job))

    def list_jobs(self, cursor: str = "", limit: int = 50, **filters: str) -> Page[Job]:
        """A page of own jobs, newest first; filters: status, model, created_after, created_before."""
        return self._run(talks.list_jobs(cursor, limit, filters))

    def jobs(self, **filters: str) -> Iterator[Job]:
        """All of them."""
        return _all(lambda cursor: self.list_jobs(cursor, 100, **filters))

    def cancel_job(self, job: Job | str, *, key: str | None = None) -> Job:
        return self._run(talks.job_verb(job, "cancel", key))

    def retry_job(self, job: Job | str, *, key: str | None = None) -> Job:
        """A new job of the photo of a failed or cancelled one."""
        return self._run(talks.job_verb(job, "retry", key))

    def delete_job(self, job: Job | str) -> None:
        self._run(talks.delete(f"jobs/{talks.id_of(job)}"))

    def result(self, job: Job | str) -> bytes:
        return self._run(talks.result(job))

    def save_result(self, job: Job | str, path: str | Path) -> Path:
        return self._run(talks.save(f"jobs/{talks.id_of(job)}/result", path))

    # --- The same photo, otherwise ---

    def create_rendition(
        self,
        job: Job | str,
        *,
        timeout: float = 120.0,
        revision: int | None = None,
        on_progress: OnRendition | None = None,
        key: str | None = None,
        **recipe: RecipeValue,
    ) -> Rendition:
        """The result in another recipe, without a charge; what is not named stays as in the job."""
        return self._run(
            talks.create_rendition(
                job, timeout=timeout, revision=revision, on_progress=on_progress, key=key, recipe=recipe
            )
        )

    def list_renditions(self, job: Job | str) -> list[Rendition]:
        return self._run(talks.list_renditions(job))

    def rendition_file(self, rendition: Rendition) -> bytes:
        return self._run(talks.rendition_file(rendition))

    def save_rendition(self, rendition: Rendition, path: str | Path) -> Path:
        return self._run(talks.save(talks.rendition_path(rendition), path))

    def edit(
        self,
        job: Job | str,
        *,
        strokes: list[Json] | None = None,
        mask: Source | None = None,
        trimap: Source | None = None,
        head: int | None = None,
        wait: float = 30.0,
        key: str | None = None,
    ) -> Mask:
        """Changes the mask by one of the three. With `head` nothing is overwritten that came after it (Conflict)."""
        return self._run(
            talks.edit(job, strokes=strokes, mask=mask, trimap=trimap, head=head, wait=wait, key=key)
        )

    # --- Many photos ---

    def create_batch(
        self,
        sources: Iterable[Source | Photo],
        *,
        name: str = "",
        model: str = "",
        on_progress: OnBatch | None = None,
        key: str | None = None,
        **recipe: RecipeValue,
    ) -> Batch:
        """Sends them a few at a time. A photo that is refused is an item with an `error` and stops no other."""
        return self._run(
            talks.create_batch(
                sources, name=name, model=model, on_progress=on_progress, key=key, recipe=recipe
            )
        )

    def create_batch_of_archive(
        self,
        archive: str | Path,
        *,
        name: str = "",
        model: str = "",
        key: str | None = None,
        **recipe: RecipeValue,
    ) -> Batch:
        """Of a ZIP with photos, streamed."""
        return self._run(
            talks.create_batch_of_archive(archive, name=name, model=model, key=key, recipe=recipe)
        )

    def wait_for_batch(
        self, batch: Batch | str, *, timeout: float = 3600.0, on_progress: OnBatch | None = None
    ) -> Batch:
        """The batch when every item has ended, in success or not. Raises TimedOut."""
        return self._run(talks.wait_for_batch(batch, timeout=timeout, on_progress=on_progress))

    def get_batch(self, batch: Batch | str) -> Batch:
        return self._run(talks.get_batch(batch))

    def list_items(
        self, batch: Batch | str, cursor: str = "", limit: int = 100, state: str = ""
    ) -> Page[Item]:
        return self._run(talks.list_items(batch, cursor, limit, state))

    def items(self, batch: Batch | str, state: str = "") -> Iterator[Item]:
        """All of them, in their order."""
        return _all(lambda cursor: self.list_items(batch, cursor, 100, state))

    def cancel_batch(self, batch: Batch | str, *, key: str | None = None) -> Batch:
        return self._run(talks.batch_verb(batch, "cancel", key))

    def pause_batch(self, batch: Batch | str, *, key: str | None = None) -> Batch:
        return self._run(talks.batch_verb(batch, "pause", key))

    def resume_batch(self, batch: Batch | str, *, key: str | None = None) -> Batch:
        return self._run(talks.batch_verb(batch, "resume", key))

    def retry_batch(self, batch: Batch | str, *, key: str | None = None) -> Batch:
        """Takes up again what failed, or lacked credit or room."""
        return self._run(talks.batch_verb(batch, "retry", key))

    def save_archive(self, batch: Batch | str, path: str | Path) -> Path:
        """One ZIP of all results."""
        return self._run(talks.save(f"batches/{talks.id_of(batch)}/archive", path))

    def delete_batch(self, batch: Batch | str) -> None:
        self._run(talks.delete(f"batches/{talks.id_of(batch)}"))

    # --- The account ---

    def account(self) -> Account:
        return self._run(talks.account())

    def models(self) -> list[Model]:
        return self._run(talks.models())

    def request(
        self, method: str, path: str, *, json: Any = None, query: Mapping[str, str] | None = None
    ) -> Any:
        """The JSON of any address below /api/v1/, with the same retries: `client.request("GET", "ledger")`."""
        return self._run(talks.plain(talks.any_call(method, path, json, query or {})))

    # --- The driver ---

    def _run(self, talk: Talk[T]) -> T:
        came: Any = None
        failed: BgsiteError | None = None
        while True:
            try:
                step = talk.throw(failed) if failed else talk.send(came)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            came = failed = None
            if isinstance(step, Pause):
                time.sleep(step.seconds)
            elif isinstance(step, Tell):
                step.listener(step.value)
            else:
                try:
                    came = self._patiently(step)
                except BgsiteError as error:
                    failed = error

    def _patiently(self, call: Call) -> Answer:
        tried = 0
        while True:
            tried += 1
            try:
                return self._once(call)
            except BgsiteError as error:
                seconds = self.retries.pause(error, tried)
                if seconds is None:
                    raise
            time.sleep(seconds)

    def _once(self, call: Call) -> Answer:
        address = self._base + call.path
        try:
            with transport.arguments(call) as given:
                given["headers"] = {**self._headers, **given["headers"]}
                with self._http.stream(call.method, address, **given) as response:
                    if call.into is None or response.status_code >= 400:
                        response.read()
                        return transport.answer_of(response)
                    with transport.whole_file(call.into) as file:
                        for chunk in response.iter_bytes():
                            file.write(chunk)
                    return Answer(response.status_code, response.headers, b"", None)
        except httpx.TransportError as error:
            raise ConnectionFailed(f"{call.method} {address}: {type(error).__name__} {error}") from error


def _all(page: Callable[[str], Page[T]]) -> Iterator[T]:
    cursor = ""
    while True:
        found = page(cursor)
        yield from found.results
        cursor = found.cursor
        if not cursor:
            return
