"""Alice owns, Bob is somebody else; a worker that does its work the moment it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts import keys, limits, quotas
from accounts.models import CREDIT, User
from processing import storage, tasks
from processing.registry import cache
from tests import fakes


@dataclass
class Program:
    """A program with a key."""

    user: User
    key: str
    client: Client

    def __call__(self, method: str, path: str, *args: Any, **options: Any) -> Any:
        headers = {"X-Api-Key": self.key} | options.pop("headers", {})
        return getattr(self.client, method)(f"/api/v1/{path}", *args, headers=headers, **options)

    def get(self, path: str, **options: Any) -> Any:
        return self("get", path, **options)

    def post(self, path: str, data: Any = None, **options: Any) -> Any:
        """As JSON; a form when a file is in it."""
        if any(isinstance(value, SimpleUploadedFile) for value in (data or {}).values()):
            return self("post", path, data, **options)
        return self("post", path, data or {}, content_type="application/json", **options)

    def upload(
        self, data: bytes | None = None, path: str = "jobs", headers: Any = None, **fields: Any
    ) -> Any:
        file = SimpleUploadedFile("cup.png", data or fakes.photo(), "image/png")
        return self.post(path, {"file": file, **fields}, headers=headers or {})


def program(email: str, **options: Any) -> Program:
    user, created = User.objects.get_or_create(email=email)
    if created:
        quotas.grant(user, 10 * CREDIT, f"test:{email}")
    _, text = keys.issue(user, **options)
    return Program(user, text, Client(raise_request_exception=False))


@pytest.fixture(autouse=True)
def limiters() -> Iterator[None]:
    limits.exact.cache_clear()
    limits.rough.cache_clear()
    yield
    for name in list(storage.names_under("u")):
        default_storage.delete(name)


@pytest.fixture
def alice(transactional_db: None) -> Program:
    return program("alice@example.org")


@pytest.fixture
def bob(transactional_db: None) -> Program:
    return program("bob@example.org")


@pytest.fixture
def another_key(transactional_db: None) -> Callable[..., Program]:
    return program


@pytest.fixture
def bell(monkeypatch: pytest.MonkeyPatch) -> fakes.Bell:
    """Nobody works."""
    bell = fakes.Bell()
    monkeypatch.setattr(tasks.run_job, "apply_async", bell.apply_async)
    for task in (tasks.render, tasks.mask):
        monkeypatch.setattr(task, "apply_async", lambda args, **options: None)
    return bell


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> fakes.Model:
    """Works at once, with a model that finds what is bright."""
    model = fakes.Model()
    monkeypatch.setattr(cache, "get", lambda *key: model)
    for task in (tasks.run_job, tasks.render, tasks.mask):
        monkeypatch.setattr(task, "apply_async", lambda args, task=task, **options: task(*args))
    return model
