"""The client that is awaited: the same methods as `client.Client`, and their documentation is there."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
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
OnJob = Callable[[Job], Awaitable[None] | None]
OnBatch = Callable[[Batch], Awaitable[None] | None]
OnRendition = Callable[[Rendition], Awaitable[None] | None]


class AsyncClient:
    """As `Client`. `on_progress` may be a plain or an async function. Reading a local file blocks for its moment."""

    def __init__(
        self,
        url: str,
        key: str,
        *,
        retries: Retries | None = None,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self.retries = retries or Retries()
        self._base = transport.base_url(url)
        self._headers = transport.headers(key)
        self._http = http or httpx.AsyncClient(timeout=transport.USUAL)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()

    # --- One photo ---

    async def remove_background(
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
        return await self._run(
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

    async def create_job(
        self,
        source: Source | Photo,
        *,
        model: str = "",
        name: str = "",
        wait: float = 0.0,
        key: str | None = None,
        **recipe: RecipeValue,
    ) -> Job:
        return await self._run(
            talks.create_job(source, model=model, name=name, wait=wait, key=key, recipe=recipe)
        )

    async def wait_for_job(
        self, job: Job | str, *, timeout: float = 300.0, on_progress: OnJob | None = None
    ) -> Job:
        return await self._run(talks.wait_for_job(job, timeout=timeout, on_progress=on_progress))

    async def get_job(self, job: Job | str) -> Job:
        return await self._run(talks.get_job(job))

    async def list_jobs(self, cursor: str = "", limit: int = 50, **filters: str) -> Page[Job]:
        return await self._run(talks.list_jobs(cursor, limit, filters))

    def jobs(self, **filters: str) -> AsyncIterator[Job]:
        return _all(lambda cursor: self.list_jobs(cursor, 100, **filters))

    async def cancel_job(self, job: Job | str, *, key: str | None = None) -> Job:
        return await self._run(talks.job_verb(job, "cancel", key))

    async def retry_job(self, job: Job | str, *, key: str | None = None) -> Job:
        return await self._run(talks.job_verb(job, "retry", key))

    async def delete_job(self, job: Job | str) -> None:
        await self._run(talks.delete(f"jobs/{talks.id_of(job)}"))

    async def result(self, job: Job | str) -> bytes:
        return await self._run(talks.result(job))

    async def save_result(self, job: Job | str, path: str | Path) -> Path:
        return await self._run(talks.save(f"jobs/{talks.id_of(job)}/result", path))

    # --- The same photo, otherwise ---

    async def create_rendition(
        self,
        job: Job | str,
        *,
        timeout: float = 120.0,
        revision: int | None = None,
        on_progress: OnRendition | None = None,
        key: str | None = None,
        **recipe: RecipeValue,
    ) -> Rendition:
        return await self._run(
            talks.create_rendition(
                job, timeout=timeout, revision=revision, on_progress=on_progress, key=key, recipe=recipe
            )
        )

    async def list_renditions(self, job: Job | str) -> list[Rendition]:
        return await self._run(talks.list_renditions(job))

    async def rendition_file(self, rendition: Rendition) -> bytes:
        return await self._run(talks.rendition_file(rendition))

    async def save_rendition(self, rendition: Rendition, path: str | Path) -> Path:
        return await self._run(talks.save(talks.rendition_path(rendition), path))

    async def edit(
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
        return await self._run(
            talks.edit(job, strokes=strokes, mask=mask, trimap=trimap, head=head, wait=wait, key=key)
        )

    # --- Many photos ---

    async def create_batch(
        self,
        sources: Iterable[Source | Photo],
        *,
        name: str = "",
        model: str = "",
        on_progress: OnBatch | None = None,
        key: str | None = None,
        **recipe: RecipeValue,
    ) -> Batch:
        return await self._run(
            talks.create_batch(
                sources, name=name, model=model, on_progress=on_progress, key=key, recipe=recipe
            )
        )

    async def create_batch_of_archive(
        self,
        archive: str | Path,
        *,
        name: str = "",
        model: str = "",
        key: str | None = None,
        **recipe: RecipeValue,
    ) -> Batch:
        return await self._run(
            talks.create_batch_of_archive(archive, name=name, model=model, key=key, recipe=recipe)
        )

    async def wait_for_batch(
        self, batch: Batch | str, *, timeout: float = 3600.0, on_progress: OnBatch | None = None
    ) -> Batch:
        return await self._run(talks.wait_for_batch(batch, timeout=timeout, on_progress=on_progress))

    async def get_batch(self, batch: Batch | str) -> Batch:
        return await self._run(talks.get_batch(batch))

    async def list_items(
        self, batch: Batch | str, cursor: str = "", limit: int = 100, state: str = ""
    ) -> Page[Item]:
        return await self._run(talks.list_items(batch, cursor, limit, state))

    def items(self, batch: Batch | str, state: str = "") -> AsyncIterator[Item]:
        return _all(lambda cursor: self.list_items(batch, cursor, 100, state))

    async def cancel_batch(self, batch: Batch | str, *, key: str | None = None) -> Batch:
        return await self._run(talks.batch_verb(batch, "cancel", key))

    async def pause_batch(self, batch: Batch | str, *, key: str | None = None) -> Batch:
        return await self._run(talks.batch_verb(batch, "pause", key))

    async def resume_batch(self, batch: Batch | str, *, key: str | None = None) -> Batch:
        return await self._run(talks.batch_verb(batch, "resume", key))

    async def retry_batch(self, batch: Batch | str, *, key: str | None = None) -> Batch:
        return await self._run(talks.batch_verb(batch, "retry", key))

    async def save_archive(self, batch: Batch | str, path: str | Path) -> Path:
        return await self._run(talks.save(f"batches/{talks.id_of(batch)}/archive", path))

    async def delete_batch(self, batch: Batch | str) -> None:
        await self._run(talks.delete(f"batches/{talks.id_of(batch)}"))

    # --- The account ---

    async def account(self) -> Account:
        return await self._run(talks.account())

    async def models(self) -> list[Model]:
        return await self._run(talks.models())

    async def request(
        self, method: str, path: str, *, json: Any = None, query: Mapping[str, str] | None = None
    ) -> Any:
        """The JSON of any address below /api/v1/, with the same retries: `client.request("GET", "ledger")`."""
        return await self._run(talks.plain(talks.any_call(method, path, json, query or {})))

    # --- The driver ---

    async def _run(self, talk: Talk[T]) -> T:
        came: Any = None
        failed: BgsiteError | None = None
        while True:
            try:
                step = talk.throw(failed) if failed else talk.send(came)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            came = failed = None
            if isinstance(step, Pause):
                await asyncio.sleep(step.seconds)
            elif isinstance(step, Tell):
                told = step.listener(step.value)
                if inspect.isawaitable(told):
                    await told
            else:
                try:
                    came = await self._patiently(step)
                except BgsiteError as error:
                    failed = error

    async def _patiently(self, call: Call) -> Answer:
        tried = 0
        while True:
            tried += 1
            try:
                return await self._once(call)
            except BgsiteError as error:
                seconds = self.retries.pause(error, tried)
                if seconds is None:
                    raise
            await asyncio.sleep(seconds)

    async def _once(self, call: Call) -> Answer:
        address = self._base + call.path
        try:
            with transport.arguments(call) as given:
                given["headers"] = {**self._headers, **given["headers"]}
                async with self._http.stream(call.method, address, **given) as response:
                    if call.into is None or response.status_code >= 400:
                        await response.aread()
                        return transport.answer_of(response)
                    with transport.whole_file(call.into) as file:
                        async for chunk in response.aiter_bytes():
                            file.write(chunk)
                    return Answer(response.status_code, response.headers, b"", None)
        except httpx.TransportError as error:
            raise ConnectionFailed(f"{call.method} {address}: {type(error).__name__} {error}") from error


async def _all(page: Callable[[str], Awaitable[Page[T]]]) -> AsyncIterator[T]:
    cursor = ""
    while True:
        found = await page(cursor)
        for one in found.results:
            yield one
        cursor = found.cursor
        if not cursor:
            return
