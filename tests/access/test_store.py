"""Pages and polls ask the store nothing: however slow it is, nobody waits for it but who sends or fetches."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.urls import reverse

from tests.access.actors import stage
from tests.api.conftest import limiters, worker  # noqa: F401

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]
ASKS = ("_open", "_save", "exists", "size", "listdir", "delete", "get_modified_time")


def test_pages_and_polls_ask_the_store_nothing(
    worker: object,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = stage()
    asked: list[str] = []
    kind = type(default_storage._wrapped)  # type: ignore[attr-defined]

    def away(name: str) -> Any:
        def ask(*args: Any, **kwargs: Any) -> None:
            asked.append(name)
            raise OSError("the store is away")

        return ask

    job, batch = {"job_id": made.job.pk}, {"batch_id": made.things["batch"]}
    pages = [("editor:landing", {}), ("editor:gallery", {}), ("editor:job", job), ("editor:batch", batch)]
    with monkeypatch.context() as patch:
        for name in ASKS:
            patch.setattr(kind, name, away(name))
        for name, kwargs in pages:
            assert made.clients["owner"].get(reverse(name, kwargs=kwargs)).status_code == 200, name
        for name, kwargs in (("api:jobs", {}), ("api:job", job), ("api:account", {})):
            assert made.clients["key"].get(reverse(name, kwargs=kwargs)).status_code == 200, name
        assert asked == []
        made.clients["owner"].get(reverse("api:result", kwargs=job))
        assert asked, "whoever fetches a picture does ask it: the watch works"
