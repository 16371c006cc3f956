"""A user with credits, a model that answers at once, a bell that notes, and a storage that is empty again."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.core.files.storage import default_storage

from accounts import quotas
from accounts.models import CREDIT, User
from processing import storage, tasks
from processing.registry import cache
from tests import fakes


@pytest.fixture
def user(transactional_db: None) -> User:
    user = User.objects.create_user("alice@example.org")
    quotas.grant(user, 10 * CREDIT, "test")
    user.refresh_from_db()
    return user


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> fakes.Model:
    model = fakes.Model()
    monkeypatch.setattr(cache, "get", lambda *key: model)
    return model


@pytest.fixture
def bell(monkeypatch: pytest.MonkeyPatch) -> fakes.Bell:
    bell = fakes.Bell()
    monkeypatch.setattr(tasks.run_job, "apply_async", bell.apply_async)
    return bell


@pytest.fixture
def files() -> Iterator[Callable[[], list[str]]]:
    """Call it for the sorted names of all stored files."""
    yield lambda: sorted(storage.names_under("u"))
    for name in list(storage.names_under("u")):
        default_storage.delete(name)
